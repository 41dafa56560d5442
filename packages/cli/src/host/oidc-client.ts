// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as oidc from 'openid-client';
import { CliError } from '../errors.ts';

/** The provider's metadata (OpenID Connect Discovery 1.0). @throws CliError `server_unreachable` */
export async function discover(issuer: string, clientId: string): Promise<oidc.Configuration> {
  const url = new URL(issuer);
  // In clear only where nobody can stand in between: a provider on this very machine.
  const isLocal =
    url.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  const execute = isLocal ? [oidc.allowInsecureRequests] : [];
  try {
    return await oidc.discovery(url, clientId, undefined, oidc.None(), { execute });
  } catch (cause) {
    throw new CliError(
      'server_unreachable',
      `\`${issuer}\` does not answer as an OpenID provider`,
      {
        details: { next: 'check the issuer’s address; it must use https' },
        cause,
      },
    );
  }
}

export interface SignedIn {
  /** Compact JWS. */
  readonly idToken: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

const WAIT_MS = 5 * 60_000;

/**
 * Signs a person in at the provider in their own browser: authorization code with PKCE over a loopback redirect
 * (RFC 8252 section 7.3, RFC 7636).
 * @param at.nonce what the ID token must be issued for
 * @throws CliError `refused`, `server_unreachable`
 */
export async function signInByBrowser(at: {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
  readonly nonce: string;
  /** Shown to the person. */
  readonly open: (url: string) => void;
  readonly signal?: AbortSignal;
}): Promise<SignedIn> {
  const config = await discover(at.issuer, at.clientId);
  const verifier = oidc.randomPKCECodeVerifier();
  const state = randomBytes(16).toString('base64url');
  const loopback = await listen();
  try {
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: loopback.redirectUri,
      scope: at.scope,
      state,
      nonce: at.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      prompt: 'login',
    });
    at.open(url.href);
    const answer = await loopback.answer(at.signal);
    const tokens = await oidc.authorizationCodeGrant(config, answer, {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: at.nonce,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (tokens.id_token === undefined || claims === undefined)
      throw new Error('no ID token came back');
    return { idToken: tokens.id_token, claims };
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError('refused', `the provider attests nothing: ${reason}`, { cause });
  } finally {
    loopback.close();
  }
}

interface Loopback {
  readonly redirectUri: string;
  /** The address that the provider sent the browser back to. */
  answer(signal?: AbortSignal): Promise<URL>;
  close(): void;
}

async function listen(): Promise<Loopback> {
  const { promise, resolve, reject } = Promise.withResolvers<URL>();
  promise.catch(() => undefined); // whoever waits hears of it
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', base());
    if (url.pathname !== '/callback') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
    response.end('Signed in. Close this page and go back to the terminal.\n');
    resolve(url);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  // Listening on TCP, so it is not a path.
  const base = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const redirectUri = `${base()}/callback`;
  return {
    redirectUri,
    answer: (signal) => {
      const timer = setTimeout(
        () => reject(new CliError('refused', 'nobody signed in within five minutes')),
        WAIT_MS,
      );
      signal?.addEventListener('abort', () => reject(new CliError('refused', 'interrupted')), {
        once: true,
      });
      return promise.finally(() => clearTimeout(timer));
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
