// SPDX-License-Identifier: Apache-2.0
import { GatewayError } from '../errors.ts';
import type { RememberedWarrant } from './warrant-memory.ts';

/**
 * Why a warrant that held once does not now, where log and status are well. `details.denial` says it in a word:
 * `warrant_revoked` (for good), `warrant_suspended`, `warrant_expired`, `warrant_ended` (not known yet by what),
 * `warrant_loading`, or the code of what was found wrong with it.
 */
export function endedReason(
  ended: RememberedWarrant,
  at: {
    readonly now: string;
    /** What was wrong when it was last verified. */
    readonly refused: GatewayError | undefined;
    readonly isListed: boolean;
  },
): GatewayError {
  const { digest, ending, warrant } = ended;
  const short = digest.slice(0, 12);
  const because = (denial: string, message: string) =>
    new GatewayError('not_warranted', message, { warrant: digest, denial });
  if (ending !== undefined) {
    const message = `warrant ${short} was ended by record ${ending.record.slice(0, 12)}: ${ending.reason}`;
    return because(ending.kind === 'suspend' ? 'warrant_suspended' : 'warrant_revoked', message);
  }
  if (at.now >= warrant.expires)
    return because('warrant_expired', `warrant ${short} expired at ${warrant.expires}`);
  if (at.refused !== undefined) return because(at.refused.code, at.refused.message);
  return at.isListed
    ? because('warrant_loading', `warrant ${short} is being verified`)
    : because('warrant_ended', `warrant ${short} is not live any more`);
}
