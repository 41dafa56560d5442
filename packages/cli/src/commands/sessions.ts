// SPDX-License-Identifier: Apache-2.0
import { sessionRoutes } from '@countersign/contract';
import { PASSWORD_OPTIONS, withPasswordSession } from '../client/password-session.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { table } from '../output/table.ts';
import type { Session } from '../session.ts';

export const sessions: Command = {
  name: 'sessions',
  summary: 'where you are signed in',
  example: 'countersign sessions --as dana.developer',
  run: listSessions,
};

export const sessionsEnd: Command = {
  name: 'sessions end',
  summary: 'end one of your sessions; asks for the password, since no token may',
  example: 'countersign sessions end 7bXk2qT1 --as dana.developer',
  arguments: [{ name: 'session', summary: 'its id' }],
  options: PASSWORD_OPTIONS,
  run: endSession,
};

export const sessionsEndOthers: Command = {
  name: 'sessions end-others',
  summary: 'end all your sessions; asks for the password, since no token may',
  example: 'countersign sessions end-others --as dana.developer',
  options: PASSWORD_OPTIONS,
  run: endOthers,
};

async function listSessions(_input: Input, session: Session): Promise<Outcome> {
  const reply = await session.client().call(sessionRoutes.list);
  const rows = reply.sessions.map((one) => [
    one.id,
    one.signedInBy,
    one.createdAt,
    one.lastUsedAt,
    one.address ?? '',
    one.userAgent ?? '',
  ]);
  const lines = table(['session', 'by', 'signed in', 'last used', 'from', 'with'], rows);
  return done(reply, ...(lines.length === 0 ? ['none'] : lines));
}

async function endSession(input: Input, session: Session): Promise<Outcome> {
  const id = input.argument('session');
  const reply = await withPasswordSession(input, session, at(session), ({ client, headers }) =>
    client.call(sessionRoutes.end, { params: { id }, headers }),
  );
  return done(reply, `ended session ${id}`);
}

async function endOthers(input: Input, session: Session): Promise<Outcome> {
  const reply = await withPasswordSession(input, session, at(session), ({ client, headers }) =>
    client.call(sessionRoutes.endOthers, { body: {}, headers }),
  );
  return done(reply, `ended ${reply.ended} sessions`);
}

function at(session: Session) {
  return { account: session.account(), profile: session.profile() };
}
