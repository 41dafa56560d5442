// SPDX-License-Identifier: Apache-2.0
import { assertRecordJson, parseStrictJson } from '@countersign/kernel';
import type { SelectiveLabelsPlan } from '@countersign/pipeline';
import { afterAll, describe, expect, test } from 'vitest';
import {
  AnalysisError,
  auc,
  type ColumnTypes,
  cellsOf,
  evaluatePlan,
  loadTable,
  type Table,
} from '../src/index.ts';
import { useOf } from '../src/selective-labels/outcome-states.ts';
import type { SelectiveLabelsReport } from '../src/selective-labels/selective-labels-report.ts';
import { worstCase } from '../src/selective-labels/worst-case.ts';
import { printedSeed, seededNumbers } from './agreement/generated-rows.ts';

const opened: Table[] = [];
afterAll(() => {
  for (const table of opened) table.close();
});
const COLUMNS: ColumnTypes = {
  score: 'number',
  label: 'integer',
  decision: 'text',
  chance: 'number',
  branch: 'text',
  booked: 'date',
};
const random = seededNumbers(printedSeed('selective labels'));

async function tableOf(rows: readonly string[]): Promise<Table> {
  const text = `${Object.keys(COLUMNS).join(',')}\n${rows.join('\n')}\n`;
  const table = await loadTable({ format: 'csv', bytes: Buffer.from(text) }, COLUMNS);
  opened.push(table);
  return table;
}

/** Applicants whose chance to be accepted falls with the score and differs by branch; the declined have no outcome. */
function applicants(count: number): string[] {
  return Array.from({ length: count }, () => {
    const score = 0.05 + 0.6 * random();
    const branch = random() < 0.5 ? 'north' : 'south';
    const chance = Math.max(
      0.1,
      Math.min(0.95, 1.05 - 1.2 * score - (branch === 'south' ? 0.1 : 0)),
    );
    const isBad = random() < score + (branch === 'south' ? 0.1 : 0);
    const isAccepted = random() < chance;
    return `${score},${isAccepted ? Number(isBad) : ''},${isAccepted ? 'accepted' : 'declined'},${chance},${branch},2024-01-15`;
  });
}

const ROLES = { score: 'score', label: 'label' };
const PLAN: SelectiveLabelsPlan = {
  rules: [{ column: 'decision', values: ['declined'], state: 'unobservable' }],
  otherwise: 'realised',
  limits: { event_rate: { max: '0.5' }, auc: { min: '0.6' } },
};

async function reportOf(table: Table, plan: SelectiveLabelsPlan): Promise<SelectiveLabelsReport> {
  const { parts } = await evaluatePlan({ selective_labels: plan }, table, { roles: ROLES });
  const part = parts.find(({ kind }) => kind === 'selective-labels')!;
  return part.report as SelectiveLabelsReport;
}

const figure = (report: SelectiveLabelsReport, metric: string, method: string) =>
  report.measurements.find((one) => one.metric === metric && one.group?.value === method)!;

describe('figures of everyone', () => {
  test('are refused while some have no outcome and no method is declared', async () => {
    const report = await reportOf(await tableOf(applicants(500)), PLAN);
    expect(report.refusal?.code).toBe('outcomes_unobserved');
    expect(report.refusal?.next).toContain('selective_labels.inference');
    const rate = figure(report, 'event_rate', 'unadjusted');
    expect([rate.verdict, rate.reason?.startsWith('outcomes_unobserved: ')]).toEqual([
      'inconclusive',
      true,
    ]);
    expect(figure(report, 'brier', 'unadjusted').verdict).toBe('informational');
    expect(report.verdict).toBe('inconclusive');
  });

  test('stand by each declared method beside the unadjusted one, which alone is judged', async () => {
    const report = await reportOf(await tableOf(applicants(3000)), {
      ...PLAN,
      inference: [
        {
          method: 'inverse-probability',
          why: 'the branch decided by score and lot',
          probability: 'chance',
        },
        { method: 'parcelling', why: 'twice the rate', factor: '2' },
        { method: 'worst-case', why: 'no assumption' },
      ],
    });
    const rates = ['unadjusted', 'inverse-probability', 'parcelling', 'worst-case'].map((method) =>
      figure(report, 'event_rate', method),
    );
    expect(rates.map(({ verdict }) => verdict)).toEqual([
      'pass',
      'informational',
      'informational',
      'informational',
    ]);
    expect(Number(rates[1]!.value)).toBeGreaterThan(Number(rates[0]!.value));
    expect(Number(rates[2]!.value)).toBeGreaterThan(Number(rates[0]!.value));
    expect(rates[2]!.interval).toBeUndefined();
    expect(rates[3]!.value).toBeNull();
    for (const { value } of rates.slice(0, 3)) {
      expect(Number(value)).toBeGreaterThanOrEqual(Number(rates[3]!.interval!.low));
      expect(Number(value)).toBeLessThanOrEqual(Number(rates[3]!.interval!.high));
    }
    expect(report.refusal).toBeUndefined();
    expect(() => assertRecordJson(parseStrictJson(JSON.stringify(report)))).not.toThrow();
  });

  test('are decided by a method beside the unadjusted one, or alone where the plan says so', async () => {
    const table = await tableOf(applicants(3000));
    const inference = [{ method: 'worst-case' as const, why: 'no assumption' }];
    const beside = await reportOf(table, {
      ...PLAN,
      inference,
      decides: { method: 'worst-case', alone: false, why: 'caution' },
    });
    expect(figure(beside, 'event_rate', 'unadjusted').verdict).toBe('pass');
    expect(figure(beside, 'event_rate', 'worst-case').verdict).toBe('inconclusive');
    expect(beside.verdict).toBe('inconclusive');
    const alone = await reportOf(table, {
      ...PLAN,
      inference,
      decides: { method: 'worst-case', alone: true, why: 'caution' },
    });
    expect(figure(alone, 'event_rate', 'unadjusted').verdict).toBe('informational');
    expect(alone.caveats.some((text) => text.includes('worst-case alone decides'))).toBe(true);
  });

  test('are withheld by weighting where nobody like the declined was accepted', async () => {
    const rows = Array.from({ length: 400 }, (_, at) => {
      const score = at / 400;
      const accepted = score < 0.5;
      return `${score},${accepted ? at % 2 : ''},${accepted ? 'accepted' : 'declined'},0.5,north,2024-01-15`;
    });
    const report = await reportOf(await tableOf(rows), {
      ...PLAN,
      inference: [{ method: 'inverse-probability', why: 'a cutoff decided', bands: 4 }],
    });
    const rate = figure(report, 'event_rate', 'inverse-probability');
    expect([rate.value, rate.reason?.startsWith('200 rows are like nobody')]).toEqual([null, true]);
  });
});

