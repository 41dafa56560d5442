// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openFileBlobStore } from '@countersign/pipeline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fixedLogKeys } from '../src/ledger/log-signers.ts';
import { startSequencer } from '../src/ledger/sequencer.ts';
import { verifyLog } from '../src/ledger/verify-log.ts';
import { type EmbeddedDatabase, openEmbeddedDatabase } from '../src/store/embedded-database.ts';
import { openFilePublishedStore } from '../src/store/published-store.ts';
import { testBinDir } from './database.ts';
import { testKey, untilSize } from './ledger.ts';

const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 40);
const seed = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000);

let directory: string;
let acknowledged: string[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faults-'));
  acknowledged = [];
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeFile(join(directory, 'log.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test(`no acknowledged record is lost and the log stays whole through kill -9 (FAULT_SEED=${seed})`, async () => {
  const random = randomOf(seed);
  for (let round = 0; round < ROUNDS; round += 1) {
    const database = await open();
    const child = startChild(database, round * 1_000_000);
    await sleep(300 + Math.floor(random() * 1_200));
    // In every third round the database dies as well, all its processes at once.
    if (round % 3 === 2) {
      process.kill(-database.postgres.pid, 'SIGKILL');
    }
    await kill(child);
    await database.close();
    const after = await open();
    await audit(after, `round ${round}`);
    await after.close();
  }
  const database = await open();
  await finish(database);
  await database.close();
  console.log(`${acknowledged.length} acknowledged records survived ${ROUNDS} kills`);
  expect(acknowledged.length).toBeGreaterThan(ROUNDS * 10);
}, 3_600_000);

const open = () => {
  const binDir = testBinDir();
  return openEmbeddedDatabase({
    directory: join(directory, 'pg'),
    ...(binDir === undefined ? {} : { binDir }),
  });
};

function startChild(database: EmbeddedDatabase, first: number): ChildProcess {
  const script = join(import.meta.dirname, 'ledger-child.ts');
  const child = spawn(process.execPath, [script, database.url, directory, String(first)], {
    stdio: ['ignore', 'pipe', 'ignore'], // it complains when its database dies, as it should
  });
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    acknowledged.push(...lines);
  });
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const closed = new Promise((settle) => child.once('close', settle));
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await closed;
  }
}

async function stores() {
  const privateKey = createPrivateKey(await readFile(join(directory, 'log.pem')));
  const signer = testKey({ privateKey, publicKey: createPublicKey(privateKey) });
  const log = { origin: 'countersign.test/log', publicKey: signer.publicKey };
  return {
    log,
    keys: fixedLogKeys(log, signer),
    blobs: openFileBlobStore(join(directory, 'blobs')),
    published: openFilePublishedStore(join(directory, 'log')),
  };
}

/** The whole log as it stands after the crash, before anything has been repaired. */
async function audit(database: EmbeddedDatabase, when: string): Promise<void> {
  const { problems } = await verifyLog({ ...(await stores()), pool: database.pool });
  // A crash right after publishing leaves the database unaware of that checkpoint, never the other way round.
  expect(problems, when).toEqual([]);
  const { rows } = await database.pool.query<{ digest: string }>(
    `SELECT digest FROM unnest($1::text[]) AS given (digest)
      WHERE NOT EXISTS (SELECT FROM record WHERE record.digest = given.digest)`,
    [acknowledged],
  );
  expect(rows, `${when}: acknowledged records that are gone`).toEqual([]);
}

/** Everything that was acknowledged ends up checkpointed. */
async function finish(database: EmbeddedDatabase): Promise<void> {
  const sequencer = await startSequencer({ ...(await stores()), database, now: () => new Date() });
  const { rows } = await database.pool.query<{ count: number }>('SELECT count(*) FROM record');
  await untilSize(sequencer, rows[0]!.count);
  await sequencer.stop();
  await audit(database, 'at the end');
}

/** Mulberry32: small, and the same on every machine. */
function randomOf(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
