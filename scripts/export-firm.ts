// SPDX-License-Identifier: Apache-2.0
// Writes the records of a firm's published log into one file, for samples and benchmarks:
//   node scripts/export-firm.ts DATA_DIR OUT.records.json.gz
// The data directory of a stopped or running server; nothing in it is changed, and no key leaves it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { type LoggedRecord, readRecord } from '../packages/kernel/src/index.ts';
import { nodePrimitives } from '../packages/kernel/src/node.ts';
import { openFileBlobStore } from '../packages/pipeline/src/index.ts';
import { encodeFirmLog } from '../packages/server/src/issuing/index.ts';
import { publishedBundles } from '../packages/server/src/ledger/index.ts';
import { openDataKeys, openFilePublishedStore } from '../packages/server/src/store/index.ts';

const [directory, out] = process.argv.slice(2);
if (directory === undefined || out === undefined) {
  process.stderr.write('usage: node scripts/export-firm.ts DATA_DIR OUT.records.json.gz\n');
  process.exit(2);
}
const dataDir = resolve(directory);
const { root } = JSON.parse(readFileSync(join(dataDir, 'config.json'), 'utf8')) as { root: string };
const published = openFilePublishedStore(join(dataDir, 'published'));
const blobs = openFileBlobStore(join(dataDir, 'blobs'), { keys: openDataKeys(dataDir) });
const size = sizeOf(readFileSync(join(dataDir, 'published', 'checkpoint'), 'utf8'));
const records: LoggedRecord[] = [];
for await (const bundle of publishedBundles({ published, blobs }, { from: 0, size })) {
  for (const { index, leaf, envelope } of bundle.records) {
    const record = readRecord(nodePrimitives, envelope);
    if (record.statement.predicate.type === 'decision-log') continue;
    records.push({ ...record, index, loggedAt: leaf.time });
  }
}
const bytes = encodeFirmLog(root, records);
writeFileSync(out, bytes);
process.stdout.write(`${records.length} records of ${root}: ${out}, ${bytes.length} bytes\n`);

/** The second line of a checkpoint is the size of the log (C2SP tlog-checkpoint). */
function sizeOf(checkpoint: string): number {
  return Number(checkpoint.split('\n')[1]);
}
