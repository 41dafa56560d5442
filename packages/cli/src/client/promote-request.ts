// SPDX-License-Identifier: Apache-2.0
import { governanceRoutes, type PromoteReply } from '@countersign/contract';
import { type RecordSet, verifyWarrant } from '@countersign/kernel';
import { CliError } from '../errors.ts';
import { changeRequestRecord } from '../records/change-request-review.ts';
import type { Session } from '../session.ts';
import { verifiedBundle } from './verified-records.ts';

export type PromotionAsked =
  | { readonly ok: true; readonly warrant: PromoteReply; readonly line: string }
  | {
      readonly ok: false;
      readonly error: { readonly code: string; readonly message: string };
      readonly missing: readonly string[];
      readonly lines: readonly string[];
    };

/** Asks for the warrant of a change request and verifies here what was minted. @throws CliError `record_unverified` */
export async function promoteRequest(session: Session, digest: string): Promise<PromotionAsked> {
  try {
    const promoted = await session.client().call(governanceRoutes.promote, { params: { digest } });
    const { set } = await verifiedBundle(session, promoted.digest);
    const { transition } = changeRequestRecord(set, digest).statement.predicate.content;
    refuseUnverified(
      set,
      promoted.digest,
      transition === 'staging' ? 'staging' : 'production',
      session.now(),
    );
    const verb = promoted.minted ? 'minted' : 'was minted before:';
    return {
      ok: true,
      warrant: promoted,
      line: `warrant ${promoted.digest} ${verb} for ${String(transition)}; its chain verifies here`,
    };
  } catch (error) {
    if (!(error instanceof CliError) || error.details.missing === undefined) throw error;
    const missing = error.details.missing;
    return {
      ok: false,
      error: { code: error.apiCode ?? error.code, message: error.message },
      missing,
      lines: [
        `refused: ${missing.length} ${missing.length === 1 ? 'thing is' : 'things are'} missing`,
        ...missing.map((one) => `  missing: ${one}`),
      ],
    };
  }
}

/** A warrant that a gateway would not accept is no success, whatever the server says. */
function refuseUnverified(
  set: RecordSet,
  warrant: string,
  environment: 'staging' | 'production',
  now: string,
): void {
  const check = verifyWarrant(set, { warrant, environment, now, production: false });
  if (check.ok) return;
  const missing = check.denials.map(({ reason }) => reason);
  throw new CliError(
    'record_unverified',
    `warrant \`${warrant.slice(0, 12)}\` does not verify: ${missing.join('; ')}`,
  );
}
