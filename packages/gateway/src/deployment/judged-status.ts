// SPDX-License-Identifier: Apache-2.0
import type { Status } from '@countersign/kernel';
import { GatewayError } from '../errors.ts';
import type { Feed } from './feed.ts';
import { requireSameLog } from './same-log.ts';
import { type HighWaterFile, logRefusal, timeRefusal } from './status-watch.ts';
import type { TrustedKeys } from './trusted-keys.ts';
import type { Trust } from './verify-grant.ts';

export interface StatusJudge {
  readonly trust: Pick<Trust, 'primitives' | 'root'>;
  readonly keys: TrustedKeys;
  readonly highWater: Pick<HighWaterFile, 'mark'>;
  readonly nowMs: () => number;
}

/**
 * The status of a feed, once it is shown to be signed by a log key that counts, of the log seen before and of the one that
 * the keys were learnt from, and no older than one seen before. How old it may be is for whoever holds it.
 * @param proofs asked for proofs of consistency, which need not come from the same place
 * @throws GatewayError
 */
export async function judgedStatus(feed: Feed, proofs: Feed, judge: StatusJudge): Promise<Status> {
  const { trust, highWater, keys, nowMs } = judge;
  const status = await openedStatus(feed, keys);
  const { mark } = highWater;
  const rewritten = logRefusal(status, { root: trust.root, mark });
  if (rewritten !== undefined) throw rewritten;
  if (mark !== undefined) await requireSameLog(proofs, trust.primitives, [mark, status]);
  const untimely = timeRefusal(status, { mark, nowMs: nowMs() });
  if (untimely !== undefined) throw untimely;
  const { unproven } = keys;
  if (unproven !== undefined) {
    await requireSameLog(proofs, trust.primitives, [unproven, status]);
    keys.proven(unproven);
  }
  return status;
}

/** A status by a key that is not known yet: the log's key may have been rotated, which the records about keys say. */
async function openedStatus(feed: Feed, keys: TrustedKeys): Promise<Status> {
  const envelope = await feed.status();
  let status = keys.open(envelope);
  if (status === undefined) {
    await keys.refresh();
    status = keys.open(envelope);
  }
  if (status !== undefined) return status;
  throw new GatewayError(
    'not_warranted',
    'the status is signed by no log key that counts: neither the founding record’s nor a later one',
  );
}
