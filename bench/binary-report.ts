// SPDX-License-Identifier: Apache-2.0
// Claim: the full report of a binary score (discrimination, calibration, rates, bands, curves; intervals for every figure)
// overall and by ten segmentations is made at least 20 times faster than Fairlearn's MetricFrame over scikit-learn and pandas
// gives the point figures alone, in less than 4 GB. Both read the same Parquet file, one after the other in this run; the
// yardstick needs PYTHON, an interpreter with fairlearn and pyarrow, and leaves out the intervals, which it does not have.
// ROWS; SEGMENTS of our report; YARDSTICK_SEGMENTS of the yardstick (its time is then compared with our report of as many).
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadTable, performanceReport, type Table } from '../packages/analysis/src/index.ts';
import { openDatabase } from '../packages/pipeline/src/snapshot/open-database.ts';

const ROWS = Number(process.env.ROWS ?? 10_000_000);
const SEGMENTS = Number(process.env.SEGMENTS ?? 10);
const YARDSTICK_SEGMENTS = Number(process.env.YARDSTICK_SEGMENTS ?? SEGMENTS);
const { PYTHON } = process.env;

const YARDSTICK = `
import resource, sys, time
import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (accuracy_score, average_precision_score, brier_score_loss, log_loss,
    precision_score, recall_score, roc_auc_score, roc_curve)
t = time.perf_counter()
frame = pd.read_parquet(sys.argv[1])
read = time.perf_counter() - t
label, score = frame['label'].to_numpy(), frame['score'].to_numpy()

def ks(y, s):
    fpr, tpr, _ = roc_curve(y, s)
    return np.max(np.abs(tpr - fpr))

def logits(s):
    return (np.log(s) - np.log1p(-s)).reshape(-1, 1)

def slope(y, s):
    return LogisticRegression(C=np.inf).fit(logits(s), y).coef_[0, 0]

def gap(y, s):
    both = pd.DataFrame({'y': y, 's': s})
    bins = both.groupby(pd.qcut(both['s'], 10, duplicates='drop'), observed=True).agg(
        y=('y', 'mean'), s=('s', 'mean'), n=('y', 'size'))
    return float((bins['n'] * (bins['y'] - bins['s']).abs()).sum() / len(both))

metrics = {
    'auc': roc_auc_score, 'ks': ks, 'average_precision': average_precision_score,
    'brier': brier_score_loss, 'log_loss': log_loss, 'calibration_slope': slope, 'calibration_gap': gap,
    'event_rate': lambda y, s: np.mean(y),
    'sensitivity': lambda y, s: recall_score(y, s >= .35),
    'specificity': lambda y, s: recall_score(y, s >= .35, pos_label=0),
    'precision': lambda y, s: precision_score(y, s >= .35),
    'accuracy': lambda y, s: accuracy_score(y, s >= .35),
}
t = time.perf_counter()
used = resource.getrusage(resource.RUSAGE_SELF)
before = used.ru_utime + used.ru_stime
overall = None
for name in [c for c in frame.columns if c.startswith('segment')][: int(sys.argv[2])]:
    measured = MetricFrame(metrics=metrics, y_true=label, y_pred=score, sensitive_features=frame[name])
    overall = measured.overall
    measured.by_group
used = resource.getrusage(resource.RUSAGE_SELF)
print(read, time.perf_counter() - t, used.ru_utime + used.ru_stime - before, used.ru_maxrss / 2**20,
      ' '.join(f'{name}={overall[name]:.12g}' for name in ('auc', 'average_precision', 'brier', 'calibration_slope')))
`;

