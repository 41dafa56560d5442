// SPDX-License-Identifier: Apache-2.0
// Claim: the warm warrant check, which every request passes, takes under 50 µs at p99. Measured beside it, without a bar: cold
// verification of a bundle (strict JSON, inclusion proofs, signatures, the gates judged again), once per warrant and start.
// Yardsticks, in the same run: one Ed25519 verification by node:crypto; and as many of them as the bundle has signatures, over
// the same bytes with keys already imported. The bundle's figures are medians of five, and the first round by itself.
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  envelopePayload,
  type ProofBundle,
  verifyBundle,
  verifyWarrant,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { Deployments } from '../packages/gateway/src/deployment/deployments.ts';
import { httpFeed } from '../packages/gateway/src/deployment/http-feed.ts';
import { HighWaterFile } from '../packages/gateway/src/deployment/status-watch.ts';
import { TrustedKeys } from '../packages/gateway/src/deployment/trusted-keys.ts';
import { WarrantMemory } from '../packages/gateway/src/deployment/warrant-memory.ts';
import { GatewayError } from '../packages/gateway/src/errors.ts';
import { type FixtureServer, fixtureServer } from '../packages/gateway/tests/fixture-server.ts';
import { MODEL, USE } from '../packages/kernel/tests/credit-model.ts';
import type { Firm } from '../packages/kernel/tests/firm.ts';

const CALLS = Number(process.env.CALLS ?? 100_000);
const RECORDS = Number(process.env.RECORDS ?? 200);
const ROUNDS = Number(process.env.ROUNDS ?? 5);

const server = await fixtureServer();
try {
  await fillUp(server.firm);
  const bundle = await server.firm.bundle();
  await warm(server, bundle);
  cold(server, bundle);
} finally {
  await server.close();
}

/** The life of a version in production: a measurement after the other, each signed by the platform. */
async function fillUp(firm: Firm): Promise<void> {
  const subjectRef = { workspace: 'main', model: MODEL, use: USE };
  while (firm.entries.length < RECORDS) {
    const content = { window: firm.entries.length, detail: {}, conclusion: 'pass' };
    await firm.add({ type: 'monitoring-result', scope: 'use', subjectRef, content }, 'platform');
  }
}

async function warm(from: FixtureServer, bundle: ProofBundle): Promise<void> {
  const deployments = await openDeployments(from);
  const check = () => {
    if (deployments.forModel(MODEL, USE) instanceof GatewayError) throw new Error('no warrant');
  };
  const verifyOne = ed25519Check(payloadsOf(bundle)[0] ?? new Uint8Array());
  const timer = eachCall(() => undefined, CALLS);
  const ours = eachCall(check, CALLS);
  const yardstick = eachCall(verifyOne, CALLS / 10);
  console.log(`warm warrant check, ${CALLS} calls      p50 µs    p99 µs`);
  printPair('forModel', [ours.p50, ours.p99]);
  printPair('one Ed25519 verification', [yardstick.p50, yardstick.p99]);
  printPair('the clock alone', [timer.p50, timer.p99]);
  printPair('ratio', [ours.p50 / yardstick.p50, ours.p99 / yardstick.p99], 4);
  await deployments.close();
}

async function openDeployments(from: FixtureServer): Promise<Deployments> {
  const stateDir = mkdtempSync(join(tmpdir(), 'warrant-check-'));
  const feed = httpFeed({ serverUrl: from.url });
  const highWater = new HighWaterFile(join(stateDir, 'seen.json'));
  const trust = {
    primitives: nodePrimitives,
    root: from.firm.root,
    environment: 'production',
    production: false,
  } as const;
  const keys = await TrustedKeys.open({
    feed,
    trust,
    path: join(stateDir, 'trust.json'),
    highWater,
    now: () => new Date().toISOString(),
  });
  const deployments = new Deployments({
    feeds: [feed],
    trust,
    keys,
    memory: new WarrantMemory(join(stateDir, 'warrants'), trust),
    highWater,
    freshnessMs: 60_000,
    ground: { workDir: stateDir, cacheDir: stateDir, hostEnvironment: {} },
    models: [MODEL],
    keyid: from.firm.people.gateway.signer.keyid,
    nowMs: Date.now,
    monotonicMs: () => performance.now(),
  });
  await deployments.refresh();
  return deployments;
}

function cold(from: FixtureServer, bundle: ProofBundle): void {
  const payloads = payloadsOf(bundle);
  const check = () => {
    const verified = verifyBundle(nodePrimitives, bundle, from.firm.root);
    if (!verified.ok) throw new Error(verified.reason);
    if (verified.set.rejected.length > 0) throw new Error('a record does not count');
    const at = { warrant: from.production, environment: 'production', production: false } as const;
    const verdict = verifyWarrant(verified.set, { ...at, now: new Date().toISOString() });
    if (!verdict.ok) throw new Error(verdict.denials.map(({ reason }) => reason).join('; '));
  };
  const checks = payloads.map(ed25519Check);
  const verifyAll = () => {
    for (const one of checks) one();
  };
  const ours: number[] = [];
  const yardstick: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    // Alternating, so that a machine that slows down slows both.
    yardstick.push(milliseconds(verifyAll));
    ours.push(milliseconds(check));
  }
  console.log(`cold verification, ${bundle.records.length} records         first ms median ms`);
  printPair('verifyBundle and verifyWarrant', firstAndMedian(ours));
  printPair(`${payloads.length} Ed25519 verifications`, firstAndMedian(yardstick));
  const [first, middle] = firstAndMedian(ours);
  const [yardstickFirst, yardstickMiddle] = firstAndMedian(yardstick);
  printPair('ratio', [first / yardstickFirst, middle / yardstickMiddle]);
}

function firstAndMedian(values: readonly number[]): readonly [number, number] {
  return [values[0] ?? 0, median(values)];
}

/** What is signed in a bundle, once for each signature. */
function payloadsOf(bundle: ProofBundle): readonly Uint8Array[] {
  const records = bundle.records.flatMap(({ envelope }) =>
    envelope.signatures.map(() => envelopePayload(envelope)),
  );
  return [...records, Buffer.from(bundle.checkpoint)];
}

function ed25519Check(payload: Uint8Array): () => void {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const signature = sign(null, payload, privateKey);
  return () => {
    if (!verify(null, payload, publicKey, signature)) throw new Error('no signature');
  };
}

interface Times {
  readonly p50: number;
  readonly p99: number;
}

/** Of single calls, in microseconds; the first tenth warms up and is not counted. */
function eachCall(call: () => void, calls: number): Times {
  const times = new Float64Array(calls);
  for (let n = -calls / 10; n < calls; n += 1) {
    const started = performance.now();
    call();
    if (n >= 0) times[n] = (performance.now() - started) * 1000;
  }
  times.sort();
  return { p50: times[Math.floor(calls * 0.5)] ?? 0, p99: times[Math.floor(calls * 0.99)] ?? 0 };
}

function printPair(name: string, pair: readonly [number, number], digits = 2): void {
  const cells = pair.map((one) => one.toFixed(digits).padStart(10)).join('');
  console.log(`  ${name.padEnd(34)}${cells}`);
}

function milliseconds(work: () => void): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
