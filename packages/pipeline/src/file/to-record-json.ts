// SPDX-License-Identifier: Apache-2.0
import { exactDecimal, type Json } from '@countersign/kernel';
import { PipelineError } from '../errors.ts';

/**
 * Plain data as record JSON: safe integers stay integers, every other number becomes its exact decimal text, absent
 * values are left out. Throws PipelineError `evidence_invalid` for NaN, infinities and what JSON cannot hold.
 */
export function toRecordJson(value: unknown): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(value);
  if (Array.isArray(value)) return value.map(toRecordJson);
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(entries.map(([key, item]) => [key, toRecordJson(item)]));
  }
  throw new PipelineError('evidence_invalid', `a ${typeof value} cannot be kept in a record`);
}

function numberText(value: number): number | string {
  if (!Number.isFinite(value)) {
    throw new PipelineError(
      'evidence_invalid',
      `\`${value}\` cannot be kept in a record; leave it out`,
    );
  }
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? value : exactDecimal(value);
}
