// SPDX-License-Identifier: Apache-2.0
// A gateway as the tests start it, and what it answers.
import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type DecideAnswer,
  type Gateway,
  type GatewayOptions,
  startGateway,
} from '@countersign/gateway';
import { MODEL } from '../../kernel/tests/credit-model.ts';
import type { FixtureServer } from './fixture-server.ts';

const TOKEN = 'caller-token';
export const INPUTS = { amount: 1500.5, duration: 24, purpose: 'car' };

export function stateDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'gateway-state-'));
}

/** Refreshed by the tests alone unless told otherwise. */
export function startFixture(
  from: Pick<FixtureServer, 'firm' | 'url'>,
  change: Partial<GatewayOptions> & Pick<GatewayOptions, 'databaseUrl'>,
): Promise<Gateway> {
  return startGateway({
    name: 'gateway-1',
    workspace: 'main',
    root: from.firm.root,
    environment: 'production',
    production: false,
    models: [MODEL],
    feeds: [{ kind: 'server', url: from.url }],
    stateDir: stateDirectory(),
    signer: from.firm.people.gateway.signer,
    hmacKey: new Uint8Array(32).fill(7),
    callers: [
      { caller: 'loan-desk', tokenDigest: createHash('sha256').update(TOKEN).digest('hex') },
    ],
    host: '127.0.0.1',
    port: 0,
    pollMs: 1_000_000,
    ...change,
  });
}

export interface Reply {
  readonly status: number;
  readonly body: Partial<DecideAnswer> & {
    readonly error?: {
      readonly code: string;
      readonly message: string;
      readonly id?: string;
      readonly fallback?: string;
    };
  };
}

export async function ask(
  gateway: Gateway,
  body: unknown = { inputs: INPUTS },
  path = `/v1/decide/${MODEL}`,
): Promise<Reply> {
  const response = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Reply['body'] };
}

/** `200 model`, `200 fallback warrant_revoked`, or `403 not_warranted`. */
export async function said(gateway: Gateway): Promise<string> {
  const { status, body } = await ask(gateway);
  const words = [status, body.basis, body.fallback?.code, body.error?.code];
  return words.filter((word) => word !== undefined).join(' ');
}
