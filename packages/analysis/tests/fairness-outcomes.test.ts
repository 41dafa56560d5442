// SPDX-License-Identifier: Apache-2.0
import { assertRecordJson, parseStrictJson } from '@countersign/kernel';
import type { Grouping } from '@countersign/pipeline';
import { describe, expect, test } from 'vitest';
import { compareOutcomes } from '../src/fairness/outcome-criteria.ts';
import {
  type DecisionBasis,
  evaluateMonitoring,
  type FairnessPlan,
  type FairnessReport,
  fairnessReport,
  loadTable,
  newcombeDifference,
  scoreDifference,
  type Table,
} from '../src/index.ts';
import { printedSeed, seededNumbers } from './agreement/generated-rows.ts';
import { coverageOf } from './interval-coverage/coverage-of.ts';

const CUTOFF = { cutoff: '0.5', adverseWhen: 'at-or-above' } as const;
const BASIS: DecisionBasis = { on: 'recommendation', score: 'score', cutoff: CUTOFF };
const SEX: Grouping = { name: 'sex', column: 'sex', reference: 'm' };
const ROLES = { score: 'score', label: 'label' };
const PLAN: FairnessPlan = {
  governing: 'equal_opportunity_difference',
  why: 'people who would repay must be approved alike',
  limits: { equal_opportunity_difference: { min: '-0.2' } },
};
const COLUMNS = {
  score: 'number',
  label: 'integer',
  sex: 'text',
  region: 'text',
  action: 'text',
} as const;

interface Cell {
  readonly sex: string;
  readonly denied: boolean;
  readonly label: 0 | 1 | '';
  readonly count: number;
}

function tableOf(cells: readonly Cell[]): Promise<Table> {
  const lines = cells.flatMap(({ sex, denied, label, count }) =>
    Array.from({ length: count }, (_, index) => {
      const score = denied ? 0.55 + (index % 40) / 100 : 0.05 + (index % 40) / 100;
      const region = index % 2 === 0 ? 'north' : 'south';
      return [score, label, sex, region, denied ? 'declined' : 'approved'].join(',');
    }),
  );
  const bytes = Buffer.from([Object.keys(COLUMNS).join(','), ...lines, ''].join('\n'));
  return loadTable({ format: 'csv', bytes }, COLUMNS);
}

// Of women who repay 60 of 100 are approved, of men 80 of 100; of those who do not 20 of 50 and 30 of 50.
const KNOWN: readonly Cell[] = [
  { sex: 'f', denied: false, label: 0, count: 60 },
  { sex: 'f', denied: true, label: 0, count: 40 },
  { sex: 'f', denied: false, label: 1, count: 20 },
  { sex: 'f', denied: true, label: 1, count: 30 },
  { sex: 'm', denied: false, label: 0, count: 80 },
  { sex: 'm', denied: true, label: 0, count: 20 },
  { sex: 'm', denied: false, label: 1, count: 30 },
  { sex: 'm', denied: true, label: 1, count: 20 },
  { sex: '', denied: false, label: 0, count: 12 },
  { sex: '', denied: true, label: 1, count: 11 },
];
const LATE: readonly Cell[] = [
  { sex: 'f', denied: true, label: '', count: 25 },
  { sex: 'm', denied: true, label: '', count: 25 },
];

async function measured(
  cells: readonly Cell[],
  options: Partial<Parameters<typeof fairnessReport>[1]> = {},
): Promise<FairnessReport> {
  const table = await tableOf(cells);
  try {
    const input = { plan: PLAN, protected: [SEX], basis: BASIS, roles: ROLES };
    return await fairnessReport(table, { ...input, ...options });
  } finally {
    table.close();
  }
}

const find = (report: FairnessReport, metric: string, group = 'f') =>
  report.measurements.find((one) => one.metric === metric && one.group!.value === group)!;

