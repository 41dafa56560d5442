// SPDX-License-Identifier: Apache-2.0
// Claim: 180 signed inventory entries are taken in over the API in seconds. Yardstick, in the same run: raw PostgreSQL inserting the
// same bytes one by one. Afterwards the whole inventory is read. Medians of five.
import type { Envelope } from '@countersign/kernel';
import { testServer } from '../packages/server/tests/server-fixture.ts';

const MODELS = Number(process.env.MODELS ?? 180);
const ROUNDS = Number(process.env.ROUNDS ?? 5);
/** As many as one request takes. */
const BATCH = 100;

const server = await testServer();
const { pool } = server.context.database;
await pool.query('CREATE SCHEMA bench; CREATE TABLE bench.raw (payload text NOT NULL)');
const taken: number[] = [];
const raw: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const signing = performance.now();
  const envelopes = await entries(round);
  const signed = seconds(signing);
  raw.push(await timed(() => insertRaw(envelopes)));
  taken.push(signed + (await timed(() => post(envelopes))));
}
const reading: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  reading.push(await timed(async () => void (await get('/v1/inventory'))));
}
const [import_, yardstick, list] = [median(taken), median(raw), median(reading)];
console.log(`${MODELS} entries, signed, sent, checkpointed   ${import_.toFixed(2)} s`);
console.log(`raw PostgreSQL, the same bytes, one by one   ${yardstick.toFixed(2)} s`);
console.log(`ratio                                        ${(import_ / yardstick).toFixed(1)}`);
console.log(`the inventory, read over the API             ${(list * 1000).toFixed(0)} ms`);
await server.close();

function entries(round: number): Promise<readonly Envelope[]> {
  const one = (n: number) =>
    server.sign(
      {
        type: 'inventory-entry',
        actor: 'risk',
        subjectRef: { workspace: 'main', model: `model-${n}` },
        content: {
          name: `Model ${n}, taken over ${round}`,
          purpose: 'bench',
          owner: 'owner',
          developer: 'dev',
          origin: 'external',
          vendor: 'Vendor Inc.',
          businessLine: 'retail',
          jurisdictions: ['US'],
          uses: ['underwriting'],
          sources: ['bureau-file'],
        },
      },
      ['risk'],
    );
  return Promise.all(Array.from({ length: MODELS }, (_, n) => one(n)));
}

async function post(envelopes: readonly Envelope[]): Promise<void> {
  for (let from = 0; from < envelopes.length; from += BATCH) {
    const payload = { envelopes: envelopes.slice(from, from + BATCH) };
    const reply = await server.as('risk', { method: 'POST', url: '/v1/records', payload });
    if (reply.statusCode !== 200) throw new Error(reply.body);
  }
}

async function get(url: string): Promise<void> {
  const reply = await server.as('risk', { method: 'GET', url });
  if (reply.statusCode !== 200) throw new Error(reply.body);
}

async function insertRaw(envelopes: readonly Envelope[]): Promise<void> {
  for (const { payload } of envelopes)
    await pool.query('INSERT INTO bench.raw (payload) VALUES ($1)', [payload]);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return seconds(started);
}

function seconds(since: number): number {
  return (performance.now() - since) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
