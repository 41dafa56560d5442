// SPDX-License-Identifier: Apache-2.0
import { parseDecimal } from '../decimal.ts';
import type { Json } from '../json/parse.ts';
import type { CountedRecord } from '../records/record-set.ts';
import {
  asArray,
  asCount,
  asInteger,
  asNonEmpty,
  asObject,
  asOneOf,
  asTime,
  type JsonObject,
  malformed,
  onlyKeys,
  optional,
} from '../records/shape.ts';
import { type ChangeControlPlan, readChangeControlPlan } from './change-control-plan.ts';
import { readFloor, type ThresholdFloor } from './change-request.ts';
import { ASPECTS, type Aspect, MEASURES, type Measure } from './materiality-changes.ts';

/** The kind of `change-plan` that is an envelope. */
export const ENVELOPE_KIND = 'envelope';

/** One parameter that may move, and how far; `name` is `step.params.parameter`. */
export interface ParameterRange {
  readonly name: string;
  readonly min: string;
  readonly max: string;
}

/**
 * A bounded class of changes that everybody signed once, in advance (the FDA calls its rendering a PCCP). It holds for the
 * version that it was approved for and for those shipped inside it since: a change by the ordinary way ends it.
 */
export interface ChangeEnvelope {
  readonly title: string;
  readonly rationale: string;
  /** The version in production that it was approved for. */
  readonly version: number;
  /** What may change; anything else is out of bounds. */
  readonly may: readonly Aspect[];
  /** With it, every parameter that changes must be named here and stay in its range. */
  readonly parameters?: readonly ParameterRange[];
  /** Days that the `as_of` of every dataset must lie between, both included: `2026-11-22`. */
  readonly dataWindow?: { readonly from: string; readonly to: string };
  /** Limits on the developer's own measurements, by id as gates name them. */
  readonly metrics: readonly ThresholdFloor[];
  /** The most that the platform may measure against the version in production. */
  readonly shifts: { readonly [measure in Measure]?: string };
  /** How many versions may go into production inside it. */
  readonly uses: number;
  readonly expires: string;
  /** Whom and what a change inside it touches, and how one is undone: requests that name the envelope repeat it. */
  readonly impact?: string;
  readonly rollback?: string;
  /** The words that its rendering as a predetermined change control plan asks for. */
  readonly plan?: ChangeControlPlan;
}

const ENVELOPE_KEYS = [
  'title',
  'rationale',
  'version',
  'may',
  'parameters',
  'dataWindow',
  'metrics',
  'shifts',
  'uses',
  'expires',
  'impact',
  'rollback',
  'plan',
];

const DAY = /^\d{4}-\d\d-\d\d$/;

/**
 * Reads the content of a `change-plan` of kind `envelope`. A limit on the swap set is not optional: without one nobody knows
 * how many people a change inside it decides differently about.
 * @throws KernelError `record_malformed`, `bad_decimal`
 */
export function readEnvelope(content: JsonObject): ChangeEnvelope {
  onlyKeys(content, ENVELOPE_KEYS, 'content');
  const parameters = optional(content.parameters, 'content.parameters', (list, at) =>
    asArray(list, at, readRange),
  );
  const window = optional(content.dataWindow, 'content.dataWindow', readWindow);
  const impact = optional(content.impact, 'content.impact', asNonEmpty);
  const rollback = optional(content.rollback, 'content.rollback', asNonEmpty);
  const plan = optional(content.plan, 'content.plan', readChangeControlPlan);
  return {
    title: asNonEmpty(content.title, 'content.title'),
    rationale: asNonEmpty(content.rationale, 'content.rationale'),
    version: asInteger(content.version, 'content.version'),
    may: asArray(content.may, 'content.may', readAspect),
    ...(parameters === undefined ? {} : { parameters }),
    ...(window === undefined ? {} : { dataWindow: window }),
    metrics: asArray(content.metrics, 'content.metrics', (json, at) => {
      const floor = readFloor(asObject(json, at), at);
      parseDecimal(floor.value);
      return floor;
    }),
    shifts: readShifts(content.shifts, 'content.shifts'),
    uses: asCount(content.uses, 'content.uses'),
    expires: asTime(content.expires, 'content.expires'),
    ...(impact === undefined ? {} : { impact }),
    ...(rollback === undefined ? {} : { rollback }),
    ...(plan === undefined ? {} : { plan }),
  };
}

export function isEnvelope(record: CountedRecord | undefined): record is CountedRecord {
  const predicate = record?.statement.predicate;
  return predicate?.type === 'change-plan' && predicate.kind === ENVELOPE_KIND;
}

function readAspect(json: Json, path: string): Aspect {
  const aspect = asOneOf(json, ASPECTS, path);
  if (aspect === 'unknown') throw malformed(path, 'something that records show');
  return aspect;
}

function readRange(json: Json, path: string): ParameterRange {
  const object = asObject(json, path);
  onlyKeys(object, ['name', 'min', 'max'], path);
  const min = asNonEmpty(object.min, `${path}.min`);
  const max = asNonEmpty(object.max, `${path}.max`);
  if (parseDecimal(min) > parseDecimal(max)) throw malformed(`${path}.max`, 'at least `min`');
  return { name: asNonEmpty(object.name, `${path}.name`), min, max };
}

function readWindow(json: Json, path: string): { readonly from: string; readonly to: string } {
  const object = asObject(json, path);
  onlyKeys(object, ['from', 'to'], path);
  const from = readDay(object.from, `${path}.from`);
  const to = readDay(object.to, `${path}.to`);
  if (from > to) throw malformed(`${path}.to`, 'no earlier than `from`');
  return { from, to };
}

function readDay(json: Json | undefined, path: string): string {
  const text = asNonEmpty(json, path);
  if (!DAY.test(text)) throw malformed(path, 'a day such as `2026-11-22`');
  return text;
}

function readShifts(json: Json | undefined, path: string): ChangeEnvelope['shifts'] {
  const object = asObject(json, path);
  onlyKeys(object, MEASURES, path);
  const found = Object.fromEntries(
    Object.entries(object).map(([measure, limit]) => {
      const text = asNonEmpty(limit, `${path}.${measure}`);
      if (parseDecimal(text) < 0) throw malformed(`${path}.${measure}`, 'zero or more');
      return [measure, text];
    }),
  );
  if (found.swapSet === undefined) throw malformed(`${path}.swapSet`, 'a share, such as `0.02`');
  return found;
}
