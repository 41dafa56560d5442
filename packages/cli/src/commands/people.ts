// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { governanceRoutes, identityRoutes } from '@countersign/contract';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { fields, short, table } from '../output/table.ts';
import { passphraseFor } from '../profile/passphrase.ts';
import { createKeyFile, writeKeyFile } from '../profile/signing-key.ts';
import type { Session } from '../session.ts';

export const people: Command = {
  name: 'people',
  summary: 'accounts with their roles and keys',
  example: 'countersign people',
  run: listPeople,
};

export const peopleAdd: Command = {
  name: 'people add',
  summary: 'make an account; it has no role until a key is enrolled for it',
  example:
    'countersign people add bea.validator --name "Bea Validator" --password-file initial.txt --as ada.admin',
  arguments: [{ name: 'account', summary: 'account id' }],
  options: [
    { flags: '--name NAME', summary: 'printed name', isRequired: true },
    {
      flags: '--password-file FILE',
      summary: 'file with the first sign-in password',
      isRequired: true,
    },
  ],
  run: addPerson,
};

export const keysNew: Command = {
  name: 'keys new',
  summary: 'make a signing key under a passphrase',
  example: 'countersign keys new --as bea.validator --passphrase-file passphrase.txt',
  options: [
    { flags: '--out FILE', summary: 'key file; DIR/people/ACCOUNT/key.json unless given' },
    {
      flags: '--algorithm NAME',
      summary: 'ed25519 unless given',
      choices: ['ed25519', 'ecdsa-p256-sha256'],
    },
  ],
  run: newKey,
};

async function listPeople(_input: Input, session: Session): Promise<Outcome> {
  const reply = await session.client().call(identityRoutes.people);
  const rows = reply.people.map(({ account, name, roles, keys }) => [
    account,
    name,
    roles.join(', '),
    keys.map(({ keyid, algorithm }) => `${short(keyid)} ${algorithm}`).join(', '),
  ]);
  const services = reply.services.map(({ name, service, keyid, algorithm }) => [
    `service:${name}`,
    '',
    service,
    `${short(keyid)} ${algorithm}`,
  ]);
  const { items } = await session.client().call(governanceRoutes.inbox);
  const notices = items.filter(({ kind }) => kind === 'notice');
  return done(
    { ...reply, notices },
    ...table(['account', 'name', 'roles', 'keys'], [...rows, ...services]),
    ...notices.map(({ subject, text }) => `notice: ${subject}: ${text}`),
  );
}

async function addPerson(input: Input, session: Session): Promise<Outcome> {
  const password = await passphraseFor(session.io, 'the account', input.text('password-file'));
  const body = { account: input.argument('account'), printedName: input.text('name'), password };
  const created = await session.client().call(identityRoutes.createAccount, { body });
  return done(
    created,
    `made ${created.account} (${created.email})`,
    `token, shown once: ${created.token}`,
  );
}

async function newKey(input: Input, session: Session): Promise<Outcome> {
  const account = session.account();
  const out = input.optionalText('out');
  const { dataDir } = session.profile();
  const path =
    out === undefined ? join(dataDir, 'people', account, 'key.json') : resolve(session.cwd, out);
  const algorithm =
    input.optionalText('algorithm') === 'ecdsa-p256-sha256' ? 'ecdsa-p256-sha256' : 'ed25519';
  const passphrase = await passphraseFor(
    session.io,
    `the new key of ${account}`,
    input.optionalText('passphrase-file'),
  );
  const file = createKeyFile(algorithm, passphrase);
  await writeKeyFile(path, file);
  const { keyid, spki } = file;
  return done(
    { keyid, algorithm, spki, path },
    ...fields([
      ['key', keyid],
      ['algorithm', algorithm],
      ['file', path],
    ]),
    `next: an administrator runs \`countersign keys enrol ${account} --role ROLE --key ${path} --proofing TEXT\``,
  );
}
