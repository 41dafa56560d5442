// SPDX-License-Identifier: Apache-2.0
import { asGatewayError, type GatewayError, isRewritten } from '../errors.ts';
import { type Feed, unreachable } from './feed.ts';
import { type Clocks, HeldStatus } from './held-status.ts';
import { judgedStatus, type StatusJudge } from './judged-status.ts';

/**
 * The newest status of several feeds, asked in order, once it is shown to be of the log seen before. A feed that fails or
 * lags leaves the word to the next; one whose log was rewritten does not.
 * @param proofs asked for proofs of consistency
 * @throws GatewayError `log_rollback`, `log_fork`; otherwise what was wrong with every one of them
 */
export async function newestStatus(
  feeds: readonly Feed[],
  proofs: Feed,
  judge: StatusJudge & Clocks & { readonly freshnessMs: number },
): Promise<HeldStatus> {
  const failures: GatewayError[] = [];
  let newest: HeldStatus | undefined;
  for (const feed of feeds) {
    try {
      const held = new HeldStatus(await judgedStatus(feed, proofs, judge), judge);
      if (newest === undefined || held.ageMs() < newest.ageMs()) newest = held;
      if (held.ageMs() <= judge.freshnessMs / 2) break;
    } catch (error) {
      if (isRewritten(error)) throw error;
      failures.push(asGatewayError(error));
    }
  }
  if (newest !== undefined) return newest;
  throw failures.length === 1 ? (failures[0] as GatewayError) : unreachable(failures);
}
