// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { recordRoutes } from '@countersign/contract';
import { accountOf, type EnrolledKey, keyStanding } from '@countersign/kernel';
import { findKey } from '../client/find-key.ts';
import { verifiedTrust } from '../client/log-trust.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { short, table } from '../output/table.ts';
import type { Session } from '../session.ts';
import { enrolmentDraft } from '../signing/enrolment-draft.ts';
import { describeRecorded, type Recorded, signOne } from '../signing/sign-and-record.ts';

export const keysEnrol: Command = {
  name: 'keys enrol',
  summary: 'propose the enrolment of somebody’s key, or of the one that replaces it',
  description:
    'Takes a quorum of administrators, acceptance with the new key itself, and for each role somebody else who holds it, or the replaced key, or an attested identity: the others add their signatures with `countersign sign --add`. It counts after the firm’s delay.',
  example:
    'countersign keys enrol bea.validator --role validator --key bea-key.json --proofing "passport, in person, by Ada" --as ada.admin',
  arguments: [{ name: 'account', summary: 'whose key' }],
  options: [
    { flags: '--role ROLE', summary: 'what its signatures count as', isRepeated: true },
    { flags: '--key FILE', summary: 'their key file' },
    { flags: '--request FILE', summary: 'or the request that the signing page made of a passkey' },
    { flags: '--proofing TEXT', summary: 'how the person was identified', isRequired: true },
    { flags: '--replaces KEYID', summary: 'their old key, which ends when this one counts' },
    { flags: '--external-for MODEL', summary: 'an external validator’s model', isRepeated: true },
    { flags: '--until DATE', summary: 'the day (UTC) on which an external validator’s key ends' },
    { flags: '--attestation FILE', summary: 'what `countersign keys attest` wrote' },
    { flags: '--team NAME', summary: 'their team, for separation of duties' },
    {
      flags: '--out FILE',
      summary: 'the proposal, for the new holder, who cannot read records yet',
    },
  ],
  run: enrolKey,
};

export const keysList: Command = {
  name: 'keys list',
  summary: 'keys with their holders, standing and dates, from verified records',
  example: 'countersign keys list --account vera.validator',
  options: [{ flags: '--account ACCOUNT', summary: 'of one person or service:NAME' }],
  run: listKeys,
};

export const keysSuspend = keyChange(
  'suspend',
  'stop a key at once: its holder, one administrator or model risk',
);
export const keysReinstate = keyChange(
  'reinstate',
  'let a suspended key count again: a quorum of administrators, after the firm’s delay',
);
export const keysRetire = keyChange(
  'retire',
  'end a key for good: its holder, or a quorum of administrators',
);

function keyChange(kind: 'suspend' | 'reinstate' | 'retire', summary: string): Command {
  return {
    name: `keys ${kind}`,
    summary,
    example: `countersign keys ${kind} 3f2a91c0d4e5 --reason "laptop lost on 3 March" --as ada.admin`,
    arguments: [{ name: 'keyid', summary: 'beginning of the key id' }],
    options: [{ flags: '--reason TEXT', summary: 'why', isRequired: true }],
    run: async (input, session) => {
      const trust = await verifiedTrust(session, session.root());
      const { key } = findKey(trust, input.argument('keyid'));
      const recorded = await signOne(session, {
        type: 'key-change',
        kind,
        scope: 'firm',
        subjectRef: { workspace: session.profile().workspace },
        content: { keyid: key.keyid, reason: input.text('reason') },
      });
      return done({ ...recorded, keyid: key.keyid }, ...describeProposed(recorded));
    },
  };
}

async function enrolKey(input: Input, session: Session): Promise<Outcome> {
  const recorded = await signOne(session, await enrolmentDraft(input, session));
  const out = input.optionalText('out');
  return done(recorded, ...describeProposed(recorded), ...(await handOver(session, recorded, out)));
}

/** What is recorded, or whom to ask for the signatures that it lacks. */
export function describeProposed(recorded: Recorded): readonly string[] {
  const next = `others sign with: countersign sign --add ${short(recorded.digest)}`;
  return [describeRecorded(recorded), ...(recorded.state === 'recorded' ? [] : [next])];
}

/** The proposal as a file, for somebody who is to accept it with a key that counts for nothing yet. */
export async function handOver(
  session: Session,
  { digest }: Recorded,
  out: string | undefined,
): Promise<readonly string[]> {
  if (out === undefined) return [];
  const { envelope } = await session.client().call(recordRoutes.get, { params: { digest } });
  writeFileSync(resolve(session.cwd, out), `${JSON.stringify(envelope)}\n`);
  return [`the new holder accepts with: countersign sign --add ${out}`];
}

async function listKeys(input: Input, session: Session): Promise<Outcome> {
  const trust = await verifiedTrust(session, session.root());
  const now = session.now();
  const account = input.optionalText('account');
  const keys = [...trust.register.values()]
    .filter((key) => account === undefined || accountOf(key) === account)
    .map((key) => presentKey(key, now));
  return done(
    keys,
    ...table(
      ['key', 'holder', 'counts as', 'standing', 'from', 'then'],
      keys.map((key) => [
        short(key.keyid),
        key.account,
        [...key.roles, key.service ?? ''].filter(Boolean).join(', '),
        key.standing,
        key.effectiveFrom,
        [
          ...key.endings.map(({ kind, at }) => `${kind} ${at}`),
          ...(key.limits === undefined
            ? []
            : [`for ${key.limits.models.join(', ')} until ${key.limits.until}`]),
        ].join(', '),
      ]),
    ),
  );
}

function presentKey(key: EnrolledKey, now: string) {
  const { holder, effectiveFrom, enrolledBy, endings } = key;
  const person = holder.kind === 'person' ? holder : undefined;
  return {
    keyid: key.key.keyid,
    algorithm: key.key.algorithm,
    account: accountOf(key),
    roles: person?.roles ?? [],
    ...(holder.kind === 'service' ? { service: holder.service } : {}),
    ...(person?.limits === undefined ? {} : { limits: person.limits }),
    standing: keyStanding(key, now),
    effectiveFrom,
    enrolledBy,
    endings,
  };
}
