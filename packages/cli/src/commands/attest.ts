// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { fields } from '../output/table.ts';
import { readKeyFile } from '../profile/signing-key.ts';
import type { Session } from '../session.ts';

export const keysAttest: Command = {
  name: 'keys attest',
  summary: 'sign in at the firm’s provider for a new key: it then vouches for its holder’s groups',
  description:
    'Opens no browser itself: it prints the address to open, waits for the answer on the loopback interface, and writes the ID token, whose nonce is the key’s id. Give the file to the administrator who proposes the key.',
  example:
    'countersign keys attest --issuer https://login.example.com --client-id countersign --key bea-key.json --out attestation.json',
  options: [
    { flags: '--issuer URL', summary: 'the firm’s OpenID Connect provider', isRequired: true },
    {
      flags: '--client-id ID',
      summary: 'a public client with loopback redirects',
      isRequired: true,
    },
    { flags: '--key FILE', summary: 'the key to be enrolled', isRequired: true },
    { flags: '--out FILE', summary: 'where the attestation is written', isRequired: true },
    { flags: '--scope SCOPE', summary: '`openid groups` unless given' },
  ],
  run: attest,
};

async function attest(input: Input, session: Session): Promise<Outcome> {
  const { keyid } = await readKeyFile(resolve(session.cwd, input.text('key')));
  const out = input.text('out');
  // Loaded here alone: every other command starts faster without it.
  const { signInByBrowser } = await import('../host/oidc-client.ts');
  const { idToken, claims } = await signInByBrowser({
    issuer: input.text('issuer'),
    clientId: input.text('client-id'),
    scope: input.optionalText('scope') ?? 'openid groups',
    nonce: keyid,
    open: (url) => session.io.err(`open in a browser: ${url}`),
    ...(session.io.signal === undefined ? {} : { signal: session.io.signal }),
  });
  const { iss, sub, groups } = claims;
  const attestation = { keyid, idToken };
  writeFileSync(resolve(session.cwd, out), `${JSON.stringify(attestation, null, 2)}\n`, {
    mode: 0o600,
  });
  return done(
    { keyid, out, issuer: iss, subject: sub, groups: groups ?? [] },
    ...fields([
      ['key', keyid],
      ['issuer', String(iss)],
      ['subject', String(sub)],
      ['groups', Array.isArray(groups) ? groups.join(', ') : 'none'],
      ['file', out],
    ]),
  );
}
