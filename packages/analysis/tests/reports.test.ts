// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { assertRecordJson, parseStrictJson } from '@countersign/kernel';
import type { Grouping } from '@countersign/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AnalysisError,
  addScores,
  benchmarkReport,
  type ColumnTypes,
  type DecisionBasis,
  evaluateMonitoring,
  evaluatePlan,
  explainabilityReport,
  fairnessReport,
  freezeReference,
  loadTable,
  openScorer,
  parityReport,
  parseReasonTable,
  performanceReport,
  type Scorer,
  type ScorerSpec,
  stabilityReport,
  type Table,
  type TestingPlan,
  unguardedSpec,
} from '../src/index.ts';
import { printedSeed, seededNumbers } from './agreement/generated-rows.ts';

const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url));
const COLUMNS: ColumnTypes = {
  id: 'integer',
  amount: 'number',
  duration: 'integer',
  purpose: 'text',
  label: 'integer',
  trained: 'number',
  sex: 'text',
  age: 'integer',
};
const SPEC: ScorerSpec = {
  inputs: [
    { name: 'amount', type: 'f32' },
    { name: 'duration', type: 'i64' },
    { name: 'purpose', type: 'string' },
  ],
  output: 'probabilities',
  outputIndex: 1,
};
const CUTOFF = { cutoff: '0.35', adverseWhen: 'at-or-above' } as const;
const SEX: Grouping = { name: 'sex', column: 'sex', reference: 'male' };
const AGE: Grouping = {
  name: 'age-band',
  column: 'age',
  bands: ['25', '62'],
  reference: '25 to under 62',
  warning: 'ages are as stated',
};
const PLAN: TestingPlan = {
  metrics: {
    auc: { min: '0.5' },
    ks: { min: '0.05' },
    calibration_slope: { min: '0.5', max: '1.5' },
  },
  segments: [AGE, { name: 'purpose', column: 'purpose' }],
  fairness: {
    governing: 'approval_ratio',
    why: 'the four-fifths rule of thumb',
    limits: { approval_ratio: { min: '0.8' }, smd: { min: '-0.5', max: '0.5' } },
    conditional_on: ['purpose'],
  },
  sensitivity: { limits: { max_abs_change: { max: '0.9' } } },
};
const ROLES = { score: 'score', label: 'label' };
const lines = fixture('credit.csv').toString('utf8').trimEnd().split('\n');

const asCsv = (rows: readonly string[]) => ({
  format: 'csv' as const,
  bytes: Buffer.from(`${[lines[0], ...rows].join('\n')}\n`),
});

async function refusal(action: () => Promise<unknown>): Promise<AnalysisError> {
  const error = await action().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AnalysisError) return error;
  throw new Error(`expected an AnalysisError, got ${String(error)}`);
}

let scorer: Scorer;
let table: Table;
beforeAll(async () => {
  scorer = await openScorer(fixture('credit.onnx'), SPEC);
  table = await loadTable(asCsv(lines.slice(1)), COLUMNS);
  await addScores(table, scorer);
});
afterAll(async () => {
  table.close();
  await scorer.close();
});

describe('a testing plan', () => {
  test('gives the same digits whatever the order of rows and the number of threads', async () => {
    const random = seededNumbers(printedSeed('permuted rows'));
    const shuffled = lines
      .slice(1)
      .map((line) => ({ line, place: random() }))
      .sort((a, b) => a.place - b.place)
      .map(({ line }) => line);
    const subject = {
      roles: ROLES,
      cutoff: CUTOFF,
      protected: [SEX, AGE],
      intersections: [['sex', 'age-band']],
      scorer,
    };
    const texts: string[] = [];
    for (const [rows, threads] of [
      [lines.slice(1), 1],
      [shuffled, 2],
      [shuffled, 5],
    ] as const) {
      const other = await loadTable(asCsv(rows), COLUMNS, { threads });
      await addScores(other, scorer);
      texts.push(JSON.stringify(await evaluatePlan(PLAN, other, subject)));
      other.close();
    }
    expect(texts[0]!.length).toBeGreaterThan(10_000);
    expect(texts[1]).toBe(texts[0]);
    expect(texts[2]).toBe(texts[0]);
  });

  test('gives reports that a record can hold', async () => {
    const subject = { roles: ROLES, cutoff: CUTOFF, protected: [SEX, AGE], scorer };
    const evaluation = await evaluatePlan(PLAN, table, subject);
    assertRecordJson(parseStrictJson(JSON.stringify(evaluation), { maxBytes: 1 << 24 }));
    expect(evaluation.performance.rows).toBe(600);
    expect(
      evaluation.performance.measurements.find(({ metric }) => metric === 'auc'),
    ).toMatchObject({
      n: 600,
      limit: { min: '0.5' },
      judge: 'interval',
    });
    expect(evaluation.performance.caveats).toEqual(['ages are as stated']);
  });

  test('names an unknown metric and an unknown column', async () => {
    const plan = { metrics: { accuracy_at_5: { min: '1' } } };
    const metric = await refusal(() => evaluatePlan(plan, table, { roles: ROLES }));
    expect([metric.code, metric.details.field]).toEqual(['plan_invalid', 'metrics.accuracy_at_5']);
    const column = await refusal(() =>
      evaluatePlan({}, table, { roles: { ...ROLES, label: 'bad' } }),
    );
    expect([column.code, column.details.column]).toEqual(['column_missing', 'bad']);
  });
});