describe('outcome states', () => {
  test('a realised outcome younger than its maturation counts for nothing, in any part of the plan', async () => {
    const rows = [
      ...Array.from(
        { length: 60 },
        (_, at) => `0.${10 + (at % 50)},${at % 3 === 0 ? 1 : 0},accepted,1,north,2023-01-15`,
      ),
      ...Array.from({ length: 40 }, () => '0.4,0,accepted,1,north,2024-06-15'),
    ];
    const { performance, parts } = await evaluatePlan(
      {
        selective_labels: {
          ...PLAN,
          maturation: { matures_after: '12m', since: 'booked', as_of: '2024-12-31' },
        },
      },
      await tableOf(rows),
      { roles: ROLES },
    );
    expect(performance.rows).toBe(60);
    const report = parts.find(({ kind }) => kind === 'selective-labels')!
      .report as SelectiveLabelsReport;
    expect(report.states).toEqual([
      { state: 'pending', use: 'left out', rows: 40 },
      { state: 'realised', use: 'outcome', rows: 60 },
    ]);
  });

  test('a human decision and a proxy count where the plan says so alone', () => {
    expect(useOf('proxy', {})).toBe('unobserved');
    expect(useOf('proxy', { counts: ['proxy'] })).toBe('outcome');
    expect(useOf('human-decision', { counts: ['proxy'] })).toBe('unobserved');
    expect(useOf('censored', {})).toBe('left out');
  });

  test('a row that should have an outcome and has none is an error that names it', async () => {
    const table = await tableOf([
      '0.2,1,accepted,1,north,2024-01-15',
      '0.3,,accepted,1,north,2024-01-15',
    ]);
    const error: unknown = await reportOf(table, PLAN).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AnalysisError);
    expect(error).toMatchObject({ code: 'value_missing', details: { column: 'label', row: 2 } });
  });
});

describe('worst cases', () => {
  test('are the extremes over every assignment of outcomes', () => {
    for (let trial = 0; trial < 60; trial += 1) {
      const draw = () => Math.round(random() * 6) / 6;
      const known = Array.from({ length: 6 }, () => ({
        score: draw(),
        label: (random() < 0.5 ? 1 : 0) as 0 | 1,
      }));
      const unknown = Array.from({ length: 7 }, draw).sort((a, b) => a - b);
      const distinct = [...new Set(unknown)];
      const bounds = worstCase(cellsOf(known), {
        scores: Float64Array.from(distinct),
        counts: Float64Array.from(
          distinct,
          (score) => unknown.filter((one) => one === score).length,
        ),
      });
      const all = Array.from({ length: 2 ** unknown.length }, (_, mask) =>
        auc(
          cellsOf([
            ...known,
            ...unknown.map((score, at) => ({ score, label: ((mask >> at) & 1) as 0 | 1 })),
          ]),
          0.95,
        ),
      ).flatMap((area) => area?.value ?? []);
      expect(bounds.auc!.low).toBeCloseTo(Math.min(...all), 12);
      expect(bounds.auc!.high).toBeCloseTo(Math.max(...all), 12);
    }
  });
});
