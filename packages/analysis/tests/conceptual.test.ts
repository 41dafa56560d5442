// SPDX-License-Identifier: Apache-2.0
import { assertRecordJson } from '@countersign/kernel';
import { toRecordJson } from '@countersign/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { overfitGap } from '../src/conceptual/overfit-gap.ts';
import {
  aucDifference,
  benchmarkReport,
  brierDifference,
  type ColumnTypes,
  compareDecisions,
  conceptualReport,
  evaluatePlan,
  holmAdjusted,
  loadTable,
  mcNemar,
  type PairedRow,
  pairedCellsOf,
  type Scorer,
  simpleBenchmarkReport,
  type Table,
} from '../src/index.ts';
import { drawsOf, normalDraws, shuffledPlaces } from '../src/numeric/draws.ts';
import { coverageOf } from './interval-coverage/coverage-of.ts';

const COLUMNS: ColumnTypes = {
  income: 'number',
  doubled: 'number',
  debt: 'number',
  leak: 'number',
  region: 'text',
  label: 'integer',
  oof: 'number',
  household: 'integer',
};
const ROWS = 800;
const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit));

/** A logistic scorer that goes by income and debt, debt the wrong way round. */
const scorer: Scorer = {
  spec: {
    inputs: [
      ...['income', 'doubled', 'debt', 'leak'].map((name) => ({ name, type: 'f64' as const })),
      { name: 'region', type: 'string' },
    ],
    output: 'p',
  },
  score: async (row) => {
    const score = sigmoid(-1 - Number(row.income) - 0.5 * Number(row.debt));
    return { score, raw: [score] };
  },
  close: async () => {},
};

const lines = (() => {
  const draws = drawsOf('conceptual');
  const normal = normalDraws(draws);
  return Array.from({ length: ROWS }, (_, row) => {
    const [income, debt] = [normal(), normal()];
    const truth = sigmoid(-1 - income + 0.8 * debt);
    const region = row % 40 === 0 ? 'moor' : row % 3 === 0 ? 'coast' : 'city';
    // Nobody of the moor ever defaults, and the leak is the outcome with a little noise.
    const label = region === 'moor' ? 0 : draws() < truth ? 1 : 0;
    const leak = label + 0.25 * normal();
    const doubled = 2 * income + 0.02 * normal();
    const oof = sigmoid(-1 - 0.6 * income + 0.3 * normal());
    return [income, doubled, debt, leak, region, label, oof, row % 200].join(',');
  });
})();

const ROLES = { score: 'oof', label: 'label' };

async function tableOf(rows: readonly string[], threads: number): Promise<Table> {
  const bytes = Buffer.from(`${[Object.keys(COLUMNS).join(','), ...rows].join('\n')}\n`);
  return loadTable({ format: 'csv', bytes }, COLUMNS, { threads });
}

let table: Table;
let shuffled: Table;
beforeAll(async () => {
  table = await tableOf(lines, 1);
  const places = shuffledPlaces(lines.length, drawsOf('another order'));
  shuffled = await tableOf(
    Array.from(places, (place) => lines[place]!),
    2,
  );
});
afterAll(() => {
  table.close();
  shuffled.close();
});