describe('performance', () => {
  test('refuses a label that is neither 0 nor 1 and a score that is no probability', async () => {
    const label = await refusal(() =>
      performanceReport(table, { roles: { score: 'score', label: 'age' }, plan: {} }),
    );
    expect([label.code, label.details.row]).toEqual(['label_not_binary', 1]);
    const score = await refusal(() =>
      performanceReport(table, { roles: { score: 'amount', label: 'label' }, plan: {} }),
    );
    expect([score.code, score.details.column]).toEqual(['score_out_of_range', 'amount']);
  });

  test('reads a text label by its positive value, and weights by label', async () => {
    const rows = lines
      .slice(1)
      .map((line) =>
        line.replace(
          /^((?:[^,]*,){4})([01]),/,
          (_, start, y) => `${start}${y === '1' ? 'bad' : 'good'},`,
        ),
      );
    const texts = await loadTable(asCsv(rows), { ...COLUMNS, label: 'text' });
    await addScores(texts, scorer);
    const plain = await performanceReport(table, { roles: ROLES, cutoff: CUTOFF, plan: {} });
    const roles = { ...ROLES, positive: 'bad', weights: { bad: '0.2', good: '1' } };
    const report = await performanceReport(texts, { roles, cutoff: CUTOFF, plan: {} });
    const [weighted, unweighted] = [true, undefined].map((flag) =>
      report.measurements.filter((entry) => entry.weighted === flag),
    );
    expect(unweighted).toEqual(plain.measurements);
    const value = (metric: string) => weighted!.find((entry) => entry.metric === metric)!.value;
    expect(value('auc')).toBe(plain.measurements[0]!.value);
    // Down-weighting the bads to a fifth lowers the log odds by log 5, and the intercept with them.
    const intercept = plain.measurements.find(
      ({ metric }) => metric === 'calibration_intercept',
    )!.value;
    expect(Number(value('calibration_intercept')) - Number(intercept)).toBeCloseTo(-Math.log(5), 1);
    texts.close();
  });

  test('says too few of a small segment instead of measuring it', async () => {
    const plan = { segments: [{ name: 'old', column: 'age', bands: ['74'] }] };
    const { segments } = await performanceReport(table, { roles: ROLES, plan });
    const old = segments[0]!.measurements.filter(({ group }) => group!.value === '74 and over');
    expect(old.length).toBeGreaterThan(0);
    expect(old.every(({ verdict, value }) => verdict === 'too-few' && value === null)).toBe(true);
  });
});

