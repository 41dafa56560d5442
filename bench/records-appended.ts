// SPDX-License-Identifier: Apache-2.0
// Claim: records appended per second, durable, until the last one is checkpointed. Yardstick, in the same run: raw PostgreSQL
// inserting the same bytes in transactions of the same size over as many connections. Medians of five.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Envelope, envelopePayload } from '@countersign/kernel';
import { appendRecords, openCheckpointWatch } from '@countersign/server';
import { testLedger, testRecord } from '../packages/server/tests/ledger.ts';

const RECORDS = Number(process.env.RECORDS ?? 2000);
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const CONNECTIONS = 8;

const ledger = await testLedger();
const { database, blobs } = ledger;
const sequencer = await ledger.sequence({ intervalMs: 100 });
const watch = await openCheckpointWatch(database);
// A table as plain as can be: a key and the bytes.
await database.pool.query(`CREATE SCHEMA bench; CREATE TABLE bench.raw
  (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payload bytea NOT NULL, signatures jsonb NOT NULL)`);
console.log(`${RECORDS} records a round, ${ROUNDS} rounds, ${CONNECTIONS} connections`);
let made = 0;
for (const group of [1, 50]) {
  await compare(group);
}
await sequencer.stop();
await watch.close();
await ledger.drop();

async function compare(group: number): Promise<void> {
  const ours: number[] = [];
  const raw: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const groups = await makeGroups(group);
    // Alternating, so that a machine that slows down slows both.
    raw.push(await perSecond(groups, insertRaw));
    ours.push(await perSecond(groups, append, checkpointed));
  }
  const [oursMedian, rawMedian] = [median(ours), median(raw)];
  console.log(`transactions of ${group}`);
  console.log(`  appended until checkpointed   ${oursMedian.toFixed(0).padStart(7)}/s`);
  console.log(`  raw PostgreSQL, same bytes    ${rawMedian.toFixed(0).padStart(7)}/s`);
  console.log(`  ratio                         ${(oursMedian / rawMedian).toFixed(2).padStart(7)}`);
}

async function makeGroups(group: number): Promise<readonly (readonly Envelope[])[]> {
  const groups: Envelope[][] = [];
  for (let n = 0; n < RECORDS; n += group) {
    const first = made;
    made += group;
    const records = Array.from({ length: group }, (_, place) => testRecord({ n: first + place }));
    groups.push(await Promise.all(records));
  }
  return groups;
}

async function append(envelopes: readonly Envelope[]): Promise<void> {
  const context = { blobs, recordedAt: new Date() };
  await database.db.transaction().execute((tx) => appendRecords(tx, envelopes, context));
}

async function insertRaw(envelopes: readonly Envelope[]): Promise<void> {
  await database.pool.query(
    'INSERT INTO bench.raw (payload, signatures) SELECT * FROM unnest($1::bytea[], $2::jsonb[])',
    [
      envelopes.map((envelope) => Buffer.from(envelopePayload(envelope))),
      envelopes.map((envelope) => JSON.stringify(envelope.signatures)),
    ],
  );
}

/** Writers finish in any order: what counts is the last record of the log once all have their place. */
async function checkpointed(): Promise<void> {
  const { rows } = await database.pool.query<{ waiting: boolean; last: string }>(
    `SELECT EXISTS (SELECT FROM unsequenced) AS waiting,
            (SELECT record FROM log_entry ORDER BY index DESC LIMIT 1) AS last`,
  );
  if (rows[0]!.waiting) {
    await sleep(1);
    return checkpointed();
  }
  await watch.waitForCheckpoint(rows[0]!.last);
}

async function perSecond(
  groups: readonly (readonly Envelope[])[],
  write: (envelopes: readonly Envelope[]) => Promise<void>,
  finish: () => Promise<void> = async () => {},
): Promise<number> {
  let next = 0;
  const started = performance.now();
  const loop = async (): Promise<void> => {
    while (next < groups.length) {
      const place = next;
      next += 1;
      await write(groups[place]!);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, loop));
  await finish();
  return RECORDS / ((performance.now() - started) / 1000);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
