// SPDX-License-Identifier: Apache-2.0
// Claim (design.md, section 11): a snapshot of data runs at 0.8 × `openssl dgst -sha256` + `cp` with as many streams, and an
// unchanged tree is known again 50 × faster. Yardsticks on the same files in the same run, three rounds in turn, medians; and
// `dvc add` (DVC=path of the program, cache by copies), which hashes with MD5. GIGABYTES of data, SHAPE large (64 MB files) or
// small (100 KB files), STREAMS, ROUNDS. Beside the times stands the processor time, which says more on a machine that others
// use as well.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openFileBlobStore } from '../packages/pipeline/src/blobs/blob-store.ts';
import { snapshotTree, type TreeVersion } from '../packages/pipeline/src/snapshot/tree-snapshot.ts';

const GIGABYTES = Number(process.env.GIGABYTES ?? process.argv[2] ?? 2);
const SHAPE = process.env.SHAPE ?? 'large';
const STREAMS = Number(process.env.STREAMS ?? availableParallelism());
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const { DVC } = process.env;

const fileBytes = SHAPE === 'small' ? 100_000 : 64_000_000;
const files = Math.max(1, Math.round((GIGABYTES * 1e9) / fileBytes));
const bytes = files * fileBytes;
const scratch = mkdtempSync(join(process.env.SCRATCH ?? tmpdir(), 'data-snapshot-'));
const tree = join(scratch, 'tree');

makeTree();
await sleep(2100); // files younger than two seconds are not trusted, by us or by anybody who races
console.log(
  `${files} files of ${fileBytes} bytes, ${(bytes / 1e9).toFixed(1)} GB, ${STREAMS} streams, load ${load()}`,
);

/** Processor time of the same pieces of work, in seconds. */
const cpu: { [what in 'openssl' | 'cp' | 'snapshot' | 'again']: number[] } = {
  openssl: [],
  cp: [],
  snapshot: [],
  again: [],
};
const times = { openssl: [], cp: [], sync: [], snapshot: [], again: [], dvc: [], dvcAgain: [] } as {
  readonly [what: string]: number[];
};
for (let round = 0; round < ROUNDS; round += 1) {
  times.openssl?.push(
    await seconds(() => void cpu.openssl.push(inStreams('openssl dgst -sha256'))),
  );
  const copy = join(scratch, 'copy');
  mkdirSync(copy);
  times.cp?.push(await seconds(() => void cpu.cp.push(inStreams(`cp -t ${copy}`))));
  times.sync?.push(await seconds(() => void execFileSync('sync', ['-f', copy])));
  remove(copy);
  await ours();
  if (DVC !== undefined) await theirs(DVC);
}
report('openssl dgst -sha256', median('openssl'));
report('cp', median('cp'));
report('sync, of what cp wrote', median('sync'));
report('snapshot, synced', median('snapshot'));
report('the same tree, unchanged', median('again'));
console.log(
  `processor time: openssl ${middle(cpu.openssl)} s, cp ${middle(cpu.cp)} s, snapshot ${middle(cpu.snapshot)} s, unchanged ${middle(cpu.again)} s`,
);
ratio(
  'snapshot: processor time of openssl + cp against its own',
  (Number(middle(cpu.openssl)) + Number(middle(cpu.cp))) / Number(middle(cpu.snapshot)),
);
const yardstick = median('openssl') + median('cp');
const synced = yardstick + median('sync');
ratio(
  'snapshot: speed against openssl + cp, which is not on the disk yet',
  yardstick / median('snapshot'),
);
ratio('snapshot: speed against openssl + cp + sync', synced / median('snapshot'));
ratio('unchanged: speed against the first snapshot', median('snapshot') / median('again'));
ratio('unchanged: speed against openssl + cp', yardstick / median('again'));
if (DVC !== undefined) {
  report('dvc add', median('dvc'));
  report('dvc add, unchanged', median('dvcAgain'));
  ratio('snapshot: speed against dvc add', median('dvc') / median('snapshot'));
  ratio('unchanged: speed against dvc add', median('dvcAgain') / median('again'));
}
console.log(`peak memory ${peakMb()} MB, load ${load()}`);
rmSync(scratch, { recursive: true });

