// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { EnrolmentRequest } from '@countersign/contract';
import {
  type HolderLimits,
  type KeyEntry,
  keyEntryJson,
  type PublicKey,
  parseStrictJson,
  ROLES,
  type Role,
} from '@countersign/kernel';
import { z } from 'zod';
import { findKey } from '../client/find-key.ts';
import { verifiedTrust } from '../client/log-trust.ts';
import type { Input } from '../command/input.ts';
import { atFile, CliError, usage } from '../errors.ts';
import { readKeyFile } from '../profile/signing-key.ts';
import type { Session } from '../session.ts';
import type { Draft } from './person-statement.ts';

/** The `key-enrolment` that an administrator proposes for somebody's key. @throws CliError */
export async function enrolmentDraft(input: Input, session: Session): Promise<Draft> {
  const account = input.argument('account');
  const key = await givenKey(input, session, account);
  const holder = holderOf(input, account);
  const replaces = input.optionalText('replaces');
  const old =
    replaces === undefined
      ? undefined
      : findKey(await verifiedTrust(session, session.root()), replaces).key.keyid;
  const attestation = input.optionalText('attestation');
  const idToken =
    attestation === undefined ? undefined : readAttestation(session.cwd, attestation, key.keyid);
  return {
    type: 'key-enrolment',
    scope: 'firm',
    subjectRef: { workspace: session.profile().workspace },
    content: {
      key: keyEntryJson({ key, holder }),
      proofing: input.text('proofing'),
      ...(old === undefined ? {} : { replaces: old }),
      ...(idToken === undefined ? {} : { attestation: { idToken } }),
    },
  };
}

async function givenKey(input: Input, session: Session, account: string): Promise<PublicKey> {
  const request = input.optionalText('request');
  const file = input.optionalText('key');
  if ((request === undefined) === (file === undefined)) {
    throw usage('name the key by `--key FILE` or by `--request FILE`, one of them');
  }
  if (request !== undefined) return requestedKey(session, request, account);
  const { keyid, algorithm, spki } = await readKeyFile(resolve(session.cwd, file ?? ''));
  return { keyid, algorithm, spki };
}

/** What the signing page made of a passkey: the public half, for this person and this firm. */
function requestedKey(session: Session, file: string, account: string): PublicKey {
  const request = readJsonFile(session.cwd, file, EnrolmentRequest);
  if (request.account !== account) {
    throw atFile(file, 1, `it is for \`${request.account}\`, not for \`${account}\``);
  }
  if (request.founding !== session.root()) throw atFile(file, 1, 'it is for another firm');
  const { webauthn, ...key } = request.key;
  return webauthn === undefined ? key : { ...key, webauthn };
}

/** @throws CliError `file_missing`, `file_invalid` */
export function readJsonFile<T extends z.ZodType>(
  cwd: string,
  file: string,
  schema: T,
): z.output<T> {
  let text: Uint8Array;
  try {
    text = readFileSync(resolve(cwd, file));
  } catch (cause) {
    throw new CliError('file_missing', `\`${file}\` cannot be read; check the path`, { cause });
  }
  try {
    return schema.parse(parseStrictJson(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw atFile(file, 1, `it is not what is expected here: ${reason}`, cause);
  }
}

const Attestation = z.looseObject({ idToken: z.string().min(1), keyid: z.string() });

function readAttestation(cwd: string, file: string, keyid: string): string {
  const attestation = readJsonFile(cwd, file, Attestation);
  if (attestation.keyid === keyid) return attestation.idToken;
  throw atFile(
    file,
    1,
    `it attests key \`${attestation.keyid.slice(0, 12)}\`, not \`${keyid.slice(0, 12)}\``,
  );
}

function holderOf(input: Input, account: string): KeyEntry['holder'] {
  const team = input.optionalText('team');
  const limits = limitsOf(input);
  const given = input.list('role').map(roleOf);
  const roles: readonly Role[] =
    limits !== undefined && given.length === 0 ? ['external-validator'] : given;
  if (roles.length === 0) throw usage('`--role` is missing');
  if (roles.includes('external-validator') !== (limits !== undefined)) {
    throw usage(
      'an external-validator takes `--external-for MODEL` and `--until DATE`, others neither',
    );
  }
  return {
    kind: 'person',
    account,
    roles,
    ...(team === undefined ? {} : { team }),
    ...(limits === undefined ? {} : { limits }),
  };
}

function roleOf(text: string): Role {
  const known = ROLES.find((one) => one === text);
  if (known === undefined) throw usage(`\`${text}\` is not a role: ${ROLES.join(', ')}`);
  return known;
}

function limitsOf(input: Input): HolderLimits | undefined {
  const models = input.list('external-for');
  const until = input.optionalText('until');
  if (models.length === 0 && until === undefined) return undefined;
  if (models.length === 0 || until === undefined) {
    throw usage('`--external-for` and `--until` go together');
  }
  const time = /^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/.test(until) ? new Date(until) : new Date(Number.NaN);
  if (Number.isNaN(time.getTime())) {
    throw usage(`\`${until}\` is not a day such as 2027-03-31 or a UTC time`);
  }
  return { models, until: time.toISOString() };
}
