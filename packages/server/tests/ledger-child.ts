// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openFileBlobStore } from '@countersign/pipeline';
import { appendRecord } from '../src/ledger/append-record.ts';
import { fixedLogKeys } from '../src/ledger/log-signers.ts';
import { startSequencer } from '../src/ledger/sequencer.ts';
import { openDatabase } from '../src/store/database.ts';
import { openFilePublishedStore } from '../src/store/published-store.ts';
import { testKey, testRecord } from './ledger.ts';

/** A server to be killed: node ledger-child.ts URL DIRECTORY FIRST. Prints the digest of each acknowledged record. */
const [url = '', directory = '', first = '0'] = process.argv.slice(2);
const privateKey = createPrivateKey(readFileSync(join(directory, 'log.pem')));
const signer = testKey({ privateKey, publicKey: createPublicKey(privateKey) });
const database = await openDatabase({ url });
const blobs = openFileBlobStore(join(directory, 'blobs'));
await startSequencer({
  database,
  published: openFilePublishedStore(join(directory, 'log')),
  blobs,
  keys: fixedLogKeys({ origin: 'countersign.test/log', publicKey: signer.publicKey }, signer),
  now: () => new Date(),
  intervalMs: 5,
  batchMax: 50,
});
let n = Number(first);
const WRITERS = 4;
await Promise.all(Array.from({ length: WRITERS }, () => write()));

async function write(): Promise<never> {
  for (;;) {
    n += 1;
    // Every twentieth is too large for a row and goes through the blob store.
    const text = n % 20 === 0 ? 'x'.repeat(40_000) : '';
    const envelope = await testRecord({ n, text });
    const { digest } = await database.db
      .transaction()
      .execute((tx) => appendRecord(tx, envelope, { blobs, recordedAt: new Date() }));
    process.stdout.write(`${digest}\n`);
  }
}
