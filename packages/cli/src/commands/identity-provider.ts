// SPDX-License-Identifier: Apache-2.0
import { createHash, createPublicKey, type JsonWebKey } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { type IdentityProvider, type RecordSet, ROLES, toBase64 } from '@countersign/kernel';
import { z } from 'zod';
import { verifiedTrust } from '../client/log-trust.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { atFile, CliError } from '../errors.ts';
import { table } from '../output/table.ts';
import { parseYamlText, readTextFile, readYaml } from '../papers/yaml-file.ts';
import type { Session } from '../session.ts';
import { readJsonFile } from '../signing/enrolment-draft.ts';
import { signOne } from '../signing/sign-and-record.ts';
import { describeProposed } from './keys.ts';

export const identityProviderPropose: Command = {
  name: 'identity-provider propose',
  summary: 'propose the firm’s OpenID Connect provider: its keys, and which group is which duty',
  description:
    'Takes YAML `title, version, issuer, audience, groups: [{group, role}]` and, unless `jwks: FILE` is given, fetches the issuer’s keys once and shows them. Identities that these keys sign can confirm enrolments, so compare the keys with the provider’s own people. Two persons sign, one of model risk.',
  example: 'countersign identity-provider propose provider.yaml --as mia.risk',
  arguments: [{ name: 'file', summary: 'the provider, as YAML' }],
  run: propose,
};

const File = z.strictObject({
  title: z.string().trim().min(1),
  version: z.string().trim().min(1),
  issuer: z.url({ protocol: /^https?$/ }),
  audience: z.string().min(1),
  jwks: z.string().min(1).optional(),
  groups: z.array(z.strictObject({ group: z.string().min(1), role: z.enum(ROLES) })),
});

const Jwks = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });
type Jwk = z.infer<typeof Jwks>['keys'][number];

async function propose(input: Input, session: Session): Promise<Outcome> {
  const file = input.argument('file');
  const text = readTextFile(session.cwd, file);
  const given = readYaml(parseYamlText(file, text), File);
  const { title, version, issuer, audience, groups } = given;
  const jwks =
    given.jwks === undefined
      ? await fetchKeys(issuer, audience)
      : readJsonFile(dirname(resolve(session.cwd, file)), given.jwks, Jwks);
  const keys = jwks.keys.flatMap(providerKey);
  if (keys.length === 0) {
    throw atFile(
      file,
      1,
      'the provider has no ES256 or EdDSA key with a `kid`; others are not used',
    );
  }
  const provider: IdentityProvider = { issuer, audience, keys, groups };
  for (const line of table(
    ['kid', 'algorithm', 'public key'],
    keys.map(({ kid, algorithm, spki }) => [kid, algorithm, spki]),
  )) {
    session.io.err(line);
  }
  const earlier = newestProvider(await verifiedTrust(session, session.root()));
  const recorded = await signOne(session, {
    type: 'policy-document',
    kind: 'identity-provider',
    scope: 'firm',
    subjectRef: { workspace: session.profile().workspace },
    ...(earlier === undefined ? {} : { supersedes: earlier }),
    content: {
      title,
      version,
      textDigest: createHash('sha256').update(text, 'utf8').digest('hex'),
      provider,
    },
  });
  return done({ ...recorded, keys }, ...describeProposed(recorded));
}

/** Once, here: what is signed are the keys themselves, and nothing is fetched to verify with them. */
async function fetchKeys(issuer: string, audience: string): Promise<z.infer<typeof Jwks>> {
  // Loaded here alone: every other command starts faster without it.
  const { discover } = await import('../host/oidc-client.ts');
  const from = (await discover(issuer, audience)).serverMetadata().jwks_uri;
  if (from === undefined)
    throw new CliError('server_answer_invalid', `\`${issuer}\` names no jwks_uri`);
  const response = await fetch(from, { redirect: 'error', signal: AbortSignal.timeout(10_000) });
  const parsed = Jwks.safeParse(await response.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  throw new CliError('server_answer_invalid', `\`${from}\` holds no JWK set (RFC 7517)`);
}

/** RFC 7518 and RFC 8037: ES256 and EdDSA (Ed25519), the two that the kernel verifies. */
function providerKey(jwk: Jwk): IdentityProvider['keys'] {
  const { kid, use } = jwk;
  const algorithm =
    jwk.kty === 'EC' && jwk.crv === 'P-256'
      ? 'ecdsa-p256-sha256'
      : jwk.kty === 'OKP' && jwk.crv === 'Ed25519'
        ? 'ed25519'
        : undefined;
  if (algorithm === undefined || typeof kid !== 'string' || (use ?? 'sig') !== 'sig') return [];
  const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  const spki = toBase64(new Uint8Array(key.export({ type: 'spki', format: 'der' })));
  return [{ kid, algorithm, spki }];
}

function newestProvider(trust: RecordSet): string | undefined {
  return trust.records.findLast(
    ({ statement: { predicate } }) =>
      predicate.type === 'policy-document' && predicate.kind === 'identity-provider',
  )?.digest;
}
