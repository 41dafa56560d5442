// SPDX-License-Identifier: Apache-2.0
import { parseDecimal } from '../decimal.ts';
import type { Json } from '../json/parse.ts';
import { asArray, asNonEmpty, asObject, asOneOf, malformed, onlyKeys } from '../records/shape.ts';
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
}

/** @throws KernelError `record_malformed`, `bad_decimal` */
export function readMaterialityRules(json: Json, path: string): MaterialityRules {
  const object = asObject(json, path);
  onlyKeys(object, ['material', 'minor'], path);
  return {
    material: asArray(object.material, `${path}.material`, readCondition),
    minor: asArray(object.minor, `${path}.minor`, readMinor),
  };
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
