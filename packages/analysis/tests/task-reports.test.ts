// SPDX-License-Identifier: Apache-2.0
import { assertRecordJson } from '@countersign/kernel';
import { pipelineFileSchema } from '@countersign/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AnalysisError,
  type ClinicalReport,
  type ColumnTypes,
  type EstimateReport,
  evaluateMonitoring,
  evaluatePlan,
  type InsuranceReport,
  loadTable,
  type MarketRiskReport,
  type Measurement,
  type PriceReport,
  type Table,
  type TestingEvaluation,
  type TestingPlan,
} from '../src/index.ts';
import { seededNumbers } from './agreement/generated-rows.ts';

const random = seededNumbers(2026);
const ROWS = 2400;

const POLICY_COLUMNS: ColumnTypes = {
  policy: 'integer',
  rate: 'number',
  tariff: 'number',
  years: 'number',
  claims: 'integer',
  premium: 'number',
  loss: 'number',
  region: 'text',
  sex: 'text',
  median: 'number',
  high: 'number',
};

// Claims follow `rate`; the tariff knows half of it; women pay a tenth more at the same expected loss.
function policyLine(row: number): string {
  const rate = 0.1 + 0.5 * random() * random();
  const years = 0.25 + 0.75 * random();
  const claims = Math.floor(rate * years + random());
  const sex = random() < 0.4 ? 'female' : 'male';
  const premium = rate * years * 900 * (sex === 'female' ? 1.1 : 1) * (0.95 + 0.1 * random());
  const region = row < 7 ? 'island' : ['north', 'south'][row % 2];
  const figures = [rate, 0.15 + 0.3 * rate, years, claims, premium, rate * years * 900];
  return [
    Math.floor(row / 3),
    ...figures,
    region,
    sex,
    claims,
    claims + 1 - (row % 10 < 2 ? 2 : 0),
  ].join(',');
}

const DAY_COLUMNS: ColumnTypes = { day: 'date', pnl: 'number', var99: 'number', var95: 'number' };
const READING_COLUMNS: ColumnTypes = { score: 'number', sick: 'integer', reader: 'text' };

function dayLine(day: number): string {
  const date = new Date(Date.UTC(2024, 0, 1 + day)).toISOString().slice(0, 10);
  const isBad = [30, 120, 260, 290, 291].includes(day);
  return [date, isBad ? -130 : 80 * (random() - 0.5), 100, 35].join(',');
}

function readingLine(row: number): string {
  const isSick = row % 4 === 0;
  const score = isSick ? 0.3 + 0.7 * random() : 0.75 * random();
  const reader = (isSick ? random() < 0.75 : random() < 0.3) ? 'yes' : 'no';
  return [score, isSick ? 1 : 0, reader].join(',');
}

const csv = (columns: ColumnTypes, count: number, line: (row: number) => string) =>
  [Object.keys(columns).join(','), ...Array.from({ length: count }, (_, row) => line(row))].join(
    '\n',
  );

const POLICIES = csv(POLICY_COLUMNS, ROWS, policyLine);
let policies: Table;
let days: Table;
let readings: Table;

const load = (text: string, columns: ColumnTypes, threads = 2) =>
  loadTable({ format: 'csv', bytes: new TextEncoder().encode(text) }, columns, { threads });

beforeAll(async () => {
  policies = await load(POLICIES, POLICY_COLUMNS);
  days = await load(csv(DAY_COLUMNS, 300, dayLine), DAY_COLUMNS);
  readings = await load(csv(READING_COLUMNS, 1200, readingLine), READING_COLUMNS);
});
afterAll(() => {
  for (const table of [policies, days, readings]) table.close();
});

/** As the pipeline file reads it. */
const planOf = (testing: unknown): TestingPlan =>
  pipelineFileSchema.shape.testing.parse(testing) as TestingPlan;
const figure = (of: readonly Measurement[], metric: string, group?: string) =>
  of.find((one) => one.metric === metric && (group === undefined || one.group?.value === group))!;
const part = <R>(evaluation: TestingEvaluation, kind: string): R =>
  evaluation.parts.find((one) => one.kind === kind)!.report as R;

const PROTECTED = [{ name: 'sex', column: 'sex', reference: 'male' }];
const INSURANCE_PLAN = {
  task: 'estimate',
  metrics: { bias: { min: '-0.05', max: '0.05' }, spearman: { min: '0.9' } },
  segments: ['region'],
  estimate: {
    quantiles: [
      { column: 'median', at: 0.5 },
      { column: 'high', at: 0.8 },
    ],
  },
  insurance: {
    family: 'poisson',
    exposure: 'years',
    against: 'tariff',
    premium: 'premium',
    limits: {
      actual_expected_ratio: { min: '0.8', max: '1.2' },
      deviance_difference: { max: '0' },
    },
    price: {
      column: 'premium',
      expected_loss: 'loss',
      why: 'Premium may differ by expected loss alone.',
      limits: { price_to_loss_ratio: { min: '0.95', max: '1.05' } },
    },
  },
};
const ROLES = { score: 'rate', label: 'claims' };
const measurePolicies = (plan: unknown, table = policies) =>
  evaluatePlan(planOf(plan), table, { roles: ROLES, protected: PROTECTED });

