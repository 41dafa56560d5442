// SPDX-License-Identifier: Apache-2.0
import { TOKEN_SCOPES, type TokenScope, tokenRoutes } from '@countersign/contract';
import { PASSWORD_OPTIONS, withPasswordSession } from '../client/password-session.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { usage } from '../errors.ts';
import { fields, table } from '../output/table.ts';
import type { Session } from '../session.ts';

export const tokens: Command = {
  name: 'tokens',
  summary: 'your API tokens with their scopes',
  example: 'countersign tokens --as dana.developer',
  run: listTokens,
};

export const tokensNew: Command = {
  name: 'tokens new',
  summary: 'make an API token; asks for the password, since no token may',
  description: `A token does what its account may and its scopes allow. Scopes: ${TOKEN_SCOPES.join(', ')}. \`ci\` runs pipelines and records what is signed, \`gateway\` serves.`,
  example: 'countersign tokens new nightly --scope ci --days 30 --as dana.developer',
  arguments: [{ name: 'name', summary: 'what it is for' }],
  options: [
    { flags: '--scope SCOPE', summary: 'what it may do', isRequired: true, isRepeated: true },
    { flags: '--days N', summary: 'until it ends, 1 to 365; 90 unless given' },
    ...PASSWORD_OPTIONS,
  ],
  run: newToken,
};

export const tokensRevoke: Command = {
  name: 'tokens revoke',
  summary: 'revoke one of your API tokens; asks for the password, since no token may',
  example: 'countersign tokens revoke 7bXk2qT1 --as dana.developer',
  arguments: [{ name: 'token', summary: 'its id' }],
  options: PASSWORD_OPTIONS,
  run: revokeToken,
};

async function listTokens(_input: Input, session: Session): Promise<Outcome> {
  const reply = await session.client().call(tokenRoutes.list);
  const rows = reply.tokens.map((one) => [
    one.id,
    one.name,
    one.start,
    one.scopes.join(', '),
    one.lastUsedAt ?? 'never',
    one.expiresAt ?? 'no end',
  ]);
  return done(reply, ...table(['token', 'name', 'begins', 'scopes', 'last used', 'ends'], rows));
}

async function newToken(input: Input, session: Session): Promise<Outcome> {
  const body = {
    name: input.argument('name'),
    scopes: input.list('scope').map(scopeOf),
    ...daysOf(input.optionalText('days')),
  };
  const made = await withPasswordSession(input, session, at(session), ({ client, headers }) =>
    client.call(tokenRoutes.create, { body, headers }),
  );
  return done(
    made,
    ...fields([
      ['token, shown once', made.token],
      ['scopes', made.scopes.join(', ')],
      ['ends', made.expiresAt ?? 'no end'],
    ]),
  );
}

async function revokeToken(input: Input, session: Session): Promise<Outcome> {
  const id = input.argument('token');
  const reply = await withPasswordSession(input, session, at(session), ({ client, headers }) =>
    client.call(tokenRoutes.revoke, { params: { id }, headers }),
  );
  return done(reply, `revoked token ${id}`);
}

function scopeOf(text: string): TokenScope {
  const known = TOKEN_SCOPES.find((one) => one === text);
  if (known === undefined) throw usage(`\`${text}\` is not a scope: ${TOKEN_SCOPES.join(', ')}`);
  return known;
}

function daysOf(text: string | undefined): { readonly expiresInDays?: number } {
  if (text === undefined) return {};
  if (!/^[1-9]\d{0,2}$/.test(text)) throw usage(`\`${text}\` is not a number of days: 1 to 365`);
  return { expiresInDays: Number(text) };
}

function at(session: Session) {
  return { account: session.account(), profile: session.profile() };
}
