// SPDX-License-Identifier: Apache-2.0
import { parseDecimal } from '../decimal.ts';
import type { EvidenceId } from '../evidence/evidence-ids.ts';
import type { Json } from '../json/parse.ts';
import {
  asArray,
  asNonEmpty,
  asObject,
  asOneOf,
  malformed,
  onlyKeys,
  optional,
} from '../records/shape.ts';
import { ASPECTS, type Aspect, MEASURES, type Measure } from './materiality-changes.ts';

export const MATERIALITIES = ['material', 'minor', 'within-envelope'] as const;
export type Materiality = (typeof MATERIALITIES)[number];

/** A measured shift beyond which a change is material. */
export interface ShiftLimit {
  readonly measure: Measure;
  /** Exact decimal text. */
  readonly above: string;
}

/**
 * What a policy calls material and minor. An aspect that it names in neither list is material, and so is a limit whose shift
 * nobody measured: what was forgotten is not small.
 */
export interface MaterialityRules {
  readonly material: readonly (Aspect | ShiftLimit)[];
  readonly minor: readonly Aspect[];
  /** What people wrote about the version in production and need not write again of a change this small. */
  readonly carries?: { readonly [materiality in SmallerThanMaterial]?: readonly EvidenceId[] };
  /**
   * The transitions whose approvals an envelope's signers give in advance; those of production alone unless it says so.
   * What is approved in advance for staging asks nobody there; production asks somebody to confirm, always.
   */
  readonly envelope?: { readonly approves: readonly EnvelopeTransition[] };
}

export const SMALLER_THAN_MATERIAL = ['minor', 'within-envelope'] as const;
export type SmallerThanMaterial = (typeof SMALLER_THAN_MATERIAL)[number];

export const ENVELOPE_TRANSITIONS = ['staging', 'production'] as const;
export type EnvelopeTransition = (typeof ENVELOPE_TRANSITIONS)[number];

/** What people write. What is measured, is measured of every version: no policy carries it. */
export const CARRIABLE: readonly EvidenceId[] = [
  'dataset-datasheet',
  'feature-catalogue',
  'design-rationale',
  'assumptions-limitations',
  'instructions-for-use',
  'oversight-plan',
  'monitoring-plan',
];
/**
 * Besides, where everybody signed the bounds of the change beforehand: the conclusion of an independent person, and exceptions
 * for figures that are still inconclusive and no further than they run.
 */
export const CARRIABLE_INSIDE: readonly EvidenceId[] = [
  ...CARRIABLE,
  'validation-report',
  'exception-record',
];

/** @throws KernelError `record_malformed`, `bad_decimal` */
export function readMaterialityRules(json: Json, path: string): MaterialityRules {
  const object = asObject(json, path);
  onlyKeys(object, ['material', 'minor', 'carries', 'envelope'], path);
  const carries = optional(object.carries, `${path}.carries`, readCarries);
  const envelope = optional(object.envelope, `${path}.envelope`, readEnvelopeRules);
  if (carries?.['within-envelope']?.includes('validation-report') === true) {
    const inStaging = envelope?.approves.includes('staging') === true;
    if (!inStaging) {
      throw malformed(
        `${path}.envelope.approves`,
        '`staging` among them: a validator signs the envelope that carries the validation',
      );
    }
  }
  return {
    material: asArray(object.material, `${path}.material`, readCondition),
    minor: asArray(object.minor, `${path}.minor`, readMinor),
    ...(carries === undefined ? {} : { carries }),
    ...(envelope === undefined ? {} : { envelope }),
  };
}

function readCarries(json: Json, path: string): NonNullable<MaterialityRules['carries']> {
  const object = asObject(json, path);
  onlyKeys(object, SMALLER_THAN_MATERIAL, path);
  const listOf = (name: SmallerThanMaterial, of: readonly EvidenceId[]) => {
    const list = optional(object[name], `${path}.${name}`, (value, at) =>
      asArray(value, at, (item, itemPath) => asOneOf(item, of, itemPath)),
    );
    return list === undefined ? {} : { [name]: list };
  };
  return { ...listOf('minor', CARRIABLE), ...listOf('within-envelope', CARRIABLE_INSIDE) };
}

function readEnvelopeRules(json: Json, path: string): NonNullable<MaterialityRules['envelope']> {
  const object = asObject(json, path);
  onlyKeys(object, ['approves'], path);
  const approves = asArray(object.approves, `${path}.approves`, (item, at) =>
    asOneOf(item, ENVELOPE_TRANSITIONS, at),
  );
  if (!approves.includes('production'))
    throw malformed(`${path}.approves`, '`production` at least');
  return { approves };
}

function readMinor(json: Json, path: string): Aspect {
  const aspect = asOneOf(json, ASPECTS, path);
  if (aspect === 'unknown') throw malformed(path, 'something that records show');
  return aspect;
}

function readCondition(json: Json, path: string): Aspect | ShiftLimit {
  if (typeof json === 'string') return asOneOf(json, ASPECTS, path);
  const object = asObject(json, path);
  onlyKeys(object, ['measure', 'above'], path);
  const above = asNonEmpty(object.above, `${path}.above`);
  if (parseDecimal(above) < 0) throw malformed(`${path}.above`, 'zero or more');
  return { measure: asOneOf(object.measure, MEASURES, `${path}.measure`), above };
}
