// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { short } from '../output/table.ts';
import { newPassphraseFor, passphraseFor } from '../profile/passphrase.ts';
import { changePassphrase } from '../profile/signing-key.ts';
import type { Session } from '../session.ts';

export const keysPassphrase: Command = {
  name: 'keys passphrase',
  summary: 'put your signing key under another passphrase; the key stays the same',
  description:
    'The file is replaced whole or not at all. Copies of it keep the old passphrase: whoever has one and knows it signs as you, so a passphrase that somebody learned is a reason for `countersign keys suspend`.',
  example:
    'countersign keys passphrase --as bea.validator --passphrase-file old.txt --new-passphrase-file new.txt',
  options: [
    { flags: '--key FILE', summary: 'key file; DIR/people/ACCOUNT/key.json unless given' },
    { flags: '--new-passphrase-file FILE', summary: 'file with the new passphrase' },
  ],
  run: changeIt,
};

async function changeIt(input: Input, session: Session): Promise<Outcome> {
  const { io } = session;
  const given = input.optionalText('key');
  const account = session.account();
  const path =
    given === undefined
      ? join(session.profile().dataDir, 'people', account, 'key.json')
      : resolve(session.cwd, given);
  const old = await passphraseFor(io, account, input.optionalText('passphrase-file'));
  const passphrase = await newPassphraseFor(io, account, input.optionalText('new-passphrase-file'));
  const { keyid } = await changePassphrase(path, old, passphrase);
  return done({ keyid, path }, `key ${short(keyid)} in ${path} opens with the new passphrase`);
}
