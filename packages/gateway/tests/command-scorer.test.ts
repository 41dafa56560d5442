// SPDX-License-Identifier: Apache-2.0
// A version whose scorer is a program: answers, faults in the middle of requests, and that each leaves exactly one decision.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Gateway, GatewayError } from '@countersign/gateway';
import type { Json } from '@countersign/kernel';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type CommandArtefact,
  fixtureScorer,
  HOST_VARIABLES,
  pythonArtefact,
  pythonHere,
  scorerPids,
} from '../../analysis/tests/command-artefact.ts';
import { produce } from '../../kernel/tests/credit-model.ts';
import { type TestDatabase, testDatabase } from '../../server/tests/database.ts';
import { type FixtureServer, fixtureServer, SPEC as ONNX_SPEC } from './fixture-server.ts';
import { ask, type Reply, startFixture } from './start-fixture.ts';

const SPEC = {
  ...ONNX_SPEC,
  inputs: [
    { name: 'amount', type: 'f64', min: '0' },
    { name: 'duration', type: 'i64' },
    { name: 'purpose', type: 'string' },
  ],
} as const;
const { reasons: _, ...WITHOUT_REASONS } = SPEC;

let database: TestDatabase;
let artefact: CommandArtefact;
let cacheDir: string;
let server: FixtureServer;
const open: Gateway[] = [];

beforeAll(async () => {
  database = await testDatabase();
  cacheDir = mkdtempSync(join(tmpdir(), 'gateway-scorers-'));
  artefact = await pythonArtefact(
    { 'score.py': fixtureScorer('logistic.py') },
    { run: ['python', 'score.py'] },
  );
});
afterEach(async () => {
  for (const gateway of open.splice(0)) await gateway.close();
  await server.close();
});
afterAll(() => database.drop());

const BUILD = () => ({
  files: artefact.manifest.files,
  manifest: { scorer: 'command', command: artefact.manifest.command as unknown as Json },
});

async function firmWith(fallback: { readonly kind: string; readonly [name: string]: Json }) {
  const spec = { ...WITHOUT_REASONS, fallback: { detail: 'as declared', ...fallback } };
  server = await fixtureServer({
    build: { ...BUILD(), spec },
    blobs: artefact.bytes.values(),
    warrant: { fallback: fallback.kind },
  });
}

async function start(scorers: object = {}): Promise<Gateway> {
  const gateway = await startFixture(server, {
    databaseUrl: database.url,
    scorers: {
      cacheDir,
      hostEnvironment: HOST_VARIABLES,
      python: (await pythonHere()).program,
      ...scorers,
    },
  });
  open.push(gateway);
  return gateway;
}

const decide = (gateway: Gateway, duration: number, amount = 1500) =>
  ask(gateway, { inputs: { amount, duration, purpose: 'car' } });

function scoreOf(amount: number, duration: number): number {
  return 1 / (1 + Math.exp(-(amount / 10_000 + duration / 100 - 1)));
}

function word({ status, body }: Reply): string {
  const words = [status, body.basis, body.fallback?.code, body.error?.code];
  return words.filter((one) => one !== undefined).join(' ');
}

/** Asks until the model answers again; what was said before that. */
async function untilModel(gateway: Gateway): Promise<ReadonlySet<string>> {
  const before = new Set<string>();
  const deadline = performance.now() + 20_000;
  for (;;) {
    const said = word(await decide(gateway, 24));
    if (said === '200 model') return before;
    before.add(said);
    if (performance.now() > deadline) throw new Error([...before].join('; '));
    await sleep(30);
  }
}

const headers = async (text = 'TRUE') =>
  (
    await database.pool.query(
      `SELECT convert_from(header, 'UTF8') AS header FROM decision WHERE ${text} ORDER BY decided_at`,
    )
  ).rows.map((row: { header: string }) => JSON.parse(row.header));

/** What a caller is told where nothing could be recorded: a database that a busy machine keeps waiting. */
const UNRECORDED = ['503 not_durable', '429 overloaded'];

