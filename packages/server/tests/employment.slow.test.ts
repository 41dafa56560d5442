// SPDX-License-Identifier: Apache-2.0
// The employment example, whole: a run from the pinned wheel on, developer tests, the validator's plan on the sealed rows, and
// the figures of a quarter of a million real rows beside scikit-learn, SciPy and Fairlearn.
import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  addScores,
  type BacktestReport,
  evaluatePlan,
  fairnessReport,
  openScorer,
  performanceReport,
  type Scorer,
  type StabilityReport,
  scorerSpecOf,
  type TestingEvaluation,
} from '@countersign/analysis';
import {
  executeRun,
  openFileBlobStore,
  type PipelineFile,
  parsePipelineFile,
  pipelineFileSchema,
  type RunResult,
  readYamlText,
} from '@countersign/pipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { preparedEnvironment } from '../../analysis/tests/agreement/python-reference.ts';
import { git } from '../../pipeline/src/source/git.ts';
import type { ServerContext } from '../src/context.ts';
import {
  datasetOf,
  developmentTable,
  protectedOf,
  rolesOf,
} from '../src/jobs/development-table.ts';
import { evaluateDevelopment } from '../src/jobs/evaluate-development.ts';
import { loadSplit } from '../src/jobs/split-table.ts';
import type { VersionFacts } from '../src/jobs/version-facts.ts';

const EXAMPLE = new URL('../../../examples/employment/', import.meta.url).pathname;
const REFERENCE = new URL(
  '../../analysis/tests/agreement/employment_reference.py',
  import.meta.url,
);
const CUTOFF = { cutoff: '0.5', adverseWhen: 'at-or-above' } as const;

let root: string;
let result: RunResult;
let file: PipelineFile;
let context: ServerContext;
let scorer: Scorer;
let facts: VersionFacts;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'countersign-employment-'));
  const checkout = join(root, 'model');
  await cp(EXAMPLE, checkout, { recursive: true });
  await git(checkout, ['init', '--quiet', '--template=']);
  await git(checkout, ['add', '--all']);
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
  await git(checkout, [...who, 'commit', '--quiet', '--message', 'model']);
  const blobs = openFileBlobStore(join(root, 'blobs'));
  const startedMs = performance.now();
  result = await executeRun({
    source: { checkout },
    blobs,
    workDir: join(root, 'work'),
    cacheDir: join(root, 'cache'),
    draft: true,
    now: () => new Date(),
    callerEnvironment: process.env,
  });
  process.stdout.write(`run of ${Math.round((performance.now() - startedMs) / 1000)} s\n`);
  expect(result.failure).toBeNull();
  file = parsePipelineFile(await readFile(join(checkout, 'countersign.yaml'), 'utf8')).file;
  // What the measurements ask of a version; its records take no part in them.
  context = { blobs } as ServerContext;
  facts = { file, result, spec: { decision: CUTOFF } } as VersionFacts;
  const { digest } = result.steps
    .flatMap(({ outputs }) => outputs)
    .find((one) => one.file === 'model.onnx')!;
  scorer = await openScorer(await blobs.get(digest), scorerSpecOf(file.artifact!));
});
afterAll(async () => {
  await scorer?.close();
  await rm(root, { recursive: true, force: true });
});

const partOf = <T>(evaluation: TestingEvaluation, kind: string) =>
  evaluation.parts.find((part) => part.kind === kind)!.report as T;

test('the table is that of the wheel, taken apart by year', () => {
  const rows = Object.fromEntries(
    result.snapshots.flatMap(({ splits }) => splits.map(({ split, rows }) => [split, rows])),
  );
  expect(rows).toMatchObject({ development: 57_738, later: 140_573, holdout: 35_097 });
});

test('developer tests back-test three later years by fits that had not seen them', async () => {
  const development = await developmentTable(context, facts);
  try {
    const evaluation = await evaluateDevelopment(context, { facts, development, scorer });
    const backtest = partOf<BacktestReport>(evaluation, 'backtest');
    expect(backtest.scores).toBe('rolling');
    expect(backtest.periods.map(({ period }) => period)).toEqual(['2016', '2017', '2018']);
    for (const area of backtest.measurements.filter(({ metric }) => metric === 'auc')) {
      expect(Number(area.interval!.high) - Number(area.interval!.low)).toBeLessThan(0.01);
      expect(area.verdict).toBe('pass');
    }
    const stability = partOf<StabilityReport>(evaluation, 'stability');
    expect(stability.columns).toHaveLength(12);
    const fairness = evaluation.fairness!;
    const ratios = fairness.measurements.filter(({ metric }) => metric === 'approval_ratio');
    for (const group of ['female', 'black', 'asian']) {
      const { interval } = ratios.find((one) => one.group?.value === group)!;
      expect(Number(interval!.high) - Number(interval!.low)).toBeLessThan(0.15);
    }
    process.stdout.write(
      `${JSON.stringify(
        {
          verdict: evaluation.verdict,
          performance: evaluation.performance.measurements.slice(0, 8).map(brief),
          fairness: ratios.map(brief),
          periods: backtest.periods,
          backtest: [backtest.verdict, backtest.measurements.slice(0, 3).map(brief)],
          stability: [stability.verdict, stability.measurements.map(brief)],
        },
        null,
        1,
      )}\n`,
    );
  } finally {
    development.table.close();
  }
});

