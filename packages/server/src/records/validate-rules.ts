// SPDX-License-Identifier: Apache-2.0
import { holdsRole, type Json } from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { type Arrival, refused } from './arrival.ts';
import { sealedByParams, validateParams, validateRequests } from './validate-params.ts';

/**
 * A request that brings rows of a validator's own seals them by being recorded, before a byte of them is sent. So bytes
 * that lie here already in the open are refused: anybody may have fetched them, and to seal what others use (a model, a
 * commit) would keep it from them.
 * @throws ServerError `record_refused`
 */
export async function checkValidateRequest(
  context: ServerContext,
  { record, signers }: Arrival,
): Promise<void> {
  const { params } = record.statement.predicate.content;
  if (!bringsFiles(params)) return;
  const read = validateParams.safeParse(params);
  if (!read.success) {
    const [issue] = read.error.issues;
    const field = ['content', 'params', ...(issue?.path ?? [])].map(String).join('.');
    throw refused(record, issue?.message ?? 'its params are malformed', field);
  }
  const digests = sealedByParams(params);
  if (digests.length === 0) return;
  if (!signers.some(({ key }) => holdsRole(key, 'validator'))) {
    throw refused(record, 'rows of one’s own are brought by a validator', 'content.params');
  }
  const set = await context.records.current();
  const sealed = new Set(
    validateRequests(set).flatMap(({ statement }) =>
      sealedByParams(statement.predicate.content.params),
    ),
  );
  for (const digest of digests) {
    if (sealed.has(digest) || !(await context.blobs.has(digest))) continue;
    throw refused(
      record,
      `the bytes ${digest.slice(0, 12)} lie here already and were not sealed for a validator: others may have read them; bring rows that nobody has sent to the platform`,
      'content.params',
    );
  }
}

function bringsFiles(params: Json | undefined): boolean {
  return (
    typeof params === 'object' && params !== null && ('data' in params || 'challengers' in params)
  );
}