describe('fairness', () => {
  const basis: DecisionBasis = { on: 'recommendation', score: 'score', cutoff: CUTOFF };
  const plan = PLAN.fairness!;

  test('counts every row once, rows without group as not provided and without verdict', async () => {
    const report = await fairnessReport(table, { plan, protected: [SEX], basis });
    const [sex] = report.attributes;
    expect(sex!.groups.map(({ group }) => group)).toEqual(['female', 'male', 'not provided']);
    expect(sex!.groups.reduce((sum, { n }) => sum + n, 0)).toBe(600);
    const verdicts = sex!.measurements.filter(({ group }) => group!.value === 'not provided');
    expect(verdicts.every(({ limit }) => limit === undefined)).toBe(true);
    expect(Object.keys(sex!.exact_p)).toEqual(['female', 'not provided']);
  });

  test('is judged by the governing criterion alone', async () => {
    const limits = { approval_ratio: { min: '0.01' }, smd: { max: '-5' } };
    const report = await fairnessReport(table, {
      plan: { ...plan, limits },
      protected: [SEX],
      basis,
    });
    expect(report.measurements.some(({ verdict }) => verdict === 'fail')).toBe(true);
    expect(report.verdict).toBe('pass');
    const strict = { ...plan, limits: { approval_ratio: { min: '3' } } };
    expect((await fairnessReport(table, { plan: strict, protected: [SEX], basis })).verdict).toBe(
      'fail',
    );
  });

  test('reports intersections without judging them', async () => {
    const intersections = [['sex', 'age-band']];
    const report = await fairnessReport(table, {
      plan,
      protected: [SEX, AGE],
      basis,
      intersections,
    });
    const crossed = report.attributes[2]!;
    expect([crossed.name, crossed.reference]).toEqual(['sex × age-band', 'male × 25 to under 62']);
    expect(crossed.groups.reduce((sum, { n }) => sum + n, 0)).toBe(600);
    expect(crossed.measurements.every(({ limit }) => limit === undefined)).toBe(true);
  });

  test('is inconclusive on too few events', async () => {
    const cutoff = { cutoff: '0.99', adverseWhen: 'at-or-above' } as const;
    const report = await fairnessReport(table, {
      plan,
      protected: [SEX],
      basis: { ...basis, cutoff },
    });
    expect(report.verdict).toBe('inconclusive');
    expect(report.measurements[0]!.reason).toMatch(/smallest expected count/);
  });

  test('measures recorded actions as well as recommendations', async () => {
    const action: DecisionBasis = { on: 'action', column: 'purpose', adverse: ['car'] };
    const report = await fairnessReport(table, {
      plan: { ...plan, conditional_on: [] },
      protected: [SEX],
      basis: action,
    });
    const cars = lines.slice(1).filter((line) => line.split(',')[3] === 'car').length;
    expect(report.attributes[0]!.groups.reduce((sum, { denied }) => sum + denied, 0)).toBe(cars);
    expect(report.measurements.some(({ metric }) => metric === 'smd')).toBe(false);
  });

  test.each([
    ['a criterion without limit', { ...plan, limits: {} }, [SEX], 'plan_invalid'],
    ['an undeclared attribute', { ...plan, attributes: ['faith'] }, [SEX], 'plan_invalid'],
    ['a grouping without reference', plan, [{ name: 'sex', column: 'sex' }], 'plan_invalid'],
    ['a reference that nobody belongs to', plan, [{ ...SEX, reference: 'men' }], 'group_missing'],
    ['bands that do not ascend', plan, [{ ...AGE, bands: ['62', '25'] }], 'plan_invalid'],
  ])('refuses %s', async (_, broken, groupings, code) => {
    const error = await refusal(() =>
      fairnessReport(table, { plan: broken, protected: groupings, basis }),
    );
    expect(error.code).toBe(code);
  });
});

describe('robustness', () => {
  test('moves the score with every input', async () => {
    const { robustness } = await evaluatePlan(PLAN, table, {
      roles: ROLES,
      cutoff: CUTOFF,
      scorer,
    });
    expect(robustness!.inputs.map(({ input }) => input)).toEqual(['amount', 'duration', 'purpose']);
    for (const { effects } of robustness!.inputs) {
      expect(effects.some((effect) => Number(effect.max_abs_change) > 0.01)).toBe(true);
    }
    const up = robustness!.inputs[1]!.effects.find(({ perturbation }) =>
      perturbation.startsWith('+'),
    )!;
    expect(Number(up.mean_change)).toBeGreaterThan(0);
    expect(robustness!.boundaries.length).toBeGreaterThan(20);
  });

  test('fails where a strange value breaks the model, and passes once the declaration refuses it', async () => {
    const broken = await evaluatePlan(PLAN, table, { roles: ROLES, cutoff: CUTOFF, scorer });
    const failed = broken.robustness!.boundaries.filter(({ outcome }) => outcome === 'failed');
    expect(failed.map(({ input, probe }) => `${input}: ${probe}`)).toEqual([
      'purpose: empty text',
      'purpose: unseen level',
      'purpose: long text',
    ]);
    expect(broken.robustness!.verdict).toBe('fail');
    const inputs = SPEC.inputs.map((input) =>
      input.name === 'purpose' ? { ...input, allowed: ['car', 'education', 'furniture'] } : input,
    );
    const guarded = await openScorer(fixture('credit.onnx'), { ...SPEC, inputs });
    const subject = { roles: ROLES, cutoff: CUTOFF, scorer: guarded };
    expect((await evaluatePlan(PLAN, table, subject)).robustness!.verdict).toBe('pass');
    await guarded.close();
  });
});

