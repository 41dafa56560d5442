// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseStrictJson } from '@countersign/kernel';
import { z } from 'zod';
import { ServerError } from '../errors.ts';

/** DIR/identity-provider.json: the firm's OpenID Connect provider, for signing in. It gives nobody a role. */
const ProviderFileSchema = z
  .strictObject({
    /** As people know it, on the button. */
    name: z.string().min(1).max(64).optional(),
    /** Exactly as the provider's discovery document and ID tokens say it. */
    issuer: z.url().max(512).refine(isSafe, 'must be https, or http on this machine'),
    clientId: z.string().min(1).max(512),
    clientSecret: z.string().min(1).max(4_096).optional(),
    /** Path of a file with the secret, from the data directory. */
    clientSecretFile: z.string().min(1).optional(),
    clientAuthentication: z.enum(['client_secret_basic', 'client_secret_post']).optional(),
    /** `openid` is always asked for. */
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/))
      .max(32)
      .optional(),
    /** Claim of the ID token that lists groups. */
    groupsClaim: z.string().min(1).max(128).optional(),
  })
  .refine((file) => (file.clientSecret === undefined) !== (file.clientSecretFile === undefined), {
    path: ['clientSecret'],
    message: 'give either `clientSecret` or `clientSecretFile`',
  });

export interface ProviderConfig {
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly clientAuthentication: 'client_secret_basic' | 'client_secret_post';
  readonly scopes: readonly string[];
  readonly groupsClaim: string;
}

export const PROVIDER_FILE = 'identity-provider.json';

/**
 * The provider of a data directory, or undefined where none is configured.
 * @throws ServerError `config_invalid` naming the member; never with a value of the file, which may be the secret
 */
export async function readProviderConfig(dataDir: string): Promise<ProviderConfig | undefined> {
  const path = join(dataDir, PROVIDER_FILE);
  const bytes = await bytesOf(path);
  if (bytes === undefined) return undefined;
  const file = ProviderFileSchema.safeParse(jsonOf(bytes, path));
  if (!file.success) {
    const [issue] = file.error.issues;
    const names = issue?.code === 'unrecognized_keys' ? issue.keys : issue?.path.map(String);
    const field = names?.join('.') ?? '';
    throw invalid(
      path,
      field,
      issue?.code === 'unrecognized_keys' ? 'not known here' : issue?.message,
    );
  }
  const { name, issuer, clientId, scopes = [], groupsClaim = 'groups' } = file.data;
  return {
    name: name ?? new URL(issuer).hostname,
    issuer,
    clientId,
    clientSecret: await secretOf(file.data, { dataDir, path }),
    clientAuthentication: file.data.clientAuthentication ?? 'client_secret_basic',
    scopes: [...new Set(['openid', ...scopes])],
    groupsClaim,
  };
}

async function bytesOf(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new ServerError('config_invalid', `\`${path}\` cannot be read`, { details: { path } });
  }
}

/** Without the parser's message: it quotes what it read. */
function jsonOf(bytes: Uint8Array, path: string): unknown {
  try {
    return parseStrictJson(bytes);
  } catch {
    throw new ServerError('config_invalid', `\`${path}\` is not strict JSON`, {
      details: { path },
    });
  }
}

async function secretOf(
  file: {
    readonly clientSecret?: string | undefined;
    readonly clientSecretFile?: string | undefined;
  },
  at: { readonly dataDir: string; readonly path: string },
): Promise<string> {
  if (file.clientSecret !== undefined) return file.clientSecret;
  const from = resolve(at.dataDir, file.clientSecretFile ?? '');
  const text = await readFile(from, 'utf8').catch(() => '');
  if (text.trim() !== '') return text.trim();
  throw invalid(at.path, 'clientSecretFile', `\`${from}\` is missing, unreadable or empty`);
}

function invalid(path: string, field: string, problem = 'not usable'): ServerError {
  return new ServerError(
    'config_invalid',
    `\`${path}\` is not a provider: \`${field}\`: ${problem.charAt(0).toLowerCase()}${problem.slice(1)}`,
    { details: { path, field } },
  );
}

function isSafe(issuer: string): boolean {
  if (!URL.canParse(issuer)) return false;
  const { protocol, hostname } = new URL(issuer);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

export function isLoopback(hostname: string): boolean {
  return hostname === '127.0.0.1' || hostname === 'localhost' || hostname === '[::1]';
}
