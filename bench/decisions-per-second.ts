// SPDX-License-Identifier: Apache-2.0
// Claim: one decision per HTTP request, durable before answered, with a receipt. Yardstick, in the same run: raw PostgreSQL
// making the same writes (one transaction a decision, as many connections). Closed loop; medians of five.
import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGateway } from '@countersign/gateway';
import { Pool } from 'pg';
import { fixtureServer } from '../packages/gateway/tests/fixture-server.ts';
import { MODEL } from '../packages/kernel/tests/credit-model.ts';
import { testDatabase } from '../packages/server/tests/database.ts';

const CONNECTIONS = 16;
const DECISIONS = Number(process.env.DECISIONS ?? 2000);
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const TOKEN = 'bench';

interface Round {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Runs `one` DECISIONS times over CONNECTIONS loops that each wait for their answer. */
async function closedLoop(one: (loop: number, n: number) => Promise<void>): Promise<Round> {
  const latencies: number[] = [];
  let n = 0;
  const started = performance.now();
  const loop = async (index: number): Promise<void> => {
    while (n < DECISIONS) {
      n += 1;
      const at = performance.now();
      await one(index, n);
      latencies.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => loop(index)));
  const seconds = (performance.now() - started) / 1000;
  latencies.sort((a, b) => a - b);
  const quantile = (q: number) => latencies[Math.floor(q * (latencies.length - 1))] ?? 0;
  return { perSecond: DECISIONS / seconds, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function report(name: string, rounds: readonly Round[]): number {
  const perSecond = median(rounds.map((round) => round.perSecond));
  const p50 = median(rounds.map((round) => round.p50Ms)).toFixed(1);
  const p99 = median(rounds.map((round) => round.p99Ms)).toFixed(1);
  console.log(
    `${name.padEnd(44)} ${perSecond.toFixed(0).padStart(7)}/s   p50 ${p50} ms   p99 ${p99} ms`,
  );
  return perSecond;
}

const database = await testDatabase();
const server = await fixtureServer();
const gateway = await startGateway({
  name: 'gateway-1',
  workspace: 'main',
  root: server.firm.root,
  environment: 'production',
  production: false,
  models: [MODEL],
  feeds: [{ kind: 'server', url: server.url }],
  databaseUrl: database.url,
  stateDir: mkdtempSync(join(tmpdir(), 'bench-')),
  signer: server.firm.people.gateway.signer,
  hmacKey: new Uint8Array(32),
  callers: [{ caller: 'bench', tokenDigest: createHash('sha256').update(TOKEN).digest('hex') }],
  host: '127.0.0.1',
  port: 0,
});
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const raw = new Pool({ connectionString: database.url, max: CONNECTIONS });

function decideOnce(run: number): (loop: number, n: number) => Promise<void> {
  return (_loop, n) => {
    const inputs = { amount: 1000 + n, duration: 24, purpose: 'car' };
    const body = JSON.stringify({ key: `${run}-${n}`, inputs, protected: { age: '26' } });
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
      const call = request(
        `${gateway.url}/v1/decide/${MODEL}`,
        { method: 'POST', agent, headers },
        (response) => {
          response.resume();
          response.on('end', () =>
            response.statusCode === 200
              ? resolve()
              : reject(new Error(`HTTP ${response.statusCode}`)),
          );
        },
      );
      call.on('error', reject);
      call.end(body);
    });
  };
}

/** The bytes of a recorded decision, written again under new ids by plain SQL. */
async function rawWrites(): Promise<(loop: number, n: number) => Promise<void>> {
  const sample = (
    await database.pool.query('SELECT * FROM decision ORDER BY decided_at DESC LIMIT 1')
  ).rows[0];
  const parts = (
    await database.pool.query('SELECT part, salt, bytes FROM decision_part WHERE decision = $1', [
      sample.id,
    ])
  ).rows;
  let next = 1_000_000;
  return async () => {
    next += 1;
    const index = next;
    const id = `raw-${index}`;
    const client = await raw.connect();
    try {
      await client.query('BEGIN');
      await client.query({
        name: 'raw-decision',
        text: `INSERT INTO decision (workspace, id, gateway, epoch, batch, index, leaf, header, header_salt, kind, model, use,
                 version, stage, warrant, decided_at)
               VALUES ('main', $1, $2, $3, $4, $5, $6, $7, $8, 'answer', $9, $10, 1, 'production', $11, now())`,
        values: [
          id,
          sample.gateway,
          sample.epoch,
          sample.batch,
          index,
          sample.leaf,
          sample.header,
          sample.header_salt,
          sample.model,
          sample.use,
          sample.warrant,
        ],
      });
      await client.query({
        name: 'raw-parts',
        text: `INSERT INTO decision_part (workspace, decision, part, salt, bytes)
               SELECT 'main', $1, * FROM unnest($2::text[], $3::bytea[], $4::bytea[])`,
        values: [
          id,
          parts.map((one) => one.part),
          parts.map((one) => one.salt),
          parts.map((one) => one.bytes),
        ],
      });
      await client.query({
        name: 'raw-key',
        text: `INSERT INTO decision_key (workspace, caller, key, body_digest, decision, gateway, epoch, batch, index)
               VALUES ('main', 'raw', $1, $2, $1, $3, $4, $5, $6)`,
        values: [id, 'ab'.repeat(32), sample.gateway, sample.epoch, sample.batch, index],
      });
      await client.query('COMMIT');
    } finally {
      client.release();
    }
  };
}

await closedLoop(decideOnce(-1));
const write = await rawWrites();
await closedLoop(write);
const ours: Round[] = [];
const theirs: Round[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  ours.push(await closedLoop(decideOnce(round)));
  theirs.push(await closedLoop(write));
}
console.log(`${CONNECTIONS} connections, ${DECISIONS} decisions a round, median of ${ROUNDS}`);
const gatewayRate = report('gateway: scored, signed, durable, receipt', ours);
const rawRate = report('PostgreSQL alone: the same rows, no model', theirs);
console.log(`ratio ${(gatewayRate / rawRate).toFixed(2)}`);
agent.destroy();
await gateway.close();
await raw.end();
await server.close();
await database.drop();
