// SPDX-License-Identifier: Apache-2.0
// Asks a gateway once a second while things are taken away from it, and writes down what it says.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Gateway, startGateway } from '@countersign/gateway';
import { MODEL, type OutageFirm } from './outage-firm.ts';
import { ask, stateDirectory } from './start-fixture.ts';

export interface Second {
  readonly second: number;
  readonly away: string;
  readonly status: number;
  /** `model`, `fallback` with its reason, or the code of the refusal. */
  readonly said: string;
  readonly statusAge: number | undefined;
}

/** Something that is done, and how many seconds are watched once it is done. */
export interface Phase {
  readonly away: string;
  readonly act?: () => Promise<unknown> | unknown;
  readonly seconds: number;
  /** Watched longer, up to UNTIL_SECONDS_MAX, while something else is said: how long a busy machine takes is no fault. */
  readonly until?: string;
}

const UNTIL_SECONDS_MAX = 30;

export interface OutageGateway {
  readonly gateway: Gateway;
  /** Of the gateway's wall clock, beside the true one, in ms. */
  clock: number;
}

export async function outageGateway(
  firm: OutageFirm,
  change: { readonly freshnessMs: number; readonly pollMs?: number; readonly filesUrl?: string },
): Promise<OutageGateway> {
  const { freshnessMs, filesUrl, pollMs = 2000 } = change;
  const at = { clock: 0 };
  const gateway = await startGateway({
    name: 'gateway-1',
    workspace: 'main',
    root: firm.root,
    environment: 'production',
    production: false,
    models: [MODEL],
    feeds: [
      filesUrl === undefined
        ? { kind: 'server', url: firm.serverUrl, token: firm.token }
        : { kind: 'files', url: filesUrl },
    ],
    databaseUrl: firm.databaseUrl,
    stateDir: stateDirectory(),
    signer: firm.gateway,
    hmacKey: new Uint8Array(32).fill(7),
    callers: [
      {
        caller: 'loan-desk',
        tokenDigest: createHash('sha256').update('caller-token').digest('hex'),
      },
    ],
    host: '127.0.0.1',
    port: 0,
    freshnessMs,
    pollMs,
    nowMs: () => Date.now() + at.clock,
  });
  return Object.assign(at, { gateway });
}

/** Follows the phases second by second, asking also while something is being done. */
export async function follow(
  { gateway }: OutageGateway,
  phases: readonly Phase[],
): Promise<readonly Second[]> {
  const rows: Second[] = [];
  const begun = performance.now();
  for (const { away, act, seconds, until } of phases) {
    let left = Number.POSITIVE_INFINITY;
    const acting = Promise.resolve(act?.()).then(() => {
      left = seconds;
    });
    const isAwaited = () => until !== undefined && rows.at(-1)?.said !== until;
    for (; left > 0 || (isAwaited() && left > -UNTIL_SECONDS_MAX); left -= 1) {
      rows.push(await askOnce(gateway, { second: rows.length, away }));
      await sleep(Math.max(0, begun + rows.length * 1000 - performance.now()));
    }
    await acting;
  }
  return rows;
}

async function askOnce(
  gateway: Gateway,
  at: { readonly second: number; readonly away: string },
): Promise<Second> {
  const age = gateway.deployments.held().statusAgeMs;
  const { status, body } = await ask(gateway);
  const { basis, fallback, error } = body;
  const said = error?.code ?? (fallback === undefined ? `${basis}` : `fallback: ${fallback.code}`);
  return { ...at, status, said, statusAge: age === undefined ? undefined : age / 1000 };
}

/** One line for each run of seconds that were answered alike. */
export function table(rows: readonly Second[]): string {
  const runs: { first: Second; last: Second }[] = [];
  for (const row of rows) {
    const run = runs.at(-1);
    const isSame =
      run !== undefined &&
      run.last.away === row.away &&
      run.last.status === row.status &&
      run.last.said === row.said;
    if (isSame) run.last = row;
    else runs.push({ first: row, last: row });
  }
  const cells = runs.map(({ first, last }) => [
    first === last ? `${first.second}` : `${first.second}–${last.second}`,
    first.away,
    String(first.status),
    first.said,
    first === last ? seconds(first) : `${seconds(first)} → ${seconds(last)}`,
  ]);
  const head = ['second', 'what was away', 'HTTP', 'answered by', 'age of the status, s'];
  const widths = head.map((name, at) =>
    Math.max(name.length, ...cells.map((line) => line[at]?.length ?? 0)),
  );
  const line = (texts: readonly string[]) =>
    `| ${texts.map((text, at) => text.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join(
    '\n',
  );
}

function seconds({ statusAge }: Second): string {
  return statusAge === undefined ? 'none' : statusAge.toFixed(1);
}
