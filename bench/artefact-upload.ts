// SPDX-License-Identifier: Apache-2.0
// Claim: an artefact is sent, hashed on both sides and stored, and fetched and verified, in bounded memory. Yardstick, in the
// same run on the same bytes: `cp` and `openssl dgst -sha256`, once for each side that hashes. BYTES of the file, in GB.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient } from '../packages/cli/src/client/api-client.ts';
import { downloadBlob } from '../packages/cli/src/client/download-blob.ts';
import { hashFile } from '../packages/cli/src/client/hash-file.ts';
import { uploadFile } from '../packages/cli/src/client/upload-file.ts';

const GIGABYTES = Number(process.env.GIGABYTES ?? 1);
const bytes = GIGABYTES * 1e9;
const scratch = mkdtempSync(join(tmpdir(), 'artefact-upload-'));
const source = join(scratch, 'source');
const progress = { add: () => {}, takeBack: () => {} };

execFileSync('sh', ['-c', `head -c ${bytes} /dev/urandom > ${source}`]);
const server = spawn(process.execPath, [join(import.meta.dirname, 'artefact-server.ts')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [line] = await once(server.stdout, 'data');
const { url, token } = JSON.parse(String(line)) as { url: string; token: string };
const client = new ApiClient({ url, token });
const before = { client: peakMb(process.pid), server: peakMb(server.pid ?? 0) };

console.log(`${GIGABYTES} GB of random bytes`);
const copied = await seconds(() => void execFileSync('cp', [source, join(scratch, 'copy')]));
execFileSync('sync', [join(scratch, 'copy')]);
const opensslDigest = await seconds(
  () => void execFileSync('openssl', ['dgst', '-sha256', source]),
);
rmSync(join(scratch, 'copy'));
let file = { digest: '', size: 0 };
const hashed = await seconds(async () => {
  file = await hashFile(source);
});
const sent = await seconds(() => uploadFile(client, { ...file, from: source }, progress));
const path = join(scratch, 'fetched');
const fetched = await seconds(() => downloadBlob(client, { ...file, path }, progress));
execFileSync('cmp', [source, path]);

report('cp', copied);
report('openssl dgst -sha256', opensslDigest);
report('hashed by the command', hashed);
report('sent, hashed, synced, stored', sent);
report('fetched, verified, synced', fetched);
// Both sides hash; the copy crosses the loopback once.
const yardstick = copied + 2 * opensslDigest;
ratio('upload, with the hashing before it', (hashed + sent) / yardstick);
ratio('download', fetched / yardstick);
console.log(
  `peak memory  command ${peakMb(process.pid)} MB (${before.client} before), server ${peakMb(server.pid ?? 0)} MB (${before.server} before)`,
);
server.kill('SIGTERM');
await once(server, 'exit');
rmSync(scratch, { recursive: true });

async function seconds(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

function report(what: string, took: number): void {
  const rate = bytes / 1e6 / took;
  console.log(
    `${what.padEnd(36)} ${took.toFixed(1).padStart(7)} s ${rate.toFixed(0).padStart(6)} MB/s`,
  );
}

function ratio(what: string, value: number): void {
  console.log(`${what.padEnd(36)} ${value.toFixed(2).padStart(7)} × cp + 2 × openssl`);
}

/** Highest resident set of a process so far (proc(5), VmHWM). */
function peakMb(pid: number): number {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes ?? 0) / 1000);
}