describe('stability', () => {
  const limits = { psi: { max: '0.1' } };

  test('is exactly zero on the reference itself', async () => {
    const bins = await freezeReference(table, ['score', 'amount', 'purpose', 'sex']);
    const report = await stabilityReport(table, { bins, limits });
    expect(report.columns.map(({ measurement }) => measurement.value)).toEqual([
      '0',
      '0',
      '0',
      '0',
    ]);
    expect(report.columns[0]!.bins.reduce((sum, { current }) => sum + current, 0)).toBe(600);
    expect([report.verdict, report.breaches]).toEqual(['pass', []]);
  });

  test('finds a synthetic shift, with missing and unseen values as bins', async () => {
    const bins = await freezeReference(table, ['amount', 'purpose', 'sex']);
    const rows = lines.slice(1, 301).map((line) => {
      const cells = line.split(',');
      cells[1] = String(Number(cells[1]) * 2.5);
      if (Number(cells[0]) % 3 === 0) cells[3] = 'boat';
      return cells.join(',');
    });
    const moved = await loadTable(asCsv(rows), COLUMNS);
    const report = await stabilityReport(moved, { bins, limits });
    expect(report.breaches).toEqual(['amount', 'purpose']);
    const unseen = report.columns[1]!.bins.find(({ bin }) => bin === 'not listed')!;
    expect([unseen.reference, unseen.current]).toEqual([0, 100]);
    moved.close();
  });

  test('is inconclusive when a material shift is within chance', async () => {
    const bins = await freezeReference(table, ['amount']);
    const few = await loadTable(asCsv(lines.slice(1, 16)), COLUMNS);
    const report = await stabilityReport(few, { bins, limits: { psi: { max: '0.01' } } });
    expect([report.verdict, report.breaches]).toEqual(['inconclusive', []]);
    few.close();
  });

  test('monitoring names the part that broke, and leaves rows without outcome out of the outcome figures', async () => {
    const bins = await freezeReference(table, ['score']);
    const rows = lines
      .slice(1)
      .map((line, index) =>
        index % 2 === 0 ? line : line.replace(/^((?:[^,]*,){4})[01],/, '$1,'),
      );
    const window = await loadTable(asCsv(rows), COLUMNS);
    await addScores(window, scorer);
    const plan = {
      window: '30d',
      stability: { limits, false_alarms_per_year: '1' },
      outcomes: { limits: { auc: { min: '0.95' } }, events_min: 20 },
      fairness: PLAN.fairness,
    };
    const evaluation = await evaluateMonitoring(plan, window, {
      roles: ROLES,
      cutoff: CUTOFF,
      protected: [SEX],
      bins,
    });
    expect(evaluation.breaches).toEqual(['outcomes']);
    expect([evaluation.outcomes!.rows, evaluation.outcomes!.unlabelled]).toEqual([300, 300]);
    expect(evaluation.fairness!.rows).toBe(600);
    window.close();
  });
});

