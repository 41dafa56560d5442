// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Kysely } from 'kysely';
import * as oidc from 'openid-client';
import { ServerError } from '../errors.ts';
import type { Database } from '../store/index.ts';
import { AUTH_PATH } from './auth.ts';
import type { ProviderIdentity } from './external-identities.ts';
import { isLoopback, type ProviderConfig } from './identity-provider-file.ts';

export const OIDC_PATH = `${AUTH_PATH}/oidc`;
export const OIDC_SECONDS = 10 * 60;
/** Sign-ins under way at once; each is a row that anybody may make. */
const UNDER_WAY_MAX = 10_000;
const PROVIDER_TIMEOUT_SECONDS = 10;
/** Discovery is read again after this, for a provider that moves an endpoint. */
const DISCOVERY_MS = 60 * 60_000;
const GROUPS_MAX = 1_000;
const GROUP_CHARS_MAX = 256;

export interface OidcBeginning {
  /** Ours, as the browser knows it: its cookies come back there alone. */
  readonly origin: string;
  /** Path of the page to go on with. */
  readonly returnTo: string;
  /** To link the identity to, in place of signing in by it. */
  readonly linkUser?: string;
}

export interface OidcBegun {
  /** Where the browser goes. */
  readonly url: string;
  /** For a cookie of the browser that begins: only it may end the sign-in. */
  readonly browser: string;
}

export interface OidcEnded extends ProviderIdentity {
  readonly groups: readonly string[];
  readonly returnTo: string;
  /** Whom the identity is to be linked to, where the sign-in was begun for that. */
  readonly linkUser: string | undefined;
}

/**
 * Sign-in through the firm's OpenID Connect provider: code flow with PKCE, state and nonce, by openid-client. better-auth's
 * own OAuth plugin is not used: it knows accounts by provider name and subject without the issuer, falls back to the
 * e-mail address, takes an answer without an ID token, and drops a provider that does not answer at start-up.
 */
export interface OidcSignIn {
  readonly name: string;
  /** @throws ServerError `provider_unavailable`, `too_many_requests` */
  begin(options: OidcBeginning): Promise<OidcBegun>;
  /**
   * @param url under which the provider sent the browser back, of an origin of ours
   * @param browser the cookie that `begin` gave
   * @throws ServerError `sign_in_state_invalid`, `provider_answer_refused`, `provider_unavailable`
   */
  end(url: URL, browser: string | undefined): Promise<OidcEnded>;
}

interface Parts {
  readonly db: Kysely<Database>;
  readonly config: ProviderConfig;
  readonly now: () => string;
}

export function createOidcSignIn(parts: Parts): OidcSignIn {
  let known: { readonly at: number; readonly client: oidc.Configuration } | undefined;
  const client = async (): Promise<oidc.Configuration> => {
    const now = Date.now();
    if (known === undefined || now - known.at > DISCOVERY_MS) {
      known = { at: now, client: await discover(parts.config) };
    }
    return known.client;
  };
  return {
    name: parts.config.name,
    begin: async (options) => begin(parts, await client(), options),
    end: async (url, browser) => {
      // Taken before anything is asked of the provider: whatever comes of it, it is used up.
      const under = await take(parts, url.searchParams.get('state') ?? '', browser);
      return end(parts, await client(), { url, under });
    },
  };
}

async function discover(config: ProviderConfig): Promise<oidc.Configuration> {
  const { issuer, clientId, clientSecret, clientAuthentication } = config;
  const authentication =
    clientAuthentication === 'client_secret_post'
      ? oidc.ClientSecretPost(clientSecret)
      : oidc.ClientSecretBasic(clientSecret);
  // Code flow lets the ID token's signature go unchecked where TLS vouches for its sender; here it never is.
  const execute = [oidc.enableNonRepudiationChecks];
  if (isLoopback(new URL(issuer).hostname)) execute.push(oidc.allowInsecureRequests);
  try {
    return await oidc.discovery(new URL(issuer), clientId, undefined, authentication, {
      execute,
      timeout: PROVIDER_TIMEOUT_SECONDS,
    });
  } catch (error) {
    throw new ServerError(
      'provider_unavailable',
      `the identity provider does not answer, or its discovery document is not its own (${codeOf(error)}); sign in by passkey or password`,
    );
  }
}

