// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../errors.ts';
import type { InputRow } from '../scorer/input-values.ts';

export interface ReasonText {
  readonly code: string;
  readonly text: string;
}

export type ReasonFeature = { readonly input: string; readonly reason?: ReasonText } & (
  | {
      readonly kind: 'numeric';
      readonly coefficient: number;
      readonly reference: number;
      readonly missing: number;
    }
  | {
      readonly kind: 'category';
      readonly points: ReadonlyMap<string, number>;
      readonly unknown: number;
    }
);

/** Exact additive contributions of a linear model on the logit scale: intercept plus one term an input. */
export interface ReasonTable {
  readonly intercept: number;
  /** The sign of a term that speaks against the applicant. */
  readonly adverse: 'positive' | 'negative';
  readonly features: readonly ReasonFeature[];
}

export interface Contribution {
  readonly input: string;
  readonly value: number;
  readonly reason?: ReasonText;
}

/**
 * Reads a model's `reasons.json`: `{intercept, adverse?, features: [{input, kind: "numeric", coefficient, reference,
 * missing?, reason?} | {input, kind: "category", points, unknown?, reason?}]}`; numbers may be decimal texts. Throws
 * `reasons_invalid` naming the place.
 */
export function parseReasonTable(json: unknown): ReasonTable {
  const file = objectAt(json, 'the file');
  if (file.link !== undefined && file.link !== 'logit') throw invalid('link', 'is not `logit`');
  const adverse = file.adverse ?? 'positive';
  if (adverse !== 'positive' && adverse !== 'negative') {
    throw invalid('adverse', 'is neither `positive` nor `negative`');
  }
  const { features } = file;
  if (!Array.isArray(features)) throw invalid('features', 'is not a list');
  return {
    intercept: numberAt(file.intercept, 'intercept'),
    adverse,
    features: features.map((feature, index) => featureAt(feature, `features[${index}]`)),
  };
}

/** The term of every input for one row, largest adverse first; ties in the table's order. */
export function contributionsOf(table: ReasonTable, row: InputRow): readonly Contribution[] {
  const sign = table.adverse === 'positive' ? 1 : -1;
  return table.features
    .map((feature) => ({
      input: feature.input,
      value: termOf(feature, row[feature.input]),
      ...(feature.reason === undefined ? {} : { reason: feature.reason }),
    }))
    .sort((first, second) => sign * (second.value - first.value));
}

/** The logit that the table promises for a row. */
export function promisedLogit(table: ReasonTable, row: InputRow): number {
  return table.features.reduce(
    (sum, feature) => sum + termOf(feature, row[feature.input]),
    table.intercept,
  );
}

function termOf(feature: ReasonFeature, value: unknown): number {
  if (feature.kind === 'category')
    return feature.points.get(String(value ?? '')) ?? feature.unknown;
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  if (!isNumber || Number.isNaN(Number(value))) return feature.missing;
  return feature.coefficient * (Number(value) - feature.reference);
}

function featureAt(json: unknown, place: string): ReasonFeature {
  const entry = objectAt(json, place);
  const { input, kind } = entry;
  if (typeof input !== 'string') throw invalid(`${place}.input`, 'is not a text');
  const named = { input, ...reasonAt(entry.reason, `${place}.reason`) };
  if (kind === 'numeric') {
    return {
      ...named,
      kind,
      coefficient: numberAt(entry.coefficient, `${place}.coefficient`),
      reference: numberAt(entry.reference, `${place}.reference`),
      missing: numberAt(entry.missing ?? 0, `${place}.missing`),
    };
  }
  if (kind !== 'category') throw invalid(`${place}.kind`, 'is neither `numeric` nor `category`');
  const points = Object.entries(objectAt(entry.points, `${place}.points`)).map(
    ([level, value]) => [level, numberAt(value, `${place}.points.${level}`)] as const,
  );
  const unknown = numberAt(entry.unknown ?? 0, `${place}.unknown`);
  return { ...named, kind, points: new Map(points), unknown };
}

function reasonAt(json: unknown, place: string): { readonly reason?: ReasonText } {
  if (json === undefined) return {};
  const { code, text } = objectAt(json, place);
  if (typeof code !== 'string' || typeof text !== 'string')
    throw invalid(place, 'has no `code` and `text`');
  return { reason: { code, text } };
}

function objectAt(json: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw invalid(place, 'is not an object');
  return Object.fromEntries(Object.entries(json));
}

function numberAt(json: unknown, place: string): number {
  const value = typeof json === 'string' && json.trim() !== '' ? Number(json) : json;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw invalid(place, 'is not a finite number');
}

function invalid(place: string, what: string): AnalysisError {
  return new AnalysisError('reasons_invalid', `reason table: \`${place}\` ${what}; correct it`, {
    details: { field: place },
  });
}