describe('parity, explanation and benchmark', () => {
  test('the model served agrees with scikit-learn and flips no decision', async () => {
    const report = await parityReport(table, scorer, { recorded: 'trained', cutoff: CUTOFF });
    expect(report.verdict).toBe('pass');
    expect(Number(report.measurements[0]!.value)).toBeGreaterThan(0);
    expect(report.kinds).toMatchObject([
      { kind: 'all', rows: 600, compared: 600, refused: 0, failed: 0, flips: 0 },
    ]);
  });

  test('a wrong recorded score fails parity as difference and as flip', async () => {
    const rows = lines.slice(1, 21).map((line, index) => {
      const cells = line.split(',');
      cells[5] = index === 3 ? '0.999' : cells[5]!;
      return cells.join(',');
    });
    const wrong = await loadTable(asCsv(rows), COLUMNS);
    const report = await parityReport(wrong, scorer, { recorded: 'trained', cutoff: CUTOFF });
    expect(report.verdict).toBe('fail');
    expect(report.worst[0]).toMatchObject({ row: 4, recorded: '0.999' });
    wrong.close();
  });

  test('a row with a missing input is a refusal, not a failure', async () => {
    const rows = [...lines.slice(1, 5), lines[5]!.replace(/^([^,]*),[^,]*,/, '$1,,')];
    const holes = await loadTable(asCsv(rows), COLUMNS);
    const report = await parityReport(holes, scorer, { recorded: 'trained', cutoff: CUTOFF });
    expect(report.kinds).toMatchObject([{ rows: 5, compared: 4, refused: 1, failed: 0 }]);
    expect(report.verdict).toBe('pass');
    holes.close();
  });

  test('values that serving refuses are all refused, and scored alike by the unguarded graph', async () => {
    const inputs = SPEC.inputs.map((input) =>
      input.name === 'duration' ? { ...input, max: '10' } : input,
    );
    const rows = lines.slice(1).filter((line) => Number(line.split(',')[2]) > 10);
    const beyond = await loadTable(asCsv(rows), COLUMNS);
    const narrow = await openScorer(fixture('credit.onnx'), { ...SPEC, inputs });
    const refused = await parityReport(beyond, narrow, {
      recorded: 'trained',
      cutoff: CUTOFF,
      expect: 'refusals',
    });
    expect([refused.verdict, refused.measurements[0]!.value]).toEqual([
      'pass',
      String(rows.length),
    ]);
    const open = await openScorer(fixture('credit.onnx'), unguardedSpec(narrow.spec));
    const scored = await parityReport(beyond, open, { recorded: 'trained', cutoff: CUTOFF });
    expect([scored.verdict, scored.kinds[0]!.compared]).toEqual(['pass', rows.length]);
    const answered = await parityReport(beyond, open, { recorded: 'trained', expect: 'refusals' });
    expect(answered.verdict).toBe('fail');
    beyond.close();
    await narrow.close();
    await open.close();
  });

  test('the contributions add up to the logit and the first reason is true', async () => {
    const reasons = parseReasonTable(JSON.parse(fixture('reasons.json').toString('utf8')));
    const report = await explainabilityReport(table, scorer, { reasons, cutoff: CUTOFF });
    expect(report.verdict).toBe('pass');
    expect(
      report.measurements.map(({ metric, value }) =>
        metric === 'reason_accuracy' ? value : Number(value) < 1e-5,
      ),
    ).toEqual([true, '1']);
  });

  test('points of the wrong sign are found, as sum and as reason', async () => {
    const file = JSON.parse(fixture('reasons.json').toString('utf8'));
    for (const level of Object.keys(file.features[2].points)) file.features[2].points[level] *= -1;
    const reasons = parseReasonTable(file);
    const report = await explainabilityReport(table, scorer, { reasons });
    expect(report.measurements.map(({ verdict }) => verdict)).toEqual(['fail', 'fail']);
    expect(report.first_reasons.purpose).toBeGreaterThan(0);
  });

  test.each([
    ['an input without term', (file: { features: unknown[] }) => file.features.pop(), 'purpose'],
    [
      'a coefficient that is no number',
      (file: { features: object[] }) => Object.assign(file.features[0]!, { coefficient: 'x' }),
      'features[0].coefficient',
    ],
  ])('a reason table with %s is refused', async (_, breakIt, field) => {
    const file = JSON.parse(fixture('reasons.json').toString('utf8'));
    breakIt(file);
    const error = await refusal(async () =>
      explainabilityReport(table, scorer, { reasons: parseReasonTable(file) }),
    );
    expect([error.code, error.details.field]).toEqual(['reasons_invalid', field]);
  });

  test('a model compared with itself differs by nothing', async () => {
    const report = await benchmarkReport(table, {
      roles: ROLES,
      challenger: 'score',
      cutoff: CUTOFF,
      limits: { auc_difference: { min: '-0.02' } },
    });
    const difference = report.measurements.find(({ metric }) => metric === 'auc_difference');
    expect([difference!.value, difference!.verdict]).toEqual(['0', 'pass']);
    expect(report.swap_set!.only_candidate_adverse + report.swap_set!.only_challenger_adverse).toBe(
      0,
    );
  });
});