async function begin(
  parts: Parts,
  client: oidc.Configuration,
  { origin, returnTo, linkUser }: OidcBeginning,
): Promise<OidcBegun> {
  const state = oidc.randomState();
  const nonce = oidc.randomNonce();
  const verifier = oidc.randomPKCECodeVerifier();
  const browser = randomBytes(32).toString('base64url');
  await keep(parts, {
    state_digest: digest(state),
    browser_digest: digest(browser),
    nonce,
    verifier,
    return_to: returnTo,
    link_user: linkUser ?? null,
  });
  const url = oidc.buildAuthorizationUrl(client, {
    redirect_uri: `${origin}${OIDC_PATH}/callback`,
    scope: parts.config.scopes.join(' '),
    state,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  return { url: url.href, browser };
}

interface UnderWay {
  readonly state_digest: string;
  readonly browser_digest: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly return_to: string;
  readonly link_user: string | null;
}

async function keep({ db, now }: Parts, row: UnderWay): Promise<void> {
  const at = Date.parse(now());
  await db.deleteFrom('oidc_sign_in').where('expires_at', '<=', new Date(at)).execute();
  const { count } = await db
    .selectFrom('oidc_sign_in')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow();
  if (Number(count) >= UNDER_WAY_MAX) {
    throw new ServerError(
      'too_many_requests',
      'too many sign-ins are under way; try again in ten minutes',
    );
  }
  const expires_at = new Date(at + OIDC_SECONDS * 1_000);
  await db
    .insertInto('oidc_sign_in')
    .values({ ...row, expires_at })
    .execute();
}

/** The row of a state, once: a second answer with the same state finds none. */
async function take(
  { db, now }: Parts,
  state: string,
  browser: string | undefined,
): Promise<UnderWay & { readonly state: string }> {
  const row = await db
    .deleteFrom('oidc_sign_in')
    .where('state_digest', '=', digest(state))
    .returningAll()
    .executeTakeFirst();
  const isOpen = row !== undefined && row.expires_at.getTime() > Date.parse(now());
  // Whoever sends somebody the end of their own sign-in would have them work under another's account.
  const isSame = isOpen && browser !== undefined && equal(digest(browser), row.browser_digest);
  if (row === undefined || !isSame) {
    throw new ServerError(
      'sign_in_state_invalid',
      'this browser began no such sign-in, or more than ten minutes ago, or it was used already; begin again',
    );
  }
  return { ...row, state };
}

async function end(
  parts: Parts,
  client: oidc.Configuration,
  at: { readonly url: URL; readonly under: UnderWay & { readonly state: string } },
): Promise<OidcEnded> {
  const { url, under } = at;
  const claims = await claimsOf(client, url, under);
  return {
    // Of the verified ID token, which the library has held against the configured issuer.
    issuer: claims.iss,
    subject: claims.sub,
    groups: groupsOf(claims[parts.config.groupsClaim]),
    returnTo: under.return_to,
    linkUser: under.link_user ?? undefined,
  };
}

async function claimsOf(
  client: oidc.Configuration,
  callback: URL,
  under: UnderWay & { readonly state: string },
): Promise<oidc.IDToken> {
  try {
    const tokens = await oidc.authorizationCodeGrant(client, callback, {
      expectedState: under.state,
      expectedNonce: under.nonce,
      pkceCodeVerifier: under.verifier,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (claims !== undefined) return claims;
  } catch (error) {
    // Only the protocol's own words: what else comes with the error may hold code, token or secret.
    throw refused(error);
  }
  throw refused(undefined);
}

function refused(error: unknown): ServerError {
  return new ServerError(
    'provider_answer_refused',
    `the identity provider's answer is not accepted (${codeOf(error)}); begin again`,
  );
}

/** The library's or the network's own word for what went wrong, which quotes nothing. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no ID token';
  if ('code' in error) return String(error.code).slice(0, 100);
  return error.cause instanceof Error && 'code' in error.cause
    ? String(error.cause.code).slice(0, 100)
    : error.name;
}

function groupsOf(claim: unknown): readonly string[] {
  if (!Array.isArray(claim)) return [];
  return claim
    .filter((one) => typeof one === 'string' && one !== '' && one.length <= GROUP_CHARS_MAX)
    .slice(0, GROUPS_MAX);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function equal(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
