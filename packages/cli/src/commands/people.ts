// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { identityRoutes, recordRoutes } from '@countersign/contract';
import { keyEntryJson, ROLES } from '@countersign/kernel';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { usage } from '../errors.ts';
import { fields, short, table } from '../output/table.ts';
import { passphraseFor } from '../profile/passphrase.ts';
import { createKeyFile, readKeyFile, writeKeyFile } from '../profile/signing-key.ts';
import type { Session } from '../session.ts';
import { describeRecorded, signOne } from '../signing/sign-and-record.ts';

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

export const keysEnrol: Command = {
  name: 'keys enrol',
  summary: 'propose the enrolment of somebody’s key',
  description:
    'Takes a quorum of administrators, acceptance with the new key itself, and somebody who holds each role already: the others add their signatures with `countersign sign --add`.',
  example:
    'countersign keys enrol bea.validator --role validator --key bea-key.json --as ada.admin',
  arguments: [{ name: 'account', summary: 'whose key' }],
  options: [
    {
      flags: '--role ROLE',
      summary: 'what its signatures count as',
      isRequired: true,
      isRepeated: true,
    },
    { flags: '--key FILE', summary: 'their key file', isRequired: true },
    { flags: '--team NAME', summary: 'their team, for separation of duties' },
    {
      flags: '--out FILE',
      summary: 'the proposal, for the new holder, who cannot read records yet',
    },
  ],
  run: enrolKey,
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
  return done(reply, ...table(['account', 'name', 'roles', 'keys'], [...rows, ...services]));
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
    `next: an administrator runs \`countersign keys enrol ${account} --role ROLE --key ${path}\``,
  );
}

async function enrolKey(input: Input, session: Session): Promise<Outcome> {
  const account = input.argument('account');
  const roles = input.list('role').map((role) => {
    const known = ROLES.find((one) => one === role);
    if (known === undefined) throw usage(`\`${role}\` is not a role: ${ROLES.join(', ')}`);
    return known;
  });
  const { keyid, algorithm, spki } = await readKeyFile(resolve(session.cwd, input.text('key')));
  const team = input.optionalText('team');
  const key = keyEntryJson({
    key: { keyid, algorithm, spki },
    holder: { kind: 'person', account, roles, ...(team === undefined ? {} : { team }) },
  });
  const recorded = await signOne(session, {
    type: 'key-enrolment',
    scope: 'firm',
    subjectRef: { workspace: session.profile().workspace },
    content: { key },
  });
  const out = input.optionalText('out');
  if (out !== undefined) await writeProposal(session, recorded.digest, resolve(session.cwd, out));
  return done(
    recorded,
    describeRecorded(recorded),
    `others sign with: countersign sign --add ${short(recorded.digest)}`,
    ...(out === undefined ? [] : [`the new holder accepts with: countersign sign --add ${out}`]),
  );
}

async function writeProposal(session: Session, digest: string, path: string): Promise<void> {
  const { envelope } = await session.client().call(recordRoutes.get, { params: { digest } });
  writeFileSync(path, `${JSON.stringify(envelope)}\n`);
}
