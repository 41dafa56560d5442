// SPDX-License-Identifier: Apache-2.0
import {
  type CountedRecord,
  holdsRole,
  type Json,
  type RecordSet,
  recordsOfType,
} from '@countersign/kernel';
import { z } from 'zod';

const digest = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 as 64 hex digits');
const file = z.strictObject({
  digest,
  size: z.int().min(1),
  /** As the validator calls it; nothing is read by it. */
  name: z.string().min(1).max(255),
});

const ownFile = file.extend({ format: z.enum(['csv', 'parquet']) });
const challenger = file.extend({
  format: z.enum(['csv', 'parquet', 'onnx']),
  /** Told apart from the candidate in every figure. */
  as: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'expected a short lower-case name'),
});

/** What a validate request says in `params`. */
export const validateParams = z.looseObject({
  plan: z.string(),
  version: z.int().min(1).optional(),
  /** A file of the validator's own in place of a sealed split. */
  data: ownFile.optional(),
  challengers: z.array(challenger).max(20).optional(),
});

export type OwnFile = z.output<typeof ownFile>;
export type ChallengerFile = z.output<typeof challenger>;

const sealing = z.looseObject({
  data: ownFile.optional(),
  challengers: z.array(challenger).optional(),
});

/** Bytes with rows or scores of rows: what a challenger's program is, nobody needs to be kept from. */
export function sealedByParams(params: Json | undefined): readonly string[] {
  const read = sealing.safeParse(params);
  if (!read.success) return [];
  const { data, challengers = [] } = read.data;
  const rows = challengers.filter(({ format }) => format !== 'onnx');
  return [...(data === undefined ? [] : [data]), ...rows].map((one) => one.digest);
}

/** Requests that open rows: a developer who signs one opens none, and cannot use up a validator's looks. */
export function validateRequests(set: RecordSet): readonly CountedRecord[] {
  return recordsOfType(set, 'run-request').filter(
    ({ signers, statement: { predicate } }) =>
      predicate.content.job === 'validate' && signers.some((key) => holdsRole(key, 'validator')),
  );
}
