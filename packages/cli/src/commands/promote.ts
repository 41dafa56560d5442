// SPDX-License-Identifier: Apache-2.0
import { governanceRoutes } from '@countersign/contract';
import { type RecordSet, verifyWarrant } from '@countersign/kernel';
import { resolveDigest } from '../client/digests.ts';
import { verifiedBundle } from '../client/verified-records.ts';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError } from '../errors.ts';
import { changeRequestRecord } from '../records/change-request-review.ts';
import type { Session } from '../session.ts';

export const promote: Command = {
  name: 'promote',
  summary: 'mint the warrant of a change request, or list what is missing',
  example: 'countersign promote 3f2a9c0d1e4b --as omar.owner',
  arguments: [
    { name: 'request', summary: 'digest of the change request, eight characters or more' },
  ],
  run: runPromote,
};

async function runPromote(input: Input, session: Session): Promise<Outcome> {
  const client = session.client();
  const digest = await resolveDigest(client, input.argument('request'), { type: 'change-record' });
  try {
    const promoted = await client.call(governanceRoutes.promote, { params: { digest } });
    const { set } = await verifiedBundle(session, promoted.digest);
    const transition = changeRequestRecord(set, digest).statement.predicate.content.transition;
    refuseUnverified(
      set,
      promoted.digest,
      transition === 'staging' ? 'staging' : 'production',
      session.now(),
    );
    const verb = promoted.minted ? 'minted' : 'was minted before:';
    return done(
      promoted,
      `warrant ${promoted.digest} ${verb} for ${String(transition)}; its chain verifies here`,
    );
  } catch (error) {
    if (!(error instanceof CliError) || error.details.missing === undefined) throw error;
    const missing = error.details.missing;
    return refused(
      { error: { code: error.apiCode ?? error.code, message: error.message, missing } },
      `refused: ${missing.length} ${missing.length === 1 ? 'thing is' : 'things are'} missing`,
      ...missing.map((one) => `  missing: ${one}`),
    );
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