describe('conceptual checks', () => {
  test('find the collinear pair, the level of one outcome, the leak, the turned sign and the overfit', async () => {
    const report = await conceptualReport(table, scorer, {
      plan: { limits: { variance_inflation: { max: '10' }, single_input_auc: { max: '0.95' } } },
      roles: ROLES,
    });
    const check = (name: string) => report.checks.find((one) => one.check === name)!;
    expect(check('collinearity')).toMatchObject({ state: 'noted', verdict: 'fail' });
    expect(check('collinearity').found).toContain('doubled');
    expect(check('collinearity').found).not.toContain('debt');
    expect(check('separation')).toMatchObject({ state: 'noted', verdict: 'informational' });
    expect(check('separation').found).toContain('moor (20 rows)');
    expect(check('leakage')).toMatchObject({ state: 'noted', verdict: 'fail' });
    expect(check('leakage').found).toContain('leak');
    expect(check('direction').found).toContain('debt');
    expect(check('direction').found).not.toContain('income,');
    expect(check('overfitting').state).not.toBe('not measured');
    expect(report.inputs.find(({ input }) => input === 'debt')!.direction).toBe('reversed');
    expect(report.verdict).toBe('fail');
  });

  test('say that overfitting is not measured where the scores are the artefact’s own', async () => {
    const roles = { ...ROLES, score: 'own' };
    const scores = await table.select('SELECT income, debt FROM rows ORDER BY rowid');
    const own = scores[0]!.map((income, at) =>
      sigmoid(-1 - Number(income) - 0.5 * Number(scores[1]![at])),
    );
    const { addNumbers } = await import('../src/index.ts');
    const copy = await tableOf(lines, 1);
    await addNumbers(copy, 'own', Float64Array.from(own));
    const report = await conceptualReport(copy, scorer, { plan: {}, roles });
    copy.close();
    expect(report.checks.find(({ check }) => check === 'overfitting')!.state).toBe('not measured');
    expect(report.measurements.some(({ metric }) => metric.startsWith('overfit'))).toBe(false);
    expect(report.verdict).toBe('informational');
  });

  test('a column that another one determines has no finite inflation and breaks its limit', async () => {
    const rows = lines.map((line) => {
      const cells = line.split(',');
      cells[1] = String(2 * Number(cells[0]));
      return cells.join(',');
    });
    const exact = await tableOf(rows, 1);
    const report = await conceptualReport(exact, scorer, {
      plan: { limits: { variance_inflation: { max: '10' } } },
      roles: ROLES,
    });
    exact.close();
    const of = (name: string) => report.columns.find(({ input }) => input === name)!;
    expect([of('income').variance_inflation, of('doubled').variance_inflation]).toEqual([
      null,
      null,
    ]);
    expect(Number(of('debt').variance_inflation)).toBeLessThan(1.5);
    const judged = report.measurements.filter(({ metric }) => metric === 'variance_inflation');
    expect(judged.map(({ verdict }) => verdict)).toEqual(['fail', 'fail', 'pass', 'pass', 'pass']);
    expect(report.checks[0]!.found).toContain('infinite');
  });

  test('and simple benchmarks give the same digits whatever the order of rows and the number of threads', async () => {
    const plan = { conceptual: {}, benchmark: { simple: ['base-rate', 'logistic'] as const } };
    const subject = {
      roles: ROLES,
      scorer,
      cutoff: { cutoff: '0.3', adverseWhen: 'at-or-above' as const },
    };
    const { parts } = await evaluatePlan(
      { ...plan, benchmark: { simple: [...plan.benchmark.simple] } },
      table,
      subject,
    );
    const again = await evaluatePlan(
      { ...plan, benchmark: { simple: [...plan.benchmark.simple] } },
      shuffled,
      subject,
    );
    expect(parts.map(({ evidence, kind }) => `${evidence}/${kind}`)).toEqual([
      'robustness-test/conceptual',
      'benchmark-test/simple',
    ]);
    expect(JSON.stringify(again.parts)).toBe(JSON.stringify(parts));
    for (const { report } of parts) assertRecordJson(toRecordJson(report));
  });

  test('are refused for a model that estimates no yes or no', async () => {
    const plan = { task: 'estimate' as const, conceptual: {} };
    const { conceptualPart } = await import('../src/plan/conceptual-part.ts');
    await expect(
      conceptualPart({ plan, table, subject: { roles: ROLES }, scorer }),
    ).rejects.toMatchObject({ code: 'plan_invalid' });
  });
});

describe('simple benchmarks', () => {
  test('the base rate knows nothing, and the regression on a leaked input beats the model', async () => {
    const report = await simpleBenchmarkReport(table, scorer.spec, {
      simple: ['base-rate', 'logistic'],
      roles: ROLES,
      limits: { auc_difference: { min: '0' } },
      cutoff: { cutoff: '0.3', adverseWhen: 'at-or-above' },
    });
    const value = (metric: string, group: string) =>
      Number(
        report.measurements.find((one) => one.metric === metric && one.group?.value === group)!
          .value,
      );
    expect(value('auc', 'base-rate')).toBe(0.5);
    expect(value('auc', 'logistic')).toBeGreaterThan(0.95);
    expect(value('auc_difference', 'base-rate')).toBeCloseTo(value('auc', 'candidate') - 0.5, 10);
    expect(report.verdict).toBe('fail');
    const adjusted = report.challengers.map((one) => Number(one.adjusted.brier_difference));
    const raw = report.challengers.map((one) => Number(one.p_values.brier_difference));
    expect(Math.max(...adjusted)).toBeGreaterThanOrEqual(Math.max(...raw));
  });
});

