// SPDX-License-Identifier: Apache-2.0
import {
  addSignature,
  decodeEntries,
  encodeEntries,
  fromBase64,
  fromHex,
  leafHash,
  merkleRoot,
  sha256Hex,
  verifyCheckpoint,
  verifyConsistency,
  verifyInclusion,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { appendRecord, appendRecords } from '../src/ledger/append-record.ts';
import { openCheckpointWatch } from '../src/ledger/checkpoint-watch.ts';
import { fixedLogKeys } from '../src/ledger/log-signers.ts';
import { consistencyProofOf, inclusionProofOf } from '../src/ledger/proofs.ts';
import { readEnvelope, readLoggedRecords, recordState } from '../src/ledger/read-records.ts';
import { rebuildDatabase } from '../src/ledger/rebuild.ts';
import { SEQUENCER_STEPS, type SequencerStep } from '../src/ledger/sequencer-context.ts';
import { verifyLog } from '../src/ledger/verify-log.ts';
import { connectClient } from '../src/store/database.ts';
import { openFilePublishedStore } from '../src/store/published-store.ts';
import { testDatabase } from './database.ts';
import { type TestLedger, testKey, testLedger, testRecord, untilSize } from './ledger.ts';

let ledger: TestLedger;
beforeEach(async () => {
  ledger = await testLedger();
});
afterEach(() => ledger.drop());

const context = () => ({ blobs: ledger.blobs, recordedAt: new Date() });
const clean = { ok: true, problems: [] };

describe('appending', () => {
  test('a record is recorded, then sequenced, then checkpointed, and reads back as it came', async () => {
    const envelope = await testRecord({ n: 1 });
    const { digest, outcome } = await appendRecord(ledger.database.db, envelope, context());
    expect(outcome).toBe('recorded');
    expect(digest).toBe(sha256Hex(nodePrimitives, fromBase64(envelope.payload)));
    expect(await recordState(ledger.database.db, digest)).toEqual({ name: 'recorded' });
    const sequencer = await ledger.sequence();
    const watch = await openCheckpointWatch(ledger.database);
    const found = await watch.waitForCheckpoint(digest, { timeoutMs: 5_000 });
    expect(found).toMatchObject({ index: 0, size: 1 });
    expect(await recordState(ledger.database.db, digest)).toEqual({
      name: 'checkpointed',
      ...found,
    });
    expect(await readEnvelope(ledger.database.db, ledger.blobs, digest)).toEqual(envelope);
    await watch.close();
    await sequencer.stop();
    expect(await ledger.verify()).toMatchObject({ ...clean, size: 1 });
  });

  test('the transaction that rolls back takes its record with it', async () => {
    const envelope = await testRecord({ n: 1 });
    const rolledBack = ledger.database.db.transaction().execute(async (tx) => {
      await appendRecord(tx, envelope, context());
      throw new Error('the change failed');
    });
    await expect(rolledBack).rejects.toThrow('the change failed');
    expect(await ledger.database.db.selectFrom('unsequenced').selectAll().execute()).toEqual([]);
  });

  test('the same record again changes nothing, before or after it is sequenced', async () => {
    const envelope = await testRecord({ n: 1 });
    await appendRecord(ledger.database.db, envelope, context());
    const again = async () => (await appendRecord(ledger.database.db, envelope, context())).outcome;
    expect(await again()).toBe('known');
    const sequencer = await ledger.sequence();
    await untilSize(sequencer, 1);
    expect(await again()).toBe('known');
    await sequencer.stop();
    expect(await ledger.verify()).toMatchObject({ ...clean, size: 1 });
  });

  test('a record may gain a signature until the log has frozen them', async () => {
    const envelope = await testRecord({ n: 1 });
    const signed = await addSignature(envelope, testKey());
    await appendRecord(ledger.database.db, envelope, context());
    const gained = await appendRecord(ledger.database.db, signed, context());
    expect(gained.outcome).toBe('signed');
    const sequencer = await ledger.sequence();
    await untilSize(sequencer, 1);
    await sequencer.stop();
    const stored = await readEnvelope(ledger.database.db, ledger.blobs, gained.digest);
    expect(new Set(stored.signatures)).toEqual(new Set(signed.signatures));
    const late = await addSignature(envelope, testKey());
    await expect(appendRecord(ledger.database.db, late, context())).rejects.toMatchObject({
      code: 'record_sequenced',
    });
    expect(await ledger.verify()).toMatchObject(clean);
  });

  test('a record without signature, or with a second one of the same key, is refused', async () => {
    const envelope = await testRecord({ n: 1 });
    const bare = { ...envelope, signatures: [] };
    await expect(appendRecord(ledger.database.db, bare, context())).rejects.toMatchObject({
      code: 'record_unsigned',
    });
    await appendRecord(ledger.database.db, envelope, context());
    const { keyid } = envelope.signatures[0]!;
    const other = { ...envelope, signatures: [{ keyid, sig: 'AAAA' }] };
    await expect(appendRecord(ledger.database.db, other, context())).rejects.toMatchObject({
      code: 'record_conflict',
    });
  });

  test('a malformed record is refused with its place and leaves nothing', async () => {
    const envelope = await testRecord({ n: 1 });
    const broken = { ...envelope, payload: Buffer.from('{"a":1,"a":2}').toString('base64') };
    await expect(appendRecord(ledger.database.db, broken, context())).rejects.toThrow();
    expect(await ledger.database.db.selectFrom('record').selectAll().execute()).toEqual([]);
  });

  test('a payload over 32 kB lives in the blob store and is read back through it', async () => {
    const envelope = await testRecord({ n: 1, text: 'x'.repeat(40_000) });
    const { digest } = await appendRecord(ledger.database.db, envelope, context());
    const row = await ledger.database.db.selectFrom('record').selectAll().executeTakeFirstOrThrow();
    expect(row.payload).toBeNull();
    expect(await ledger.blobs.has(digest)).toBe(true);
    expect(await readEnvelope(ledger.database.db, ledger.blobs, digest)).toEqual(envelope);
    const sequencer = await ledger.sequence();
    await untilSize(sequencer, 1);
    await sequencer.stop();
    expect(await ledger.verify()).toMatchObject(clean);
  });

  test('every digest that a payload names becomes a link with its place', async () => {
    const [first] = await ledger.append(0, 1);
    const { digest } = await appendRecord(
      ledger.database.db,
      await testRecord({ n: 1, source: [first!] }),
      context(),
    );
    const links = await ledger.database.db
      .selectFrom('record_link')
      .select(['from_digest', 'path'])
      .where('to_digest', '=', first!)
      .execute();
    expect(links).toEqual([{ from_digest: digest, path: '/predicate/source/*' }]);
  });

  test('a record that a gateway inserted by itself gets its links when it is sequenced', async () => {
    const [digest] = await ledger.append(0, 1);
    const owner = await connectClient(ledger.database.ownerUrl);
    const { rows: links } = await owner.query('DELETE FROM record_link RETURNING to_digest, path');
    await owner.end();
    expect(links.length).toBeGreaterThan(0);
    const sequencer = await ledger.sequence();
    await untilSize(sequencer, 1);
    await sequencer.stop();
    const found = await ledger.database.db
      .selectFrom('record_link')
      .select(['to_digest', 'path'])
      .where('from_digest', '=', digest!)
      .execute();
    expect(new Set(found)).toEqual(new Set(links));
    expect(await ledger.verify()).toMatchObject(clean);
  });

  test('records appended together enter the log in the order given', async () => {
    const envelopes = await Promise.all(Array.from({ length: 40 }, (_, n) => testRecord({ n })));
    const appended = await appendRecords(ledger.database.db, envelopes, context());
    const sequencer = await ledger.sequence({ batchMax: 7 });
    await untilSize(sequencer, 40);
    await sequencer.stop();
    const records = await readLoggedRecords(ledger.database.db, ledger.blobs, { to: 40 });
    expect(records.map(({ digest }) => digest)).toEqual(appended.map(({ digest }) => digest));
    expect(records.map(({ index }) => index)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });
});

describe('the log', () => {
  test('proves every entry at its checkpoints and every checkpoint against the next', async () => {
    await ledger.append(0, 300);
    const sequencer = await ledger.sequence({ batchMax: 37 });
    await untilSize(sequencer, 300);
    await sequencer.stop();
    const { db, pool } = ledger.database;
    const entries = await db.selectFrom('log_entry').selectAll().orderBy('index').execute();
    const hashes = entries.map((entry) => leafHash(nodePrimitives, entry.leaf));
    const checkpoints = await db.selectFrom('checkpoint').selectAll().orderBy('size').execute();
    expect(checkpoints.map(({ size }) => size)).toEqual([
      37, 74, 111, 148, 185, 222, 259, 296, 300,
    ]);
    for (const { size, text } of checkpoints) {
      const { origin: name, publicKey } = ledger.log;
      const signed = verifyCheckpoint(nodePrimitives, text, { name, publicKey })!;
      // Independent of tiles: the root of all leaf hashes, computed at once.
      expect(signed.root).toEqual(merkleRoot(nodePrimitives, hashes.slice(0, size)));
      for (const index of [0, Math.floor(size / 2), size - 1]) {
        const { proof, ...found } = await inclusionProofOf(pool, entries[index]!.record, { size });
        expect(found).toMatchObject({ index, checkpoint: text });
        const claim = { index, size, leaf: hashes[index]!, root: signed.root };
        expect(verifyInclusion(nodePrimitives, { ...claim, proof: proof.map(fromHex) })).toBe(true);
      }
    }
    for (const [i, old] of checkpoints.entries()) {
      const next = checkpoints[i + 1] ?? old;
      const proof = await consistencyProofOf(pool, old.size, next.size);
      const claim = {
        oldSize: old.size,
        newSize: next.size,
        oldRoot: fromHex(old.root),
        newRoot: fromHex(next.root),
      };
      expect(verifyConsistency(nodePrimitives, { ...claim, proof: proof.map(fromHex) })).toBe(true);
    }
    expect(await ledger.verify()).toMatchObject({ ...clean, size: 300 });
  });

  test('asking for a proof that cannot be is a coded error', async () => {
    const [digest] = await ledger.append(0, 1);
    const { pool } = ledger.database;
    await expect(inclusionProofOf(pool, digest!)).rejects.toMatchObject({ code: 'record_unknown' });
    const sequencer = await ledger.sequence();
    await untilSize(sequencer, 1);
    await sequencer.stop();
    await expect(inclusionProofOf(pool, digest!, { size: 5 })).rejects.toMatchObject({
      code: 'checkpoint_unknown',
    });
    await expect(consistencyProofOf(pool, 1, 2)).rejects.toMatchObject({
      code: 'checkpoint_unknown',
    });
    await expect(recordState(ledger.database.db, 'f'.repeat(64))).rejects.toMatchObject({
      code: 'record_unknown',
    });
  });

  test('its times never go back when the clock does', async () => {
    const clock = [5_000, 1_000, 9_000].map((ms) => new Date(ms));
    let at = 0;
    const sequencer = await ledger.sequence({ batchMax: 1, now: () => clock[Math.min(at, 2)]! });
    for (const n of [0, 1, 2]) {
      at = n;
      await ledger.append(n, n + 1);
      await untilSize(sequencer, n + 1);
    }
    await sequencer.stop();
    const entries = await ledger.database.db
      .selectFrom('log_entry')
      .selectAll()
      .orderBy('index')
      .execute();
    expect(entries.map((entry) => entry.logged_at.getTime())).toEqual([5_000, 5_000, 9_000]);
    expect(await ledger.verify()).toMatchObject(clean);
  });

  test('two sequencers and many writers never give an index twice', async () => {
    const sequencers = [await ledger.sequence(), await ledger.sequence()];
    expect(sequencers.map((one) => one.state().name)).toEqual(['leading', 'standby']);
    await Promise.all([0, 1, 2, 3].map((i) => ledger.append(i * 25, i * 25 + 25)));
    await untilSize(sequencers[0]!, 100);
    // The leader's connection is lost; the other one takes over, and the first stands by.
    const owner = await connectClient(ledger.database.ownerUrl);
    await owner.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    await owner.end();
    await ledger.append(100, 150);
    await untilSize(sequencers[1]!, 150);
    await Promise.all(sequencers.map((one) => one.stop()));
    expect(await ledger.verify()).toMatchObject({ ...clean, size: 150 });
  });

  test('a sequencer that lost its token signs nothing more', async () => {
    const sequencer = await ledger.sequence();
    await ledger.append(0, 3);
    await untilSize(sequencer, 3);
    await ledger.database.pool.query('UPDATE sequencer SET token = token + 1');
    await ledger.append(3, 5);
    // It finds out, gives up the lock, and comes back with a new token.
    await untilSize(sequencer, 5);
    await sequencer.stop();
    expect(await ledger.verify()).toMatchObject({ ...clean, size: 5 });
  });

  test.each(SEQUENCER_STEPS)(
    'survives a failure right after %s, wherever in the log',
    async (step) => {
      for (const round of [0, 1, 2]) {
        await ledger.append(round * 150, round * 150 + 150);
        let failures = 1;
        const sequencer = await ledger.sequence({
          batchMax: 100,
          observe: (reached: SequencerStep) => {
            if (reached === step && failures > 0) {
              failures -= 1;
              throw new Error(`failed after ${step}`);
            }
          },
        });
        await untilSize(sequencer, round * 150 + 150);
        expect(failures).toBe(0);
        await sequencer.stop();
        expect(await ledger.verify()).toMatchObject({ ...clean, size: round * 150 + 150 });
      }
    },
  );

  test('each object may fail to be published twice, before and after it is written', async () => {
    await ledger.append(0, 300);
    const attempts = new Map<string, number>();
    const published = {
      ...ledger.published,
      put: async (path: string, bytes: Uint8Array) => {
        const attempt = (attempts.get(path) ?? 0) + 1;
        attempts.set(path, attempt);
        if (attempt === 1) {
          throw new Error('the disk is full');
        }
        await ledger.published.put(path, bytes);
        if (attempt === 2) {
          throw new Error('the answer was lost');
        }
      },
    };
    const sequencer = await ledger.sequence({ published, batchMax: 80, retryMs: 1 });
    await untilSize(sequencer, 300);
    await sequencer.stop();
    expect(Math.min(...attempts.values())).toBeGreaterThanOrEqual(3);
    expect(await ledger.verify()).toMatchObject({ ...clean, size: 300 });
  });
});

describe('tampering as the owner of the database', () => {
  beforeEach(async () => {
    await ledger.append(0, 300);
    const sequencer = await ledger.sequence({ batchMax: 100 });
    await untilSize(sequencer, 300);
    await sequencer.stop();
    expect(await ledger.verify()).toMatchObject(clean);
  });

  const sql = async (...statements: readonly string[]) => {
    const owner = await connectClient(ledger.database.ownerUrl);
    await owner.query('SET session_replication_role = replica'); // triggers and foreign keys off
    for (const statement of statements) {
      await owner.query(statement);
    }
    await owner.end();
  };

  test.each([
    [
      'a payload',
      `UPDATE record SET payload = payload || ' ' WHERE digest = (SELECT record FROM log_entry WHERE index = 7)`,
      'database, entry 7',
    ],
    [
      'the signatures',
      `UPDATE record SET signatures = '[]' WHERE digest = (SELECT record FROM log_entry WHERE index = 8)`,
      'database, entry 8',
    ],
    [
      'the actor',
      `UPDATE record SET actor = 'someone' WHERE digest = (SELECT record FROM log_entry WHERE index = 9)`,
      'database, entry 9',
    ],
    [
      'a link',
      `DELETE FROM record_link WHERE from_digest = (SELECT record FROM log_entry WHERE index = 10)`,
      'database, entry 10',
    ],
    [
      'a leaf',
      `UPDATE log_entry SET leaf = (SELECT leaf FROM log_entry WHERE index = 1) WHERE index = 11`,
      'database, entry 11',
    ],
    [
      'a leaf hash',
      `UPDATE log_entry SET leaf_hash = sha256('x') WHERE index = 12`,
      'database, entry 12',
    ],
    [
      'the time',
      `UPDATE log_entry SET logged_at = logged_at + interval '1 s' WHERE index = 13`,
      'database, entry 13',
    ],
    ['an entry, removed', `DELETE FROM log_entry WHERE index = 14`, 'database, entry 14'],
    [
      'a tile',
      `UPDATE log_tile SET hashes = set_byte(hashes, 0, 255 - get_byte(hashes, 0))`,
      'database, tile 0/0',
    ],
    ['a root', `UPDATE checkpoint SET root = repeat('0', 64) WHERE size = 200`, 'checkpoint 200'],
    [
      'a checkpoint',
      `UPDATE checkpoint SET text = replace(text, '200', '201') WHERE size = 200`,
      'checkpoint 200',
    ],
  ])('%s that was changed is found and named', async (_, statement, place) => {
    await sql(statement);
    const { ok, problems } = await ledger.verify();
    expect(ok).toBe(false);
    expect(problems.map((problem) => problem.place)).toEqual([place]);
  });

  test('a tree that takes back a published entry is never signed', async () => {
    await sql(`UPDATE log_entry SET leaf_hash = sha256('x') WHERE index = 299`);
    await expect(ledger.sequence()).rejects.toMatchObject({ code: 'ledger_fork' });
  });

  test('entries rewritten under a running sequencer stop it', async () => {
    const sequencer = await ledger.sequence();
    await sql(`UPDATE log_entry SET leaf_hash = sha256('x') WHERE index = 299`);
    await ledger.append(300, 301);
    for (let i = 0; i < 500 && sequencer.state().name !== 'refused'; i += 1) {
      await new Promise((settle) => setTimeout(settle, 10));
    }
    expect(sequencer.state()).toMatchObject({ name: 'refused', error: { code: 'ledger_fork' } });
    await sequencer.stop();
  });

  test("the log's key is what a published checkpoint is believed by", async () => {
    const other = testKey();
    const log = { ...ledger.log, publicKey: other.publicKey };
    const keys = fixedLogKeys(log, other);
    await expect(ledger.sequence({ keys })).rejects.toMatchObject({
      code: 'ledger_corrupt',
    });
  });

  test('an entry bundle that lacks an entry is found, although it decodes', async () => {
    const path = 'tile/entries/000';
    const bytes = Buffer.from((await ledger.published.get(path))!);
    await ledger.published.put(path, encodeEntries(decodeEntries(bytes).slice(0, 255)));
    const verdict = await ledger.verify();
    expect(verdict.ok).toBe(false);
    expect(JSON.stringify(verdict.problems)).toMatch(/holds 255 entries, not 256/);
    await ledger.published.put(path, bytes);
    expect(await ledger.verify()).toMatchObject(clean);
  });

  test('a changed byte anywhere in the published log is found', async () => {
    const paths = [
      'checkpoint',
      'tile/0/000',
      'tile/0/001.p/44',
      'tile/1/000.p/1',
      'tile/entries/000',
      'tile/entries/001.p/44',
      'records/000-100',
      'records/100-200',
      'records/200-300',
    ];
    for (const path of paths) {
      const bytes = Buffer.from((await ledger.published.get(path))!);
      for (const at of [0, Math.floor(bytes.length / 2), bytes.length - 1]) {
        const changed = Buffer.from(bytes);
        changed[at] = changed[at]! ^ 1;
        await ledger.published.put(path, changed);
        const { ok } = await ledger.verify();
        expect(ok, `${path} at ${at}`).toBe(false);
      }
      await ledger.published.put(path, bytes);
    }
    expect(await ledger.verify()).toMatchObject(clean);
  }, 120_000);
});

describe('from the blob store alone', () => {
  const everything = async (database: TestLedger['database']) => ({
    records: (await database.db.selectFrom('record').selectAll().orderBy('digest').execute()).map(
      ({ recorded_at, ...rest }) => rest, // becomes the logged time
    ),
    links: await database.pool
      .query('SELECT * FROM record_link ORDER BY 1, 2, 3, 4')
      .then((r) => r.rows),
    entries: await database.db.selectFrom('log_entry').selectAll().orderBy('index').execute(),
    tiles: await database.pool.query('SELECT * FROM log_tile ORDER BY 1, 2').then((r) => r.rows),
  });

  const fill = async (from: number, to: number) => {
    await ledger.append(from, to);
    const sequencer = await ledger.sequence({ batchMax: 90 });
    await untilSize(sequencer, to);
    await sequencer.stop();
  };

  test('an empty database becomes what the old one was, and the log goes on', async () => {
    await fill(0, 280);
    await appendRecord(
      ledger.database.db,
      await testRecord({ n: 999, text: 'y'.repeat(50_000) }),
      context(),
    );
    await fill(281, 300);
    const fresh = await testDatabase();
    const rebuilt = await rebuildDatabase({ ...ledger, database: fresh, now: () => new Date() });
    expect(rebuilt).toEqual({ from: 0, size: 300 });
    expect(await everything(fresh)).toEqual(await everything(ledger.database));
    const sequencer = await ledger.sequence({ database: fresh });
    const envelope = await testRecord({ n: 1_000 });
    await appendRecord(fresh.db, envelope, context());
    await untilSize(sequencer, 301);
    await sequencer.stop();
    const verdict = await verifyLog({ ...ledger, pool: fresh.pool });
    expect(verdict).toMatchObject({ ...clean, size: 301 });
    await fresh.drop();
  });

  test("yesterday's database refuses to sign until it has taken in what is missing", async () => {
    await fill(0, 100);
    // Half of what follows was recorded, and some of it queued, when the backup was taken.
    await ledger.append(100, 120);
    const backup = await copyOf(ledger);
    await fill(120, 300);
    const restored = { ...ledger, database: backup };
    await expect(ledger.sequence({ database: backup })).rejects.toMatchObject({
      code: 'ledger_behind',
      details: { size: 100, published: 300 },
    });
    const rebuilt = await rebuildDatabase({ ...restored, now: () => new Date() });
    expect(rebuilt).toEqual({ from: 100, size: 300 });
    expect(await backup.db.selectFrom('unsequenced').selectAll().execute()).toEqual([]);
    expect((await everything(backup)).entries).toEqual((await everything(ledger.database)).entries);
    const sequencer = await ledger.sequence({ database: backup });
    expect(sequencer.state()).toEqual({ name: 'leading', size: 300 });
    await sequencer.stop();
    await backup.drop();
  });

  test('a database that went another way is refused, by sequencer and rebuild alike', async () => {
    await fill(0, 50);
    const backup = await copyOf(ledger);
    await fill(50, 60);
    // The copy goes on by itself: sequenced without being published, as after a lost blob store.
    const elsewhere = openFilePublishedStore(`${ledger.directory}/elsewhere`);
    await appendRecord(backup.db, await testRecord({ n: 777 }), context());
    const astray = await ledger.sequence({ database: backup, published: elsewhere });
    await untilSize(astray, 51);
    await astray.stop();
    await expect(ledger.sequence({ database: backup })).rejects.toMatchObject({
      code: 'ledger_behind',
    });
    await expect(
      rebuildDatabase({ ...ledger, database: backup, now: () => new Date() }),
    ).rejects.toMatchObject({ code: 'ledger_fork' });
    await backup.drop();
  });

  test('a blob store that was lost is published again from the database', async () => {
    await fill(0, 100);
    const published = openFilePublishedStore(`${ledger.directory}/new`);
    const sequencer = await ledger.sequence({ published });
    await untilSize(sequencer, 100);
    await sequencer.stop();
    expect(await published.get('tile/0/000.p/100')).toEqual(
      await ledger.published.get('tile/0/000.p/100'),
    );
  });

  test('a damaged record stops the rebuild and leaves the database empty', async () => {
    await fill(0, 100);
    const bytes = Buffer.from((await ledger.published.get('records/090-100'))!);
    bytes[500] = bytes[500]! ^ 1;
    await ledger.published.put('records/090-100', bytes);
    const fresh = await testDatabase();
    await expect(
      rebuildDatabase({ ...ledger, database: fresh, now: () => new Date() }),
    ).rejects.toMatchObject({ code: 'ledger_corrupt' });
    expect(await fresh.db.selectFrom('record').selectAll().execute()).toEqual([]);
    await fresh.drop();
  });

  test('no rebuild while a sequencer runs', async () => {
    const sequencer = await ledger.sequence();
    await expect(rebuildDatabase({ ...ledger, now: () => new Date() })).rejects.toMatchObject({
      code: 'ledger_fenced',
    });
    await sequencer.stop();
    await expect(rebuildDatabase({ ...ledger, now: () => new Date() })).rejects.toMatchObject({
      code: 'published_missing',
    });
  });

  test('bundles that a crashed attempt left do not mislead a reader', async () => {
    await fill(0, 100);
    const leftover = Buffer.from((await ledger.published.get('records/000-90'))!);
    await ledger.published.put('records/000-95', leftover);
    await ledger.published.put('records/000-1', Buffer.from('half'));
    expect(await ledger.verify()).toMatchObject(clean);
  });
});

/** What a restored backup is: the database as it is now, under another name. */
async function copyOf(from: TestLedger): Promise<TestLedger['database']> {
  const name = new URL(from.database.ownerUrl).pathname.slice(1);
  const server = await connectClient(from.database.serverUrl);
  // A database is copied only while nobody is connected to it; the pool opens new connections afterwards.
  await server.query(
    'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1',
    [name],
  );
  await server.end();
  return testDatabase({ template: name });
}