describe('a plan whose task is an estimate', () => {
  test('measures a predicted number, judged, as JSON fit for a record', async () => {
    const evaluation = await measurePolicies(INSURANCE_PLAN);
    const report = evaluation.performance as EstimateReport;
    expect(report.kind).toBe('estimate');
    expect(figure(report.measurements, 'spearman').verdict).toBe('fail');
    expect(evaluation.verdict).toBe('fail');
    expect(figure(report.measurements, 'mape')).toMatchObject({ value: null });
    expect(Number(figure(report.measurements, 'quantile_coverage', '0.5').value)).toBe(1);
    expect(figure(report.measurements, 'quantile_coverage', '0.8').value).toBe('0.8');
    expect(figure(report.measurements, 'quantile_coverage_gap', '0.8').value).toBe('0');
    expect(report.residuals?.tenths).toHaveLength(10);
    assertRecordJson(JSON.parse(JSON.stringify(evaluation)));
  });

  test('a segment of seven rows says too few, not a number', async () => {
    const { performance } = await measurePolicies(INSURANCE_PLAN);
    const island = (performance as EstimateReport).segments[0]!.measurements.filter(
      ({ group }) => group?.value === 'island',
    );
    expect(island.every(({ verdict, value }) => verdict === 'too-few' && value === null)).toBe(
      true,
    );
  });

  test('insurance: a right rate is no worse than one, and better than the tariff', async () => {
    const report = part<InsuranceReport>(await measurePolicies(INSURANCE_PLAN), 'insurance');
    expect(figure(report.measurements, 'actual_expected_ratio').verdict).toBe('pass');
    expect(figure(report.measurements, 'deviance_difference').verdict).toBe('pass');
    expect(Number(figure(report.measurements, 'top_tenth_lift').value)).toBeGreaterThan(1.5);
    expect(figure(report.measurements, 'mean_deviance', 'island').verdict).toBe('too-few');
    expect(report.lift.map(({ n }) => n).reduce((a, b) => a + b)).toBe(ROWS);
    expect(report.double_lift).toHaveLength(10);
    expect(report.lorenz.at(0)).toEqual({ premium: '0', loss: '0' });
    expect(report.lorenz.at(-1)).toEqual({ premium: '1', loss: '1' });
  });

  test('price: women who pay a tenth more at equal expected loss are found', async () => {
    const evaluation = await measurePolicies(INSURANCE_PLAN);
    const found = evaluation.parts.find(({ kind }) => kind === 'price');
    expect(found?.evidence).toBe('fairness-test');
    const report = found?.report as PriceReport;
    for (const metric of ['price_to_loss_ratio', 'price_ratio_at_equal_loss']) {
      expect(Number(figure(report.measurements, metric).value)).toBeCloseTo(1.1, 1);
    }
    expect(figure(report.measurements, 'price_to_loss_ratio').verdict).toBe('fail');
    expect(report.verdict).toBe('fail');
  });

  test('gives the same digits for other row orders and thread counts, with and without units', async () => {
    const [head, ...lines] = POLICIES.split('\n');
    const turned = await load([head, ...lines.reverse()].join('\n'), POLICY_COLUMNS, 1);
    try {
      const roles = { ...ROLES, unit: 'policy', weights: 'years' };
      const subject = { roles, protected: PROTECTED };
      const plan = planOf(INSURANCE_PLAN);
      const one = await evaluatePlan(plan, policies, subject);
      expect(await evaluatePlan(plan, turned, subject)).toEqual(one);
      const clustered = figure(one.performance.measurements, 'rmse').interval;
      expect(clustered?.method).toBe('delta, clustered by unit');
      expect(await measurePolicies(plan, turned)).toEqual(await measurePolicies(plan));
    } finally {
      turned.close();
    }
  });

  test('is watched by the same figures: outcomes that came in, the others left out and counted', async () => {
    const subject = { roles: { score: 'rate', label: 'settled' }, task: 'estimate' as const };
    const [head, ...lines] = POLICIES.split('\n');
    const half = lines.map((line, row) => `${line},${row % 2 === 0 ? '' : line.split(',')[4]}`);
    const columns = { ...POLICY_COLUMNS, settled: 'integer' } as const;
    const window = await load([`${head},settled`, ...half].join('\n'), columns);
    try {
      const plan = { outcomes: { limits: { bias: { max: '-1' } } } };
      const { outcomes, breaches } = await evaluateMonitoring(plan, window, subject);
      expect(outcomes).toMatchObject({ kind: 'estimate', rows: ROWS / 2, unlabelled: ROWS / 2 });
      expect(breaches).toEqual(['outcomes']);
    } finally {
      window.close();
    }
  });

  test('names the metrics that it knows, and the row of a number that cannot be used', async () => {
    const refused = async (plan: unknown, roles = ROLES) =>
      evaluatePlan(planOf(plan), policies, { roles }).then(
        () => undefined,
        (error: unknown) => error as AnalysisError,
      );
    const unknown = await refused({ task: 'estimate', metrics: { auc: { min: '0.7' } } });
    expect(unknown).toBeInstanceOf(AnalysisError);
    expect(unknown?.message).toContain('expected one of rmse, mae');
    const gamma = await refused({ task: 'estimate', insurance: { family: 'gamma' } });
    expect(gamma).toMatchObject({ code: 'value_invalid', details: { column: 'claims' } });
    const text = await refused({ task: 'estimate' }, { score: 'region', label: 'claims' });
    expect(text).toMatchObject({ code: 'column_type' });
  });
});