async function ours(): Promise<void> {
  const store = join(scratch, 'store');
  const take = (): Promise<TreeVersion> =>
    snapshotTree({
      path: tree,
      blobs: openFileBlobStore(store),
      cacheFile: join(scratch, 'cache'),
      threadsMax: STREAMS,
      now: () => new Date(),
    });
  const started = performance.now();
  const idle = process.cpuUsage();
  const first = await take();
  cpu.snapshot.push(cpuSince(idle));
  const between = performance.now();
  const known = process.cpuUsage();
  const second = await take();
  cpu.again.push(cpuSince(known));
  times.snapshot?.push((between - started) / 1000);
  times.again?.push((performance.now() - between) / 1000);
  if (first.read.bytes !== bytes || second.read.files !== 0 || first.digest !== second.digest) {
    throw new Error('the second snapshot did not know the first one again');
  }
  remove(store);
  rmSync(join(scratch, 'cache'));
}

/** In a project of its own, whose cache holds copies as our store does. */
async function theirs(dvc: string): Promise<void> {
  const project = join(scratch, 'project');
  const run = (...args: string[]): void =>
    void execFileSync(dvc, args, { cwd: project, env: { ...process.env, DVC_NO_ANALYTICS: '1' } });
  mkdirSync(project);
  run('init', '--no-scm', '-q');
  run('config', 'cache.type', 'copy');
  execFileSync('cp', ['-al', tree, join(project, 'data')]); // the same files, by hard links
  times.dvc?.push(await seconds(() => run('add', '-q', 'data')));
  times.dvcAgain?.push(await seconds(() => run('add', '-q', 'data')));
  remove(project);
}

/** Bytes that no disk compresses, each file another: a block of random bytes under a counter. */
function makeTree(): void {
  const block = Buffer.alloc(fileBytes);
  for (let at = 0, seed = Buffer.from('data-snapshot'); at < fileBytes; at += 32) {
    seed = createHash('sha256').update(seed).digest();
    seed.copy(block, at);
  }
  for (let n = 0; n < files; n += 1) {
    const directory = join(tree, `d${Math.floor(n / 1000)}`);
    if (!existsSync(directory)) mkdirSync(directory, { recursive: true });
    block.writeUInt32LE(n, 0);
    writeFileSync(join(directory, `f${n}`), block);
  }
  execFileSync('sync', ['-f', tree]);
}

/** Processor time in seconds, of all its processes. */
function inStreams(command: string): number {
  const each = SHAPE === 'small' ? 200 : 1;
  const run = `find ${tree} -type f -print0 | xargs -0 -n ${each} -P ${STREAMS} ${command} > /dev/null`;
  const said = execFileSync('bash', ['-c', `TIMEFORMAT='%U %S'; { time { ${run}; }; } 2>&1`], {
    encoding: 'utf8',
  });
  const [user, system] = (said.trim().split('\n').at(-1) ?? '').split(' ');
  return Number(user) + Number(system);
}

/** Of this process and its threads. */
function cpuSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

function middle(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor(sorted.length / 2)] ?? Number.NaN).toFixed(2);
}

async function seconds(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** Discards of freed blocks wait for the next commit of the file system, which must not be the next one measured. */
function remove(path: string): void {
  rmSync(path, { recursive: true });
  execFileSync('sync', ['-f', scratch]);
}

function median(what: string): number {
  const sorted = (times[what] ?? []).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function report(what: string, took: number): void {
  const rate = bytes / 1e6 / took;
  console.log(
    `${what.padEnd(28)} ${took.toFixed(2).padStart(8)} s ${rate.toFixed(0).padStart(8)} MB/s`,
  );
}

function ratio(what: string, value: number): void {
  console.log(`${what.padEnd(70)} ${value.toFixed(2).padStart(8)} ×`);
}

function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}

/** Highest resident set so far (proc(5), VmHWM). */
function peakMb(): number {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Math.round(Number(kilobytes ?? 0) / 1000);
}
