// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { parseStrictJson } from '@countersign/kernel';
import { z } from 'zod';
import { ServerError } from '../errors.ts';

/** DIR/keys/notices.json, readable by the server's own user: no answer, log, row or record holds what is in it. */
const SecretsFile = z.strictObject({
  v: z.literal(1),
  smtpPassword: z.string().min(1).optional(),
  webhooks: z.record(
    z.string(),
    z.strictObject({
      secret: z.string(),
      since: z.string(),
      /** The one before, which signs along until then. */
      former: z.strictObject({ secret: z.string(), until: z.string() }).optional(),
    }),
  ),
});
export type NoticeSecrets = z.infer<typeof SecretsFile>;

const NONE: NoticeSecrets = { v: 1, webhooks: {} };

function pathOf(dataDir: string): string {
  return join(dataDir, 'keys', 'notices.json');
}

/** @throws ServerError `config_invalid`, which quotes nothing of the file */
export async function readNoticeSecrets(dataDir: string): Promise<NoticeSecrets> {
  const path = pathOf(dataDir);
  const bytes = await readFile(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw unusable(path);
  });
  if (bytes === undefined) return NONE;
  try {
    return SecretsFile.parse(parseStrictJson(bytes));
  } catch {
    throw unusable(path);
  }
}

function unusable(path: string): ServerError {
  return new ServerError(
    'config_invalid',
    `\`${path}\` cannot be used; remove it and set the secrets of notices again`,
    { details: { path } },
  );
}

/** One change after another: two administrators at once must not undo each other. */
let turn: Promise<unknown> = Promise.resolve();

/** Replaces the file whole: a crash leaves the old one or the new one. */
export function changeNoticeSecrets(
  dataDir: string,
  change: (before: NoticeSecrets) => NoticeSecrets,
): Promise<NoticeSecrets> {
  const next = turn
    .catch(() => undefined) // its own caller hears of the failure
    .then(async () => {
      const after = change(await readNoticeSecrets(dataDir));
      await write(pathOf(dataDir), after);
      return after;
    });
  turn = next;
  return next;
}

async function write(path: string, secrets: NoticeSecrets): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
  const staged = `${path}.${randomUUID()}`;
  const file = await open(staged, 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(secrets, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(staged, path);
}

/** Secrets to sign a message of a webhook with, the newest first; empty before the first was made. */
export function signingSecrets(
  secrets: NoticeSecrets,
  webhook: string,
  now: string,
): readonly string[] {
  const held = secrets.webhooks[webhook];
  if (held === undefined) return [];
  const { former } = held;
  return former !== undefined && former.until > now ? [held.secret, former.secret] : [held.secret];
}

/** A text without the secrets, in any spelling that a protocol gives them. */
export function withoutSecrets(text: string, secrets: readonly (string | undefined)[]): string {
  return secrets
    .filter((one) => one !== undefined && one.length >= 4)
    .flatMap((one = '') => [one, Buffer.from(one).toString('base64')])
    .reduce((kept, one) => kept.replaceAll(one, '***'), text);
}
