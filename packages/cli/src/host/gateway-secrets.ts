// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Caller } from '@countersign/gateway';
import { parseStrictJson } from '@countersign/kernel';
import { z } from 'zod';
import { CliError } from '../errors.ts';

const Callers = z.array(
  z.strictObject({ caller: z.string().min(1), tokenDigest: z.string().regex(/^[0-9a-f]{64}$/) }),
);

/** The caller that a data directory's own commands use; a firm lists its systems in keys/gateway-callers.json. */
const LOCAL_CALLER = 'local';

/**
 * Who may ask this data directory's gateway. On first use one local caller is made, whose token only the owner of the
 * directory may read.
 */
export function gatewayCallers(dataDir: string): readonly Caller[] {
  const path = join(dataDir, 'keys', 'gateway-callers.json');
  if (!existsSync(path)) {
    const token = secret(dataDir, 'gateway-caller-token');
    const tokenDigest = createHash('sha256').update(token).digest('hex');
    writePrivate(path, `${JSON.stringify([{ caller: LOCAL_CALLER, tokenDigest }], null, 2)}\n`);
  }
  const parsed = Callers.safeParse(parseStrictJson(readFileSync(path)));
  if (parsed.success) return parsed.data;
  throw new CliError(
    'profile_invalid',
    `\`${path}\` is no list of callers: ${z.prettifyError(parsed.error)}`,
  );
}

/** The local caller's token. @throws CliError `no_token` where no gateway has been started on the directory */
export function gatewayToken(
  dataDir: string,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const given = env.COUNTERSIGN_GATEWAY_TOKEN;
  if (given !== undefined && given !== '') return given;
  const path = join(dataDir, 'keys', 'gateway-caller-token');
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  throw new CliError('no_token', `\`${dataDir}\` has no token for its gateway`, {
    details: {
      next: 'start the gateway with `countersign serve`, or set COUNTERSIGN_GATEWAY_TOKEN',
    },
  });
}

/** Key of the HMACs of business keys and subjects; losing it loses look-up by them, nothing else. */
export function gatewayHmacKey(dataDir: string): Uint8Array {
  return createHash('sha256').update(secret(dataDir, 'gateway-hmac')).digest();
}

function secret(dataDir: string, name: string): string {
  const path = join(dataDir, 'keys', name);
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  const made = randomBytes(32).toString('base64url');
  writePrivate(path, `${made}\n`);
  return made;
}

/** Replaces the file whole, so that a crash leaves the old one or the new one. */
function writePrivate(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  const staged = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(staged, text, { mode: 0o600, flag: 'wx', flush: true });
  renameSync(staged, path);
}
