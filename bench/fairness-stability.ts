// SPDX-License-Identifier: Apache-2.0
// Claim: stability of ten columns and fairness of two attributes, with every count, test, interval and verdict of their reports,
// take at most 1.2 times what a query written by hand for the same counts and moments takes on the same engine, table and
// threads (DuckDB, in memory). Each is run RUNS times, in turns, and the fastest of each counts. ROWS, RUNS, THREADS.

import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type FrozenBins,
  fairnessReport,
  freezeReference,
  loadTable,
  stabilityReport,
  type Table,
} from '../packages/analysis/src/index.ts';
import { openDatabase } from '../packages/pipeline/src/snapshot/open-database.ts';

const ROWS = Number(process.env.ROWS ?? 10_000_000);
const RUNS = Number(process.env.RUNS ?? 3);
const THREADS = Number(process.env.THREADS ?? 2);
const NUMBERS = Array.from({ length: 8 }, (_, index) => `n${index}`);
const TEXTS = ['region', 'channel'];
const CUTOFF = { cutoff: '0.35', adverseWhen: 'at-or-above' } as const;
const PROTECTED = [
  { name: 'sex', column: 'sex', reference: 'male' },
  { name: 'age-band', column: 'age', bands: ['25', '62'], reference: '25 to under 62' },
];

const folder = await mkdtemp(join(tmpdir(), 'bench-fairness-'));
const file = join(folder, 'rows.parquet');
try {
  await generate();
  const table = await loadTable(
    { format: 'parquet', path: file },
    {
      ...Object.fromEntries(NUMBERS.map((name) => [name, 'number'])),
      ...Object.fromEntries(TEXTS.map((name) => [name, 'text'])),
      score: 'number',
      sex: 'text',
      age: 'integer',
    },
    { threads: THREADS },
  );
  const bins = await freezeReference(table, [...NUMBERS, ...TEXTS]);
  const own: Taken[] = [];
  const hand: Taken[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    own.push(await timed(() => reports(table, bins)));
    hand.push(await timed(() => byHand(table, bins, 'scan')));
    hand.push(await timed(() => byHand(table, bins, 'groups')));
  }
  table.close();
  const [ours, theirs] = [least(own), least(hand)];
  print(`stability of ${bins.length} columns and fairness, ${ROWS} rows`, ours);
  print('the same counts by hand-written queries', theirs);
  console.log(
    `ratio ${(ours.wall / theirs.wall).toFixed(2)} by the clock, ${(ours.cpu / theirs.cpu).toFixed(2)} of processor time; bar 1.2`,
  );
  const peak = process.resourceUsage().maxRSS / 1024 ** 2;
  console.log(`peak of the process ${peak.toFixed(2)} GiB, the table in it`);
  console.log(
    `load of the machine ${loadavg()
      .map((one) => one.toFixed(1))
      .join(' ')}`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function reports(table: Table, bins: readonly FrozenBins[]): Promise<void> {
  await stabilityReport(table, { bins, limits: { psi: { max: '0.25' } } });
  await fairnessReport(table, {
    plan: {
      governing: 'approval_ratio',
      why: 'the four-fifths rule of thumb',
      limits: { approval_ratio: { min: '0.8' } },
    },
    protected: PROTECTED,
    basis: { on: 'recommendation', score: 'score', cutoff: CUTOFF },
  });
}

/** Both ways that a person might write the bins; the faster counts. */
async function byHand(
  table: Table,
  bins: readonly FrozenBins[],
  way: 'scan' | 'groups',
): Promise<void> {
  if (way === 'scan') {
    const counts = bins.flatMap((one) => {
      if (one.kind === 'category') {
        return one.levels.map((level) => `count(*) FILTER (WHERE ${one.column} = '${level}')`);
      }
      return one.edges.map((edge) => `count(*) FILTER (WHERE ${one.column} <= ${edge})`);
    });
    const missing = bins.map(({ column }) => `count(${column})`);
    await table.select(`SELECT ${[...counts, ...missing].join(', ')} FROM ${table.relation}`);
  } else {
    for (const one of bins) {
      const bin =
        one.kind === 'category'
          ? one.column
          : `CASE ${one.edges.map((edge, at) => `WHEN ${one.column} <= ${edge}::DOUBLE THEN ${at}`).join(' ')} END`;
      await table.select(`SELECT ${bin} AS bin, count(*) FROM ${table.relation} GROUP BY bin`);
    }
  }
  await table.select(
    `SELECT sex, CASE WHEN age < 25 THEN 0 WHEN age < 62 THEN 1 ELSE 2 END AS band, score >= 0.35::DOUBLE AS denied,
       count(*), sum(score), sum(score * score)
     FROM ${table.relation} WHERE score BETWEEN 0 AND 1 GROUP BY ALL`,
  );
}

async function generate(): Promise<void> {
  const uniform = (salt: number) => `(hash(i, ${salt}) % 1000000007) / 1000000007.0`;
  const numbers = NUMBERS.map((name, index) => `sqrt(${uniform(index + 10)}) AS ${name}`);
  const texts = TEXTS.map(
    (name, index) => `'level ' || (hash(i, '${name}') % ${5 + 4 * index}) AS ${name}`,
  );
  const database = await openDatabase([folder], { memoryBytes: 2 * 1024 ** 3, onDisk: true });
  await database.run(
    `COPY (SELECT ${[...numbers, ...texts].join(', ')}, CAST(CAST(pow(${uniform(1)}, 2) AS FLOAT) AS DOUBLE) AS score,
       CASE WHEN hash(i, 's') % 2 = 0 THEN 'male' ELSE 'female' END AS sex, CAST(18 + hash(i, 'a') % 60 AS BIGINT) AS age
     FROM range(${ROWS}) r(i)) TO '${file}' (FORMAT parquet)`,
  );
  database.close();
}

/** Seconds by the clock and of the processor, which others on the machine do not lengthen. */
interface Taken {
  readonly wall: number;
  readonly cpu: number;
}

async function timed(work: () => Promise<void>): Promise<Taken> {
  const started = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: (performance.now() - started) / 1000, cpu: (user + system) / 1e6 };
}

function least(runs: readonly Taken[]): Taken {
  return {
    wall: Math.min(...runs.map(({ wall }) => wall)),
    cpu: Math.min(...runs.map(({ cpu }) => cpu)),
  };
}

function print(what: string, { wall, cpu }: Taken): void {
  console.log(`${what.padEnd(60)} ${wall.toFixed(2)} s, ${cpu.toFixed(2)} s of processor`);
}
