// SPDX-License-Identifier: Apache-2.0
// Decisions per second through a scorer that is a program (Python without packages, one and two processes), as a ratio to the
// ONNX scorer of the same gateway code in the same run: one decision a request, durable before answered. And rows per second
// of the scorers alone. Closed loop; medians. Printed, not judged.
import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openArtefact, type Scorer } from '@countersign/analysis';
import { type Gateway, type GatewayOptions, startGateway } from '@countersign/gateway';
import type { Json } from '@countersign/kernel';
import {
  fixtureScorer,
  HOST_VARIABLES,
  pythonArtefact,
  pythonHere,
} from '../packages/analysis/tests/command-artefact.ts';
import { fixtureServer, MODEL_BYTES, SPEC } from '../packages/gateway/tests/fixture-server.ts';
import { MODEL } from '../packages/kernel/tests/credit-model.ts';
import { testDatabase } from '../packages/server/tests/database.ts';

const CONNECTIONS = 16;
const DECISIONS = Number(process.env.DECISIONS ?? 2000);
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const TOKEN = 'bench';
const { reasons: _, ...spec } = SPEC;
const directory = mkdtempSync(join(tmpdir(), 'bench-scorer-'));
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const ground = {
  workDir: join(directory, 'work'),
  cacheDir: join(directory, 'cache'),
  hostEnvironment: HOST_VARIABLES,
  python: (await pythonHere()).program,
};

function artefactWith(workers: number) {
  const files = { 'score.py': fixtureScorer('logistic.py') };
  return pythonArtefact(files, { run: ['python', 'score.py'], workers });
}

interface Served {
  readonly name: string;
  readonly gateway: Gateway;
  readonly close: () => Promise<void>;
}

/** A gateway with a database of its own, in front of the ONNX model or of a program of some processes. */
async function serve(name: string, workers?: number): Promise<Served> {
  const artefact = workers === undefined ? undefined : await artefactWith(workers);
  const build =
    artefact === undefined
      ? { spec }
      : {
          spec,
          files: artefact.manifest.files,
          manifest: { scorer: 'command', command: artefact.manifest.command as unknown as Json },
        };
  const blobs = artefact === undefined ? [] : [...artefact.bytes.values()];
  const server = await fixtureServer({ build, blobs });
  const database = await testDatabase();
  const options: GatewayOptions = {
    name: 'gateway-1',
    workspace: 'main',
    root: server.firm.root,
    environment: 'production',
    production: false,
    models: [MODEL],
    feeds: [{ kind: 'server', url: server.url }],
    databaseUrl: database.url,
    stateDir: mkdtempSync(join(directory, 'gateway-')),
    signer: server.firm.people.gateway.signer,
    hmacKey: new Uint8Array(32),
    callers: [{ caller: 'bench', tokenDigest: createHash('sha256').update(TOKEN).digest('hex') }],
    host: '127.0.0.1',
    port: 0,
    scorers: ground,
  };
  const gateway = await startGateway(options);
  const close = async () => {
    await gateway.close();
    await server.close();
    await database.drop();
  };
  return { name, gateway, close };
}

async function closedLoop(connections: number, one: (n: number) => Promise<void>): Promise<number> {
  let n = 0;
  const started = performance.now();
  const loop = async (): Promise<void> => {
    while (n < DECISIONS) {
      n += 1;
      await one(n);
    }
  };
  await Promise.all(Array.from({ length: connections }, loop));
  return DECISIONS / ((performance.now() - started) / 1000);
}

function decideOnce({ gateway }: Served): (n: number) => Promise<void> {
  return (n) => {
    const body = JSON.stringify({ inputs: { amount: 1000 + n, duration: 24, purpose: 'car' } });
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
      const url = `${gateway.url}/v1/decide/${MODEL}`;
      const call = request(url, { method: 'POST', agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const isModels = Buffer.concat(chunks).includes('"basis":"model"');
          if (response.statusCode === 200 && isModels) resolve();
          else reject(new Error(`HTTP ${response.statusCode}: ${Buffer.concat(chunks)}`));
        });
      });
      call.on('error', reject);
      call.end(body);
    });
  };
}

function scoreOnce(scorer: Scorer): (n: number) => Promise<void> {
  return async (n) => {
    await scorer.score({ amount: 1000 + n, duration: 24, purpose: 'car' });
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Round by round in turn, so that what else the machine does falls on all of them. */
async function compare(
  title: string,
  all: readonly { readonly name: string; readonly run: () => Promise<number> }[],
): Promise<void> {
  const rates = all.map((): number[] => []);
  for (const { run } of all) await run();
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [index, { run }] of all.entries()) rates[index]?.push(await run());
  console.log(`\n${title}, ${DECISIONS} a round, median of ${ROUNDS}`);
  const first = median(rates[0] ?? []);
  for (const [index, { name }] of all.entries()) {
    const rate = median(rates[index] ?? []);
    const ratio = (rate / first).toFixed(2);
    console.log(`${name.padEnd(36)} ${rate.toFixed(0).padStart(7)}/s   ratio ${ratio}`);
  }
}

const scorerSpec = { inputs: SPEC.inputs, output: SPEC.output.name, outputIndex: 1 };
const onnx = {
  manifest: { v: 1, scorer: 'onnx', entry: 'model.onnx', files: [] } as const,
  read: async () => MODEL_BYTES,
};
const alone = [
  { name: 'ONNX', scorer: await openArtefact(onnx, scorerSpec, ground) },
  {
    name: 'program, one process',
    scorer: await openArtefact(await artefactWith(1), scorerSpec, ground),
  },
  {
    name: 'program, two processes',
    scorer: await openArtefact(await artefactWith(2), scorerSpec, ground),
  },
];
await compare(
  `rows, ${CONNECTIONS} at once, scorer alone`,
  alone.map(({ name, scorer }) => ({
    name,
    run: () => closedLoop(CONNECTIONS, scoreOnce(scorer)),
  })),
);
for (const { scorer } of alone) await scorer.close();
const served = [
  await serve('ONNX'),
  await serve('program, one process', 1),
  await serve('program, two processes', 2),
];
await compare(
  `decisions, ${CONNECTIONS} connections, scored, signed, durable`,
  served.map((one) => ({ name: one.name, run: () => closedLoop(CONNECTIONS, decideOnce(one)) })),
);
agent.destroy();
for (const { close } of served) await close();