describe('paired tests', () => {
  test('McNemar’s exact p of 2 against 8 discordant pairs is 2 · (1 + 10 + 45)/1024', () => {
    expect(mcNemar(2, 8)).toBeCloseTo(112 / 1024, 12);
    expect(mcNemar(0, 0)).toBeUndefined();
    expect(mcNemar(5, 5)).toBe(1);
  });

  test('Holm multiplies the smallest p by all, the next by one fewer, and never falls', () => {
    expect(holmAdjusted([0.01, undefined, 0.04, 0.03])).toEqual([0.03, undefined, 0.06, 0.06]);
  });

  test('the swap set tells what became of those whom only one model turns away', () => {
    const cutoff = { cutoff: '0.5', adverseWhen: 'at-or-above' } as const;
    const row = (candidate: number, challenger: number, label: 0 | 1): PairedRow => ({
      candidate,
      challenger,
      label,
    });
    const rows = [
      row(0.2, 0.7, 0),
      row(0.3, 0.7, 0),
      row(0.2, 0.8, 1),
      row(0.9, 0.1, 1),
      row(0.9, 0.9, 1),
      row(0.1, 0.1, 0),
    ];
    const { cells, accuracy, pValue } = compareDecisions(
      pairedCellsOf(rows),
      { candidate: cutoff, challenger: cutoff },
      0.95,
    );
    expect(cells).toEqual({
      swappedIn: { rows: 3, events: 1 },
      swappedOut: { rows: 1, events: 1 },
      bothAdverse: { rows: 1, events: 1 },
      neitherAdverse: { rows: 1, events: 0 },
    });
    expect(accuracy!.value).toBeCloseTo(2 / 6, 12);
    expect(pValue).toBeCloseTo(mcNemar(3, 1)!, 12);
  });

  const generated = (count: number, random: () => number): readonly PairedRow[] =>
    Array.from({ length: count }, () => {
      const risk = random();
      const noisy = () => Math.min(1, Math.max(0, risk + 0.4 * (random() - 0.5)));
      return { candidate: noisy(), challenger: noisy(), label: random() < risk ? 1 : 0 };
    });

  test('a weight of two is a row counted twice, in both differences', () => {
    const draws = drawsOf('weights');
    const rows = generated(60, draws);
    const weighted = pairedCellsOf(
      rows.map((one, at) => ({ ...one, weight: at % 2 === 0 ? 2 : 1 })),
    );
    const repeated = pairedCellsOf(rows.flatMap((one, at) => (at % 2 === 0 ? [one, one] : [one])));
    expect(aucDifference(weighted, 0.95)!.value).toBeCloseTo(
      aucDifference(repeated, 0.95)!.value,
      12,
    );
    expect(brierDifference(weighted, 0.95)!.value).toBeCloseTo(
      brierDifference(repeated, 0.95)!.value,
      12,
    );
  });

  test('rows repeated within a unit widen the interval to that of the units', async () => {
    const draws = drawsOf('units');
    const rows = generated(150, draws);
    const fourfold = rows.flatMap((one, unit) => [0, 1, 2, 3].map(() => ({ ...one, unit })));
    const header = 'candidate,challenger,label,unit';
    const of = async (lot: readonly (PairedRow & { readonly unit: number })[], unit?: string) => {
      const body = lot.map((one) => [one.candidate, one.challenger, one.label, one.unit].join(','));
      const bytes = Buffer.from(`${[header, ...body].join('\n')}\n`);
      const columns = {
        candidate: 'number',
        challenger: 'number',
        label: 'integer',
        unit: 'integer',
      } as const;
      const loaded = await loadTable({ format: 'csv', bytes }, columns);
      const report = await benchmarkReport(loaded, {
        roles: { score: 'candidate', label: 'label', ...(unit === undefined ? {} : { unit }) },
        challenger: 'challenger',
      });
      loaded.close();
      const { interval } = report.measurements.find(({ metric }) => metric === 'auc_difference')!;
      return Number(interval!.high) - Number(interval!.low);
    };
    const single = await of(fourfold.filter((_, at) => at % 4 === 0));
    const [naive, clustered] = [await of(fourfold), await of(fourfold, 'unit')];
    expect(naive / single).toBeCloseTo(0.5, 1);
    expect(clustered / single).toBeCloseTo(1, 1);
  });

  test('the interval of a clustered difference covers its truth at 95 %', async () => {
    const { share, chance } = await coverageOf({ tries: 1000, seed: 21, level: 0.95 }, (random) => {
      const rows = Array.from({ length: 80 }, (_, unit) => {
        const [risk, lean] = [random(), 0.5 * (random() - 0.5)];
        return [0, 1, 2].map(() => {
          const noisy = (by: number) =>
            Math.min(1, Math.max(0, risk + by + 0.2 * (random() - 0.5)));
          return {
            unit,
            candidate: noisy(lean),
            challenger: noisy(-lean),
            label: random() < risk ? 1 : 0,
          };
        });
      }).flat();
      const column = (value: (row: (typeof rows)[number]) => number) =>
        Float64Array.from(rows, value);
      const found = brierDifference(
        {
          candidate: column((row) => row.candidate),
          challenger: column((row) => row.challenger),
          labels: column((row) => row.label),
          counts: column(() => 1),
          units: column((row) => row.unit),
        },
        0.95,
      );
      // Both lean alike in distribution, so that neither is better.
      return { interval: found?.interval, truth: 0 };
    });
    expect(Math.abs(share - 0.95)).toBeLessThan(0.01 + chance);
  });

  test('an overfit gap of scores that saw the outcome lies above zero', () => {
    const draws = drawsOf('overfit');
    const rows = generated(300, draws).map((one) => ({
      ...one,
      candidate: 0.7 * one.candidate + 0.3 * one.label,
    }));
    const { auc, brier } = overfitGap(pairedCellsOf(rows), 0.95);
    expect(auc!.interval!.low).toBeGreaterThan(0);
    expect(brier!.interval!.low).toBeGreaterThan(0);
  });
});