describe('criteria that need outcomes', () => {
  test('are rates of approval given the outcome, and of the outcome given approval', async () => {
    const report = await measured(KNOWN);
    const values = Object.fromEntries(
      [
        'equal_opportunity_difference',
        'equal_opportunity_ratio',
        'false_approval_difference',
        'equalised_odds_difference',
        'predictive_parity_difference',
        'declined_outcome_difference',
      ].map((metric) => [metric, Number(find(report, metric).value)]),
    );
    expect(values.equal_opportunity_difference).toBeCloseTo(0.6 - 0.8, 11);
    expect(values.equal_opportunity_ratio).toBeCloseTo(0.75, 11);
    expect(values.false_approval_difference).toBeCloseTo(0.4 - 0.6, 11);
    expect(values.equalised_odds_difference).toBeCloseTo(0.2, 11);
    expect(values.predictive_parity_difference).toBeCloseTo(60 / 80 - 80 / 110, 11);
    expect(values.declined_outcome_difference).toBeCloseTo(40 / 70 - 20 / 40, 11);
    expect(find(report, 'equal_opportunity_difference').interval!.method).toBe(
      'miettinen-nurminen',
    );
  });

  test('govern alone when they govern: the interval straddles the limit', async () => {
    const report = await measured(KNOWN);
    expect(find(report, 'equal_opportunity_difference').verdict).toBe('inconclusive');
    expect(report.verdict).toBe('inconclusive');
    const wide = { ...PLAN, limits: { equal_opportunity_difference: { min: '-0.5' } } };
    expect((await measured(KNOWN, { plan: wide })).verdict).toBe('pass');
  });

  test('count rows that tell no group as a group, and judge nobody by them', async () => {
    const report = await measured(KNOWN);
    const [sex] = report.attributes;
    expect(sex!.outcomes!.groups.map(({ group }) => group)).toEqual(['f', 'm', 'not provided']);
    const none = find(report, 'equal_opportunity_difference', 'not provided');
    expect([none.limit, none.value]).toEqual([undefined, null]);
    expect(sex!.outcomes!.exact_p.f!.favourable_approval_rate).not.toBeNull();
  });

  test('say too few under the minimum of events, and give no number', async () => {
    const few = KNOWN.map((cell) => ({ ...cell, count: Math.ceil(cell.count / 12) }));
    const report = await measured(few);
    const opportunity = find(report, 'equal_opportunity_difference');
    expect([opportunity.value, opportunity.verdict]).toEqual([null, 'inconclusive']);
    expect(opportunity.reason).toMatch(/smallest expected count/);
    const numbers = report.measurements.filter(
      ({ reason, value }) => reason?.includes('below') === true && value !== null,
    );
    expect(numbers).toEqual([]);
  });

  test('are refused with a row whose outcome is unknown, unless such rows are to be skipped', async () => {
    await expect(measured([...KNOWN, ...LATE])).rejects.toMatchObject({ code: 'value_missing' });
  });

  test('that need outcomes of declined cases are withheld where those hide, and the others are not', async () => {
    const report = await measured([...KNOWN, ...LATE], { unlabelled: 'skip' });
    const opportunity = find(report, 'equal_opportunity_difference');
    expect([opportunity.value, opportunity.verdict]).toEqual([null, 'inconclusive']);
    expect(opportunity.reason).toBe('outcomes of 50 of 160 declined rows are not known');
    expect(Number(find(report, 'predictive_parity_difference').value)).toBeCloseTo(
      60 / 80 - 80 / 110,
      11,
    );
    const declared = { ...PLAN, declined_outcomes: 'observed' } as const;
    const told = await measured([...KNOWN, ...LATE], { unlabelled: 'skip', plan: declared });
    expect(Number(find(told, 'equal_opportunity_difference').value)).toBeCloseTo(-0.2, 11);
  });

  test('are measured on what the firm did as on what was recommended', async () => {
    const basis: DecisionBasis = { on: 'action', column: 'action', adverse: ['declined'] };
    const report = await measured(KNOWN, { basis });
    expect(Number(find(report, 'equal_opportunity_difference').value)).toBeCloseTo(-0.2, 11);
  });

  test('turn with the side of the cutoff that is adverse', async () => {
    const turned = { cutoff: '0.5', adverseWhen: 'below' } as const;
    const report = await measured(KNOWN, {
      basis: { on: 'recommendation', score: 'score', cutoff: turned },
    });
    // Label 1 is now the favourable outcome and the upper half is approved: 30 of 50 women, 20 of 50 men.
    expect(Number(find(report, 'equal_opportunity_difference').value)).toBeCloseTo(0.6 - 0.4, 11);
  });

  test('of intersections come from the plan, reported and not judged', async () => {
    const region: Grouping = { name: 'region', column: 'region', reference: 'north' };
    const report = await measured(KNOWN, {
      plan: { ...PLAN, attributes: ['sex'], intersections: [['sex', 'region']] },
      protected: [SEX, region],
    });
    expect(report.attributes.map(({ name }) => name)).toEqual(['sex', 'sex × region']);
    const crossed = report.attributes[1]!.measurements;
    expect(crossed.some(({ metric }) => metric === 'equalised_odds_difference')).toBe(true);
    expect(crossed.every(({ limit }) => limit === undefined)).toBe(true);
  });

  test('fit into a record, with the calibration of each group that has the events', async () => {
    const report = await measured(KNOWN);
    assertRecordJson(parseStrictJson(JSON.stringify(report), { maxBytes: 1 << 24 }));
    const curves = report.attributes[0]!.outcomes!.groups.map(
      ({ calibration }) => calibration.length,
    );
    expect(curves[0]).toBeGreaterThan(2);
  });

  test('cannot govern rows without outcomes, and guessed groups cannot govern at all', async () => {
    await expect(measured(KNOWN, { roles: undefined })).rejects.toMatchObject({
      code: 'plan_invalid',
    });
    const guessed = { ...PLAN, governing: 'proxy_approval_ratio' };
    await expect(measured(KNOWN, { plan: guessed })).rejects.toMatchObject({
      code: 'plan_invalid',
      details: { field: 'fairness.governing' },
    });
  });
});

