// SPDX-License-Identifier: Apache-2.0
import {
  type CountedRecord,
  type RecordSet,
  type RetentionPlan,
  readSweep,
  SWEEP_KIND,
  type SweepContent,
  sweepRefusal,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { planRefusal, readPlan } from '../records/index.ts';

/** What a sweep is carried out with. */
export type Sweeping = Pick<
  ServerContext,
  | 'workspace'
  | 'root'
  | 'dataDir'
  | 'database'
  | 'blobs'
  | 'records'
  | 'platform'
  | 'primitives'
  | 'now'
>;

export interface Ordered {
  readonly sweep: CountedRecord;
  readonly content: SweepContent;
  readonly plan: RetentionPlan;
}

/** The order, its signatures and its plan. @throws ServerError `sweep_refused` */
export async function orderedSweep(
  context: Sweeping,
  set: RecordSet,
  digest: string,
): Promise<Ordered> {
  const sweep = set.byDigest.get(digest);
  const predicate = sweep?.statement.predicate;
  if (
    sweep === undefined ||
    predicate?.type !== 'retention-rule' ||
    predicate.kind !== SWEEP_KIND
  ) {
    throw sweepRefused(
      `${digest.slice(0, 12)} is no sweep that two persons have signed; see \`countersign inbox\``,
      digest,
    );
  }
  const content = readSweep(predicate.content);
  const plan = await readPlan(context, content.plan);
  const refusal = sweepRefusal(content, predicate.claimedAt) ?? planRefusal(context, content, plan);
  if (refusal !== undefined) throw sweepRefused(refusal, digest);
  return { sweep, content, plan };
}

function sweepRefused(message: string, digest: string): ServerError {
  return new ServerError('sweep_refused', message, { details: { digest } });
}
