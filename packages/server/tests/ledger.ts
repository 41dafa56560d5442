// SPDX-License-Identifier: Apache-2.0
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Envelope,
  PAYLOAD_TYPE_STATEMENT,
  type PublicKey,
  publicKeyOf,
  type Signer,
  signEnvelope,
  statementBytes,
  subjectOf,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { type BlobStore, openFileBlobStore } from '@countersign/pipeline';
import { appendRecord } from '../src/ledger/append-record.ts';
import { fixedLogKeys } from '../src/ledger/log-signers.ts';
import { type Sequencer, type SequencerOptions, startSequencer } from '../src/ledger/sequencer.ts';
import { verifyLog } from '../src/ledger/verify-log.ts';
import { openFilePublishedStore, type PublishedStore } from '../src/store/published-store.ts';
import { type TestDatabase, testDatabase } from './database.ts';

export interface TestKey extends Signer {
  readonly publicKey: PublicKey;
}

export function testKey(
  pair: { privateKey: KeyObject; publicKey: KeyObject } = generateKeyPairSync('ed25519'),
): TestKey {
  const spki = new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' }));
  const publicKey = publicKeyOf(nodePrimitives, 'ed25519', spki);
  return {
    publicKey,
    keyid: publicKey.keyid,
    algorithm: 'ed25519',
    sign: async (message) => new Uint8Array(sign(null, message, pair.privateKey)),
  };
}

const FOUNDING = createHash('sha256').update('the founding record of the tests').digest('hex');
const author = testKey();

export interface TestRecord {
  readonly n: number;
  readonly source?: readonly string[];
  readonly model?: string;
  readonly text?: string;
  readonly signers?: readonly Signer[];
}

/** A signed record whose content is a number, so that each is another one. */
export function testRecord(record: TestRecord): Promise<Envelope> {
  const { n, source = [], model = 'credit', text = '', signers = [author] } = record;
  const subjectRef = { workspace: 'main', model };
  const payload = statementBytes({
    subject: [subjectOf(nodePrimitives, subjectRef)],
    predicate: {
      type: 'audit-event',
      scope: 'model',
      subjectRef,
      producer: 'platform',
      actor: 'service:tests',
      claimedAt: '2026-11-22T10:00:00.000Z',
      source,
      founding: FOUNDING,
      content: { n, text },
    },
  });
  return signEnvelope(PAYLOAD_TYPE_STATEMENT, payload, signers);
}

export interface TestLedger {
  readonly database: TestDatabase;
  readonly blobs: BlobStore;
  readonly published: PublishedStore;
  readonly signer: TestKey;
  readonly log: { readonly origin: string; readonly publicKey: PublicKey };
  readonly directory: string;
  /** Appends records `from` up to `to` of `testRecord`, one transaction each, and returns their digests. */
  append(from: number, to: number): Promise<readonly string[]>;
  sequence(options?: Partial<SequencerOptions>): Promise<Sequencer>;
  verify(): ReturnType<typeof verifyLog>;
  drop(): Promise<void>;
}

export async function testLedger(): Promise<TestLedger> {
  const directory = await mkdtemp(join(tmpdir(), 'ledger-'));
  const database = await testDatabase();
  const blobs = openFileBlobStore(join(directory, 'blobs'));
  const published = openFilePublishedStore(join(directory, 'log'));
  const signer = testKey();
  const sequencers: Sequencer[] = [];
  const log = { origin: 'countersign.test/log', publicKey: signer.publicKey };
  return {
    database,
    blobs,
    published,
    signer,
    log,
    directory,
    append: async (from, to) => {
      const digests: string[] = [];
      for (let n = from; n < to; n += 1) {
        const envelope = await testRecord({ n });
        const { digest } = await database.db
          .transaction()
          .execute((tx) => appendRecord(tx, envelope, { blobs, recordedAt: new Date() }));
        digests.push(digest);
      }
      return digests;
    },
    sequence: async (options) => {
      const sequencer = await startSequencer({
        database,
        published,
        blobs,
        keys: fixedLogKeys(log, signer),
        now: () => new Date(),
        intervalMs: 10,
        retryMs: 10,
        ...options,
      });
      sequencers.push(sequencer);
      return sequencer;
    },
    verify: () => verifyLog({ published, blobs, log, pool: database.pool }),
    drop: async () => {
      await Promise.all(sequencers.map((sequencer) => sequencer.stop()));
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Waits until the log has this many checkpointed entries. */
export async function untilSize(sequencer: Sequencer, size: number): Promise<void> {
  for (let attempt = 0; attempt < 2_000; attempt += 1) {
    const state = sequencer.state();
    if (state.name === 'leading' && state.size >= size) {
      return;
    }
    await new Promise((settle) => setTimeout(settle, 10));
  }
  throw new Error(`the log did not reach ${size}: ${JSON.stringify(sequencer.state())}`);
}