const folder = await mkdtemp(join(tmpdir(), 'bench-binary-'));
const file = join(folder, 'rows.parquet');
try {
  await generate();
  const loading = performance.now();
  const table = await loadTable(
    { format: 'parquet', path: file },
    {
      score: 'number',
      label: 'integer',
      ...Object.fromEntries(names().map((one) => [one, 'text'])),
    },
  );
  print(`${ROWS} rows x ${SEGMENTS + 2} columns, read from Parquet and checked`, {
    wall: seconds(loading),
  });
  const own = await report(table, SEGMENTS);
  console.log(`peak of the process ${gib(process.resourceUsage().maxRSS * 1024)} GiB; bar 4 GB`);
  const like = YARDSTICK_SEGMENTS === SEGMENTS ? own : await report(table, YARDSTICK_SEGMENTS);
  table.close();
  if (PYTHON !== undefined) await runYardstick(like);
  console.log(
    `load of the machine ${loadavg()
      .map((one) => one.toFixed(1))
      .join(' ')}`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function report(table: Table, segments: number): Promise<Required<Taken>> {
  const started = performance.now();
  const before = process.cpuUsage();
  const made = await performanceReport(table, {
    roles: { score: 'score', label: 'label' },
    cutoff: { cutoff: '0.35', adverseWhen: 'at-or-above' },
    plan: {
      segments: names()
        .slice(0, segments)
        .map((name) => ({ name, column: name })),
    },
  });
  const { user, system } = process.cpuUsage(before);
  const taken = { wall: seconds(started), cpu: (user + system) / 1e6 };
  const figures = made.segments.reduce((sum, { measurements }) => sum + measurements.length, 0);
  print(`full report, ${segments} segmentations`, taken);
  const shown = ['auc', 'average_precision', 'brier', 'calibration_slope'].map((metric) => {
    const found = made.measurements.find((one) => one.metric === metric);
    return `${metric}=${found?.value}`;
  });
  console.log(`${made.measurements.length} + ${figures} figures; ${shown.join(' ')}`);
  return taken;
}

async function runYardstick(own: Required<Taken>): Promise<void> {
  const { stdout } = await promisify(execFile)(
    PYTHON ?? '',
    ['-W', 'ignore', '-c', YARDSTICK, file, String(YARDSTICK_SEGMENTS)],
    { maxBuffer: 1 << 24 },
  );
  const [read = '', taken = '', cpu = '', peak = '', ...figures] = stdout.trim().split(' ');
  print('pandas, read_parquet', { wall: Number(read) });
  print(`Fairlearn MetricFrame, ${YARDSTICK_SEGMENTS} segmentations`, {
    wall: Number(taken),
    cpu: Number(cpu),
  });
  console.log(figures.join(' '));
  console.log(
    `ratio ${(Number(taken) / own.wall).toFixed(1)} by the clock, ${(Number(cpu) / own.cpu).toFixed(1)} of processor time; bar 20`,
  );
  console.log(`peak of Python ${Number(peak).toFixed(2)} GiB`);
}

/** Scores as a model in single precision gives them, nearly all distinct; labels drawn from them, a little off. */
async function generate(): Promise<void> {
  const segments = names().map((name, index) => {
    return `'level ' || (hash(i, '${name}') % ${3 + index}) AS ${name}`;
  });
  const uniform = (salt: number) => `(hash(i, ${salt}) % 1000000007) / 1000000007.0`;
  const database = await openDatabase([folder], { memoryBytes: 2 * 1024 ** 3, onDisk: true });
  await database.run(
    `COPY (SELECT CAST(CAST(p AS FLOAT) AS DOUBLE) AS score, CAST(u < p * 0.9 + 0.02 AS BIGINT) AS label,
       ${segments.map((_, index) => names()[index]).join(', ')}
     FROM (SELECT pow(${uniform(1)}, 2) * 0.8 + 0.01 AS p, ${uniform(2)} AS u, ${segments.join(', ')}
       FROM range(${ROWS}) r(i))) TO '${file}' (FORMAT parquet)`,
  );
  database.close();
}

function names(): readonly string[] {
  return Array.from({ length: SEGMENTS }, (_, index) => `segment_${index}`);
}

function seconds(since: number): number {
  return (performance.now() - since) / 1000;
}

function gib(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(2);
}

/** Seconds by the clock and of the processor, which others on the machine do not lengthen. */
interface Taken {
  readonly wall: number;
  readonly cpu?: number;
}

function print(what: string, { wall, cpu }: Taken): void {
  const used = cpu === undefined ? '' : `, ${cpu.toFixed(2)} s of processor`;
  console.log(`${what.padEnd(60)} ${wall.toFixed(2)} s${used}`);
}
