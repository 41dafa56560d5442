// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { parseStrictJson } from '@countersign/kernel';
import { z } from 'zod';
import { ServerError } from './errors.ts';

/** DIR/config.json. `root` is the one thing that must be right; everything else follows from records. */
const ConfigSchema = z.strictObject({
  v: z.literal(1),
  root: z.string().regex(/^[0-9a-f]{64}$/),
  firm: z.string().min(1),
  workspace: z.string().min(1),
  demonstration: z.boolean(),
  /** Owner's URL of a database of the firm's own; the embedded one when absent. */
  databaseUrl: z.string().optional(),
  /** Under which browsers reach the server, where a proxy stands before it: `https://countersign.firm.example`. */
  origin: z
    .url({ protocol: /^https?$/ })
    .refine(
      (url) => URL.canParse(url) && new URL(url).origin === url,
      'must be scheme, host and port alone',
    )
    .optional(),
  /** What bytes people may send; each unless given as in `UPLOAD_LIMITS` of the pipeline package. */
  uploads: z
    .strictObject({
      /** Largest blob in bytes. */
      bytesMax: z.int().positive().optional(),
      /** Uploads that one person may have open. */
      openMax: z.int().positive().max(10_000).optional(),
      /** Days that an upload waits for its next byte. */
      keptDays: z.int().positive().max(365).optional(),
      /** Bytes of the disk that no upload takes. */
      reserveBytes: z.int().nonnegative().optional(),
    })
    .optional(),
  /** When what is in production may be built again; 01:00 to 05:00 UTC unless given. */
  rebuilds: z
    .strictObject({
      from: z.int().min(0).max(23),
      to: z.int().min(0).max(23),
      zone: z.string().refine(isTimeZone, 'expected an IANA zone such as Europe/London'),
    })
    .optional(),
  ports: z.strictObject({ api: z.int(), gateway: z.int() }),
});
export type ServerConfig = z.infer<typeof ConfigSchema>;

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** @throws ServerError `not_founded` without a file, `config_invalid` for one that cannot be read */
export async function readConfig(dataDir: string): Promise<ServerConfig> {
  const path = join(dataDir, 'config.json');
  const bytes = await readFile(path).catch((cause) => {
    throw new ServerError(
      'not_founded',
      `\`${dataDir}\` holds no founded firm; name its data directory with \`--data\` or found one with \`countersign up\``,
      { details: { dataDir }, cause },
    );
  });
  try {
    return ConfigSchema.parse(parseStrictJson(bytes));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new ServerError('config_invalid', `\`${path}\` is not a configuration: ${reason}`, {
      details: { path },
      cause,
    });
  }
}

/** Replaces the file whole: a crash leaves the old one or the new one. It may hold a database password. */
export async function writeConfig(dataDir: string, config: ServerConfig): Promise<void> {
  const path = join(dataDir, 'config.json');
  const staged = `${path}.${randomUUID()}`;
  const file = await open(staged, 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(config, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(staged, path);
}
