// SPDX-License-Identifier: Apache-2.0
import { dirname, resolve } from 'node:path';
import { EnrolmentRequest } from '@countersign/contract';
import { holdsRole, type Json, keyEntryJson, type RecordSet } from '@countersign/kernel';
import { z } from 'zod';
import { findKey } from '../client/find-key.ts';
import { atFile } from '../errors.ts';
import { parseYamlText, readTextFile, readYaml } from '../papers/yaml-file.ts';
import { readKeyFile } from '../profile/signing-key.ts';
import type { Session } from '../session.ts';
import { readJsonFile } from './enrolment-draft.ts';
import type { Draft } from './person-statement.ts';

const Account = z
  .string()
  .regex(/^[a-z][a-z0-9._-]{0,63}$/, 'must be lower-case letters, digits, `.`, `_` and `-`');

const Plan = z.strictObject({
  quorum: z.int().min(2),
  delayHours: z.int().nonnegative(),
  reason: z.string().trim().min(1),
  administrators: z
    .array(
      z.union([
        z.strictObject({ key: z.string() }),
        z.strictObject({ account: Account, keyFile: z.string() }),
        z.strictObject({ account: Account, request: z.string() }),
      ]),
    )
    .min(2),
});
type Named = z.infer<typeof Plan>['administrators'][number];

/**
 * The `founding-rotation` that a plan asks for: all administrators from then on, those in force by their key ids, new
 * ones by their key files or signing-page requests (paths are relative to the plan).
 */
export async function rotationDraft(
  session: Session,
  given: { readonly plan: string; readonly kind: 'rotate' | 'recover'; readonly trust: RecordSet },
): Promise<Draft> {
  const { plan: file, kind, trust } = given;
  const yaml = parseYamlText(file, readTextFile(session.cwd, file));
  const { administrators, ...rules } = readYaml(yaml, Plan);
  const entries: Json[] = [];
  for (const named of administrators) entries.push(await entryOf(session, named, { file, trust }));
  return {
    type: 'founding-rotation',
    kind,
    scope: 'firm',
    subjectRef: { workspace: session.profile().workspace },
    content: { ...rules, administrators: entries },
  };
}

async function entryOf(
  session: Session,
  named: Named,
  at: { readonly file: string; readonly trust: RecordSet },
): Promise<Json> {
  if ('key' in named) {
    const known = findKey(at.trust, named.key);
    if (holdsRole(known, 'administrator')) return keyEntryJson(known);
    throw atFile(at.file, 1, `key \`${named.key}\` is not an administrator's`);
  }
  const base = dirname(resolve(session.cwd, at.file));
  const holder = {
    kind: 'person' as const,
    account: named.account,
    roles: ['administrator'] as const,
  };
  if ('keyFile' in named) {
    const { keyid, algorithm, spki } = await readKeyFile(resolve(base, named.keyFile));
    return keyEntryJson({ key: { keyid, algorithm, spki }, holder });
  }
  const { account, key } = readJsonFile(base, named.request, EnrolmentRequest);
  if (account !== named.account) {
    throw atFile(named.request, 1, `it is for \`${account}\`, not for \`${named.account}\``);
  }
  const { webauthn, ...plain } = key;
  return keyEntryJson({ key: webauthn === undefined ? plain : { ...plain, webauthn }, holder });
}
