// SPDX-License-Identifier: Apache-2.0
import { resolveDigest } from '../client/digests.ts';
import { promoteRequest } from '../client/promote-request.ts';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
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
  const asked = await promoteRequest(session, digest);
  if (asked.ok) return done(asked.warrant, asked.line);
  const { error, missing, lines } = asked;
  return refused({ error: { ...error, missing } }, ...lines);
}