describe('a plan whose task is market risk', () => {
  const PLAN = {
    task: 'market-risk',
    metrics: { kupiec_p: { min: '0.05' }, basel_exceptions: { max: '4' } },
    market_risk: { date: 'day', level: 0.99, forecasts: [{ column: 'var95', level: 0.95 }] },
  };
  const measure = (plan: unknown) =>
    evaluatePlan(planOf(plan), days, { roles: { score: 'var99', label: 'pnl' } });

  test('counts exceptions of each forecast, lists them and tells the zone', async () => {
    const evaluation = await measure(PLAN);
    const report = evaluation.performance as MarketRiskReport;
    const [first, second] = report.forecasts;
    expect(first?.exceptions.map(({ date }) => date)).toEqual([
      '2024-01-31',
      '2024-04-30',
      '2024-09-17',
      '2024-10-17',
      '2024-10-18',
    ]);
    expect(first?.transitions).toMatchObject({ n11: 1, n10: 4, n01: 4 });
    expect(first?.basel).toMatchObject({ days: 250, exceptions: 4, zone: 'green' });
    expect(figure(report.measurements, 'basel_exceptions', 'var99').verdict).toBe('pass');
    expect(second?.exceptions.length).toBeGreaterThan(5);
    expect(evaluation.verdict).toBe('fail');
    assertRecordJson(JSON.parse(JSON.stringify(report)));
  });

  test('needs its section, and a date once', async () => {
    const parse = (testing: unknown) => pipelineFileSchema.shape.testing.safeParse(testing);
    expect(parse({ task: 'market-risk' }).error?.issues[0]?.path).toEqual(['market_risk']);
    expect(parse({ clinical: {}, task: 'estimate' }).error?.issues[0]?.message).toContain(
      'expected with `task: binary` alone',
    );
    const other = { ...PLAN, market_risk: { date: 'pnl', level: 0.99 } };
    await expect(measure(other)).rejects.toMatchObject({ code: 'column_type' });
  });
});

describe('a clinical part', () => {
  const PLAN = {
    clinical: {
      prevalence: { value: 0.05, source: 'registry of the region, 2025' },
      limits: { sensitivity: { min: '0.7' }, npv_at_prevalence: { min: '0.95' } },
      non_inferiority: [
        {
          metric: 'sensitivity',
          against: { column: 'reader', positive: 'yes' },
          margin: 0.05,
          why: 'one missed case in twenty',
        },
        {
          metric: 'specificity',
          against: { value: 0.95, source: 'the guideline' },
          margin: 0.05,
          why: 'as above',
        },
      ],
    },
  };
  const cutoff = { cutoff: '0.5', adverseWhen: 'at-or-above' } as const;
  const measure = (testing: unknown) =>
    evaluatePlan(planOf(testing), readings, { roles: { score: 'score', label: 'sick' }, cutoff });

  test('gives rates, values at the prevalence, and judges non-inferiority by its margin', async () => {
    const report = part<ClinicalReport>(await measure(PLAN), 'clinical');
    const { truePositives, falseNegatives } = report.counts;
    expect(truePositives + falseNegatives).toBe(300);
    expect(figure(report.measurements, 'sensitivity')).toMatchObject({
      source: 'Clopper & Pearson 1934',
      n: 300,
      verdict: truePositives > 240 ? 'pass' : 'inconclusive',
    });
    const [paired, fixed] = report.non_inferiority;
    const counts = paired!.counts!;
    expect(counts.both + counts.first).toBe(truePositives);
    expect(paired?.cases).toBe(300);
    expect(paired?.cases_needed).toBeGreaterThan(300);
    expect(fixed).toMatchObject({ against: 'fixed 0.95', cases: 900 });
    const worse = figure(report.measurements, 'specificity_difference');
    expect(worse).toMatchObject({ limit: { min: '-0.05' }, verdict: 'fail' });
    assertRecordJson(JSON.parse(JSON.stringify(report)));
  });

  test('refuses a reading that is never positive, and a plan without cutoff', async () => {
    const against = { column: 'reader', positive: 'Yes' };
    const wrong = {
      clinical: {
        non_inferiority: [{ metric: 'sensitivity', against, margin: 0.05, why: 'typing' }],
      },
    };
    await expect(measure(wrong)).rejects.toMatchObject({ code: 'label_not_binary' });
    const roles = { score: 'score', label: 'sick' };
    await expect(evaluatePlan(planOf(PLAN), readings, { roles })).rejects.toMatchObject({
      code: 'plan_invalid',
    });
  });
});
