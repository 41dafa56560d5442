// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Gateway, type GatewayOptions, startGateway } from '@countersign/gateway';
import { openSigner, readServiceKey } from '@countersign/server';
import { MODEL } from '../packages/kernel/tests/credit-model.ts';
import type { TestServer } from '../packages/server/tests/server-fixture.ts';
import { digestOf } from './model-in-production.ts';

export const CALLER_TOKEN = 'caller-token';

export const INPUTS = { amount: 1500.5, duration: 24, purpose: 'car' };

export async function startAttackedGateway(
  server: TestServer,
  url: string,
  change: Partial<GatewayOptions>,
): Promise<Gateway> {
  return startGateway({
    name: 'gateway-1',
    workspace: 'main',
    root: server.context.root,
    environment: 'production',
    production: false,
    models: [MODEL],
    feeds: [{ kind: 'server', url, token: server.person('olaf').token }],
    databaseUrl: server.database.url,
    stateDir: mkdtempSync(join(tmpdir(), 'countersign-redteam-')),
    signer: openSigner(await readServiceKey(server.dataDir, 'gateway')),
    hmacKey: new Uint8Array(32).fill(7),
    callers: [{ caller: 'loan-desk', tokenDigest: digestOf(Buffer.from(CALLER_TOKEN)) }],
    host: '127.0.0.1',
    port: 0,
    // Refreshed by the cases, so that nothing is shown by the luck of a timer.
    pollMs: 1_000_000,
    ...change,
  });
}

/** A case may close it before the firm does. */
export function closedOnce(gateway: Gateway): Gateway {
  let closing: Promise<void> | undefined;
  return {
    ...gateway,
    close: () => {
      closing ??= gateway.close();
      return closing;
    },
  };
}

/** What the gateway answers now, without asking for a newer status first: as `decide`. */
export async function decideAt(gateway: Gateway): Promise<string> {
  const response = await fetch(`${gateway.url}/v1/decide/${MODEL}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${CALLER_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: INPUTS }),
  });
  const body = (await response.json()) as {
    error?: { code: string };
    fallback?: { code: string };
  };
  if (body.fallback !== undefined) return `fallback ${body.fallback.code}`;
  return [response.status, body.error?.code].filter((one) => one !== undefined).join(' ');
}