function brief(one: TestingEvaluation['performance']['measurements'][number]) {
  const group = one.group === undefined ? '' : ` ${one.group.value}`;
  return `${one.metric}${group}: ${one.value} [${one.interval?.low}, ${one.interval?.high}] ${one.verdict}`;
}

test('the validator’s plan back-tests the artefact on sealed rows of every later year', async () => {
  const text = await readFile(join(EXAMPLE, 'validator/plan.yaml'), 'utf8');
  const read = readYamlText(text, { aliasesMax: 0 });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const plan = read.text.value as { readonly testing: unknown };
  const testing = pipelineFileSchema.shape.testing.parse(plan.testing)!;
  const { table } = await loadSplit(context, result, 'people.holdout');
  try {
    await addScores(table, scorer, 'served_score');
    const dataset = datasetOf(facts, 'people.holdout');
    const evaluation = await evaluatePlan(testing, table, {
      roles: rolesOf(dataset, 'served_score'),
      cutoff: CUTOFF,
      protected: protectedOf(dataset),
      scorer,
    });
    const backtest = partOf<BacktestReport>(evaluation, 'backtest');
    expect(backtest.scores).toBe('one-model');
    expect(backtest.periods).toHaveLength(3);
    process.stdout.write(`${JSON.stringify([evaluation.verdict, backtest.periods], null, 1)}\n`);
  } finally {
    table.close();
  }
});

test('figures of the later rows agree with scikit-learn, SciPy and Fairlearn', async () => {
  const { table } = await loadSplit(context, result, 'people.later');
  try {
    await addScores(table, scorer, 'served_score');
    const path = join(root, 'scored.csv');
    const columns = await table.select('SELECT served_score, employed, race, year FROM rows');
    const lines = columns[0]!.map((score, at) =>
      [score, columns[1]![at], `"${columns[2]![at]}"`, columns[3]![at]].join(','),
    );
    await writeFile(path, `score,employed,race,year\n${lines.join('\n')}\n`);
    const python = join(preparedEnvironment(), 'bin', 'python');
    const expected = JSON.parse(
      execFileSync(python, [REFERENCE.pathname, path], { encoding: 'utf8' }),
    );
    const dataset = datasetOf(facts, 'people.later');
    const roles = rolesOf(dataset, 'served_score');
    const performance = await performanceReport(table, { roles, cutoff: CUTOFF, plan: {} });
    const auc = performance.measurements.find(({ metric }) => metric === 'auc')!;
    expect(Number(auc.value)).toBeCloseTo(expected.auc, 10);
    const fairness = await fairnessReport(table, {
      plan: {
        governing: 'approval_ratio',
        why: 'agreement',
        attributes: ['race'],
        limits: { approval_ratio: { min: '0.8' } },
      },
      protected: protectedOf(dataset),
      basis: { on: 'recommendation', score: 'served_score', cutoff: CUTOFF },
    });
    const groups = fairness.attributes[0]!.groups;
    for (const { group, approval_rate: rate } of groups) {
      expect(Number(rate.value)).toBeCloseTo(expected.selection[group], 10);
    }
    const { later: _, ...plan } = file.testing!;
    const { predictions: __, ...backtest } = plan.backtest as Extract<
      NonNullable<typeof plan.backtest>,
      { time: string }
    >;
    const evaluation = await evaluatePlan({ backtest }, table, { roles, cutoff: CUTOFF });
    const report = partOf<BacktestReport>(evaluation, 'backtest');
    for (const period of report.periods) {
      const own = expected.periods[period.period];
      expect([period.n, period.events]).toEqual([own.n, own.events]);
      expect(Number(period.predicted)).toBeCloseTo(own.predicted, 11);
      expect(Number(period.p_value)).toBeCloseTo(own.p, 7);
      const figure = (metric: string) =>
        Number(
          report.measurements.find(
            (one) => one.metric === metric && one.group?.value === period.period,
          )!.value,
        );
      expect(figure('auc')).toBeCloseTo(own.auc, 10);
      expect(figure('brier')).toBeCloseTo(own.brier, 10);
    }
  } finally {
    table.close();
  }
});