test('monitoring holds the same criterion against its limit once outcomes are in, and is open before', async () => {
  const monitoring = { fairness: { ...PLAN, declined_outcomes: 'observed' } as const };
  const subject = { roles: ROLES, cutoff: CUTOFF, protected: [SEX] };
  const verdictOf = async (cells: readonly Cell[]) => {
    const table = await tableOf(cells);
    const { fairness, breaches } = await evaluateMonitoring(monitoring, table, subject);
    table.close();
    return [fairness!.verdict, breaches];
  };
  const clear = KNOWN.map((cell) => ({ ...cell, count: cell.count * 10 }));
  const worse = clear.map((cell) =>
    cell.sex === 'f' && cell.label === 0 ? { ...cell, denied: !cell.denied } : cell,
  );
  expect(await verdictOf([...worse, ...LATE])).toEqual(['fail', ['fairness']]);
  const unknown = clear.map((cell) => ({ ...cell, label: '' as const }));
  expect(await verdictOf(unknown)).toEqual(['inconclusive', []]);
});

describe('intervals of a difference of proportions', () => {
  // Newcombe 1998, table II, methods 10 and 6 (Miettinen & Nurminen): 56/70 against 48/80, 9/10 against 3/10.
  test.each([
    [{ x1: 56, n1: 70, x2: 48, n2: 80 }, [0.0524, 0.3339], [0.0528, 0.3382]],
    [{ x1: 9, n1: 10, x2: 3, n2: 10 }, [0.1705, 0.809], [0.17, 0.8406]],
  ] as const)('are those of the paper for %o', (counts, hybrid, score) => {
    const newcombe = newcombeDifference(counts, 0.95)!.interval!;
    expect(newcombe.low).toBeCloseTo(hybrid[0], 4);
    expect(newcombe.high).toBeCloseTo(hybrid[1], 4);
    const nurminen = scoreDifference(counts, 0.95)!.interval!;
    expect(nurminen.low).toBeCloseTo(score[0], 4);
    expect(nurminen.high).toBeCloseTo(score[1], 4);
  });

  test('cover at their level where cells are small', async () => {
    const draw = (random: () => number, n: number, p: number) =>
      Array.from({ length: n }, random).filter((u) => u < p).length;
    for (const [name, interval] of [
      ['score', scoreDifference],
      ['hybrid', newcombeDifference],
    ] as const) {
      const { share, chance } = await coverageOf(
        { tries: 2000, seed: printedSeed(`coverage of a difference, ${name}`), level: 0.95 },
        (random) => {
          const counts = { x1: draw(random, 25, 0.3), n1: 25, x2: draw(random, 60, 0.15), n2: 60 };
          return { interval: interval(counts, 0.95)!.interval, truth: 0.15 };
        },
      );
      // Proportions of counts jump: score intervals lie within two points of their level at such sizes (Newcombe 1998).
      expect(Math.abs(share - 0.95)).toBeLessThan(chance + 0.02);
    }
  });

  test('of the larger gap cover no less than their level', async () => {
    const random = seededNumbers(printedSeed('coverage of equalised odds'));
    const { share, chance } = await coverageOf(
      { tries: 1500, seed: Math.floor(random() * 2 ** 31), level: 0.95 },
      (own) => {
        const at = (n: number, p: number) =>
          Array.from({ length: n }, own).filter((u) => u < p).length;
        const group = outcomes(at(80, 0.6), 80, at(40, 0.3), 40);
        const reference = outcomes(at(160, 0.7), 160, at(90, 0.45), 90);
        const found = compareOutcomes(group, reference, {
          group: { by: 'sex', value: 'f' },
          options: { level: 0.95, eventsMin: 1, declinedObserved: true },
        }).find(({ metric }) => metric === 'equalised_odds_difference')!;
        return { interval: found.estimate?.interval, truth: 0.15 };
      },
    );
    expect(share).toBeGreaterThan(0.95 - chance);
  });
});

function outcomes(approvedFavourable: number, n: number, approvedUnfavourable: number, m: number) {
  return {
    approvedFavourable,
    deniedFavourable: n - approvedFavourable,
    approvedUnfavourable,
    deniedUnfavourable: m - approvedUnfavourable,
    approvedUnknown: 0,
    deniedUnknown: 0,
  };
}