describe('a program behind a gateway', () => {
  test('answers under its warrant, each answer a decision with the score that it computed', async () => {
    await firmWith({ kind: 'manual-queue' });
    const gateway = await start();
    const { status, body } = await decide(gateway, 24);
    expect([status, body.basis, body.warrant]).toEqual([200, 'model', server.production]);
    expect(body.score).toBe(scoreOf(1500, 24));
    const [header] = await headers(`id = '${body.id}'`);
    expect([header.kind, header.warrant]).toEqual(['answer', server.production]);
    expect(word(await decide(gateway, 24, -1))).toBe('422 input_invalid');
  });

  test('that ends, hangs or says something else is answered for by the declared fallback, and comes back', async () => {
    await firmWith({ kind: 'safe-state', answer: 'decline' });
    const gateway = await start();
    const faults = [
      [-1, 'scorer_ended'],
      [-2, 'scorer_timeout'],
      [-4, 'scorer_protocol'],
      [-6, 'scorer_protocol'],
    ] as const;
    for (const [duration, code] of faults) {
      const reply = await decide(gateway, duration);
      expect([word(reply), reply.body.decision]).toEqual([`200 fallback ${code}`, 'decline']);
      expect([reply.body.score, reply.body.fallback?.warrant]).toEqual([null, server.production]);
      const [header] = await headers(`id = '${reply.body.id}'`);
      expect(header).toMatchObject({ kind: 'fallback', fallback: 'safe-state', code });
      const meanwhile = await untilModel(gateway);
      expect([...meanwhile].filter((said) => said !== '200 fallback scorer_down')).toEqual([]);
    }
  });

  test('that gives no answer is refused with the reason where its version declares no fallback', async () => {
    await firmWith({ kind: 'refuse' });
    const gateway = await start();
    const reply = await decide(gateway, -1);
    expect(word(reply)).toBe('503 scorer_unavailable');
    const [header] = await headers(`id = '${reply.body.error?.id}'`);
    expect(header).toMatchObject({
      kind: 'refusal',
      code: 'scorer_unavailable',
      warrant: server.production,
    });
  });

  test('that gives no answer is answered for by the previous version where that is declared', async () => {
    server = await fixtureServer({ blobs: artefact.bytes.values() });
    const spec = {
      ...WITHOUT_REASONS,
      inputs: ONNX_SPEC.inputs,
      fallback: { kind: 'previous-version', detail: 'as declared' },
    };
    await produce(server.firm, { fallback: 'previous-version' }, { ...BUILD(), version: 2, spec });
    const gateway = await start();
    const model = await decide(gateway, 24);
    expect([model.body.version, model.body.basis]).toEqual([2, 'model']);
    const { body } = await decide(gateway, -1);
    expect([body.version, body.basis, body.fallback?.code]).toEqual([
      1,
      'fallback',
      'scorer_ended',
    ]);
    expect(body.score).not.toBeNull();
  });

  test('gives a thousand requests at once, some of which kill it, one decision each', {
    timeout: 300_000,
  }, async () => {
    await firmWith({ kind: 'manual-queue' });
    const gateway = await start();
    const before = (await headers()).length;
    const replies = await Promise.all(
      Array.from({ length: 1000 }, (_, n) =>
        decide(gateway, n === 100 ? -1 : n === 200 ? -6 : 1, n),
      ),
    );
    const words = new Map<string, number>();
    for (const reply of replies) words.set(word(reply), (words.get(word(reply)) ?? 0) + 1);
    const known = ['busy', 'down', 'ended', 'protocol', 'timeout'].map(
      (one) => `200 fallback scorer_${one}`,
    );
    const isKnown = (one: string) => ['200 model', ...UNRECORDED, ...known].includes(one);
    expect([...words.keys()].filter((one) => !isKnown(one))).toEqual([]);
    for (const [n, { body }] of replies.entries()) {
      if (body.basis !== 'model') continue;
      expect(Math.abs((body.score ?? 0) - scoreOf(n, 1))).toBeLessThan(1e-15);
    }
    const after = (await headers()).slice(before);
    const kinds = (kind: string) => after.filter((one) => one.kind === kind).length;
    const unrecorded = UNRECORDED.reduce((sum, one) => sum + (words.get(one) ?? 0), 0);
    expect(after.length).toBe(1000 - unrecorded);
    expect(kinds('answer')).toBe(words.get('200 model') ?? 0);
    expect(kinds('answer') + kinds('fallback')).toBe(1000 - unrecorded);
    const ids = replies.flatMap(({ body }) => body.id ?? []);
    expect(new Set(ids).size).toBe(1000 - unrecorded);
  });
});

describe('a gateway', () => {
  test('does not start for a program where bubblewrap is missing, and says so with a code', async () => {
    await firmWith({ kind: 'manual-queue' });
    const refused = await start({ program: '/usr/bin/no-bubblewrap' }).catch((error) => error);
    expect(refused).toBeInstanceOf(GatewayError);
    expect([refused.code, refused.message]).toEqual([
      'scorer_unavailable',
      expect.stringContaining('bubblewrap is not installed'),
    ]);
  });

  test('does not start for a program of which a byte was changed', async () => {
    await firmWith({ kind: 'manual-queue' });
    server.lies.blob = (bytes) => Uint8Array.from([...bytes, 0x0a]);
    const refused = await start().catch((error) => error);
    expect([refused.code, refused.message]).toEqual([
      'not_warranted',
      expect.stringContaining('is not the file that was approved'),
    ]);
  });

  test('leaves no process of a scorer behind when it closes', async () => {
    await firmWith({ kind: 'manual-queue' });
    const gateway = await start();
    expect(scorerPids('score.py').length).toBe(1);
    await gateway.close();
    open.length = 0;
    expect(scorerPids('score.py')).toEqual([]);
  });
});
