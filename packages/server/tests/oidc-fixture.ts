// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import type { ProviderConfig } from '../src/identity/identity-provider-file.ts';
import { ORIGIN } from './sign-in-fixture.ts';

const REDIRECT = `${ORIGIN}/v1/auth/oidc/callback`;
const CLIENT = { id: 'countersign', secret: 'a client secret of the tests' } as const;

export interface TestProvider {
  readonly issuer: string;
  readonly config: ProviderConfig;
  close(): Promise<void>;
}

export interface ProviderPerson {
  readonly email: string;
  readonly groups: readonly string[];
}

/** A real provider on loopback, with the logins that it knows. Any password opens them: it is its business. */
export async function oidcProvider(
  people: Readonly<Record<string, ProviderPerson>>,
): Promise<TestProvider & { readonly people: Map<string, ProviderPerson> }> {
  const known = new Map(Object.entries(people));
  const { server, issuer } = await listen();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [REDIRECT],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
    cookies: { keys: ['cookies of the test provider'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups'] },
    scopes: ['openid', 'email', 'groups'],
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: true } },
    pkce: { required: () => true },
    findAccount: (_context, sub) => ({
      accountId: sub,
      claims: () => ({
        sub,
        email: known.get(sub)?.email,
        email_verified: true,
        groups: known.get(sub)?.groups,
      }),
    }),
  });
  server.on('request', provider.callback());
  return { issuer, people: known, config: configOf(issuer), close: () => closed(server) };
}

/** Signs a person in at the provider, as its pages ask. @returns where it sends the browser back to, on another origin */
export async function signInAtProvider(start: string, login: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = start;
  let form: URLSearchParams | undefined;
  for (let step = 0; step < 12; step += 1) {
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map((one) => one.join('=')).join('; ') },
      ...(form === undefined ? {} : { method: 'POST', body: form }),
    });
    form = undefined;
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    if (location === null) {
      const page = await answer.text();
      url = new URL(/action="([^"]+)"/.exec(page)?.[1] ?? '', url).href;
      const prompt = /name="prompt" value="([^"]+)"/.exec(page)?.[1] ?? '';
      form = new URLSearchParams({
        prompt,
        ...(prompt === 'login' ? { login, password: 'x' } : {}),
      });
    } else {
      url = new URL(location, url).href;
      if (new URL(url).origin !== new URL(start).origin) return new URL(url);
    }
  }
  throw new Error(`the provider did not come to an end: ${url}`);
}

type Claims = Readonly<Record<string, unknown>>;

export interface RoguePlan {
  /** Over the claims of an honest token. */
  readonly claims?: Claims;
  /** Over its header. */
  readonly header?: Claims;
  readonly signWith?: KeyObject;
  readonly noIdToken?: boolean;
}

/** A provider that answers any code with the ID token that a test wants, signed by its own published key. */
export async function rogueProvider(): Promise<
  TestProvider & { plan: RoguePlan; nonce: string; readonly key: KeyObject }
> {
  const { server, issuer } = await listen();
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const rogue = {
    issuer,
    config: configOf(issuer),
    plan: {} as RoguePlan,
    nonce: '',
    key: privateKey,
    close: () => closed(server),
  };
  const idToken = (): string => {
    const now = Math.floor(Date.now() / 1_000);
    const honest = { iss: issuer, aud: CLIENT.id, sub: 'sub-of-dev', iat: now, exp: now + 300 };
    const claims = { ...honest, nonce: rogue.nonce, ...rogue.plan.claims };
    const header = { alg: 'ES256', kid: 'k', ...rogue.plan.header };
    const head = [header, claims].map((part) => encoded(part)).join('.');
    if (header.alg === 'none') return `${head}.`;
    const key = rogue.plan.signWith ?? privateKey;
    return `${head}.${sign('sha256', Buffer.from(head), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  };
  server.on('request', (request, response) => {
    const answers: Record<string, () => object> = {
      '/.well-known/openid-configuration': () => ({
        issuer,
        authorization_endpoint: `${issuer}/auth`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
        authorization_response_iss_parameter_supported: true,
      }),
      '/jwks': () => ({
        keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256', use: 'sig' }],
      }),
      '/token': () => ({
        access_token: 'access',
        token_type: 'Bearer',
        expires_in: 60,
        ...(rogue.plan.noIdToken === true ? {} : { id_token: idToken() }),
      }),
    };
    const answer = answers[request.url ?? ''];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer?.() ?? {}));
  });
  return rogue;
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function configOf(issuer: string): ProviderConfig {
  return {
    name: 'First River sign-in',
    issuer,
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
    clientAuthentication: 'client_secret_basic',
    scopes: ['openid', 'email', 'groups'],
    groupsClaim: 'groups',
  };
}

async function listen(): Promise<{ readonly server: Server; readonly issuer: string }> {
  const server = createServer();
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  const { port } = server.address() as AddressInfo; // listening on TCP, so it is not a path
  return { server, issuer: `http://127.0.0.1:${port}` };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((settle) => server.close(() => settle()));
}
