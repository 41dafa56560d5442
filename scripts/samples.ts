// SPDX-License-Identifier: Apache-2.0
// The sample documents of docs/samples, compiled from the records of real demonstration firms that lie beside them:
//   node scripts/samples.ts             writes them
//   node scripts/samples.ts --check     exit 1 when a committed one is not what the records give
// Nothing is trained or measured here: the records hold what was measured when the demonstration ran. To take new ones:
//   npm run demo; node scripts/export-firm.ts .countersign/demo-… docs/samples/consumer-credit.records.json.gz
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import process from 'node:process';
import { type SampleFile, samplesOf } from '../packages/server/src/issuing/samples.ts';

const SUFFIX = '.records.json.gz';
const home = resolve(import.meta.dirname, '..');
const directory = join(home, 'docs/samples');
const isCheck = process.argv.includes('--check');
let isEqual = true;

for (const name of readdirSync(directory).filter((file) => file.endsWith(SUFFIX))) {
  const files = samplesOf(readFileSync(join(directory, name)));
  const target = join(directory, name.slice(0, -SUFFIX.length));
  if (!isCheck) mkdirSync(target, { recursive: true });
  for (const file of files) place(file, join(target, file.name));
}
if (!isEqual) {
  process.stdout.write('run `node scripts/samples.ts` and look at every page that changed\n');
  process.exit(1);
}

function place(file: SampleFile, path: string): void {
  const shown = relative(home, path);
  if (!isCheck) {
    writeFileSync(path, file.bytes);
    process.stdout.write(
      `${shown} ${file.bytes.length} bytes${file.pages === undefined ? '' : `, ${file.pages} pages`}\n`,
    );
    return;
  }
  const committed = readCommitted(path);
  if (committed !== undefined && Buffer.compare(committed, file.bytes) === 0) return;
  isEqual = false;
  process.stdout.write(`${shown} ${committed === undefined ? 'is not there' : 'differs'}\n`);
}

function readCommitted(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined; // a sample that is not there differs
  }
}
