// SPDX-License-Identifier: Apache-2.0
import { governanceRoutes, recordRoutes } from '@countersign/contract';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { short, table } from '../output/table.ts';
import type { Session } from '../session.ts';

export const inbox: Command = {
  name: 'inbox',
  summary: 'what waits for me, and records that await signatures',
  example: 'countersign inbox --as vera.validator',
  run: runInbox,
};

async function runInbox(_input: Input, session: Session): Promise<Outcome> {
  const client = session.client();
  const { items } = await client.call(governanceRoutes.inbox);
  const { records: pending } = await client.call(recordRoutes.pending);
  const result = {
    items,
    pending: pending.map(({ digest, needs, since }) => ({ digest, needs, since })),
  };
  const lines = [
    ...table(
      ['what', 'digest', 'subject', 'to do', 'since'],
      items.map(({ kind, digest, subject, text, since }) => [
        kind,
        short(digest),
        subject,
        text,
        since,
      ]),
    ),
    ...pending.map(
      ({ digest, needs }) =>
        `${short(digest)} waits: ${needs}; add a signature with countersign sign --add ${short(digest)}`,
    ),
  ];
  return done(result, ...(lines.length === 0 ? ['nothing waits'] : lines));
}
