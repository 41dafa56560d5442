// SPDX-License-Identifier: Apache-2.0
import { assertRecordJson, parseStrictJson } from '@countersign/kernel';
import type { Grouping } from '@countersign/pipeline';
import { afterAll, describe, expect, test } from 'vitest';
import { deltaEstimate } from '../src/fairness/alternatives/paired-change.ts';
import {
  type AlternativesInput,
  type AlternativesReport,
  addNumbers,
  alternativeColumn,
  alternativesReport,
  evaluatePlan,
  loadTable,
  type Table,
} from '../src/index.ts';
import { printedSeed, seededNumbers } from './agreement/generated-rows.ts';
import { coverageOf } from './interval-coverage/coverage-of.ts';

type Plan = AlternativesInput['plan'];
const CUTOFF = { cutoff: '0.5', adverseWhen: 'at-or-above' } as const;
const SEX: Grouping = { name: 'sex', column: 'sex', reference: 'm' };
const ROLES = { score: 'score', label: 'label' };
const COLUMNS = { id: 'text', score: 'number', label: 'integer', sex: 'text' } as const;
const PLAN: Plan = {
  governing: 'approval_ratio',
  why: 'the four-fifths rule of thumb',
  limits: { approval_ratio: { min: '0.8' } },
  alternatives: {
    performance: 'auc',
    tolerance: '0.05',
    scores: [{ name: 'fairer' }, { name: 'noise' }],
    untouched: { by: 'id', share: '0.4' },
  },
};

interface Row {
  readonly score: number;
  readonly fairer: number;
  readonly noise: number;
  /** Empty where the outcome is not known. */
  readonly label: 0 | 1 | '';
  readonly sex: string;
}

// The model's score adds a penalty for women that has nothing to do with their risk; the fairer one leaves most of it out.
function drawRows(count: number, random: () => number): readonly Row[] {
  return Array.from({ length: count }, () => {
    const sex = random() < 0.4 ? 'f' : 'm';
    const risk = 0.1 + 0.8 * random();
    const shift = sex === 'f' ? 0.25 : 0;
    const bounded = (value: number) => Math.min(0.99, Math.max(0.01, value));
    return {
      sex,
      label: random() < risk ? 1 : 0,
      score: bounded(risk + shift + 0.1 * (random() - 0.5)),
      fairer: bounded(risk + shift / 5 + 0.1 * (random() - 0.5)),
      noise: bounded(random()),
    };
  });
}

async function tableOf(rows: readonly Row[], threads?: number): Promise<Table> {
  const lines = rows.map(({ score, label, sex }, index) => `p${index},${score},${label},${sex}`);
  const bytes = Buffer.from(['id,score,label,sex', ...lines, ''].join('\n'));
  const table = await loadTable(
    { format: 'csv', bytes },
    COLUMNS,
    threads === undefined ? {} : { threads },
  );
  for (const name of ['fairer', 'noise'] as const) {
    const values = Float64Array.from(rows, (row) => row[name]);
    await addNumbers(table, alternativeColumn(name), values);
  }
  return table;
}

const rows = drawRows(2500, seededNumbers(20_261_123));

async function reported(
  change: Partial<Plan['alternatives']> = {},
  given = rows,
): Promise<AlternativesReport> {
  const table = tables.get(given) ?? tableOf(given);
  tables.set(given, table);
  return alternativesReport(await table, {
    plan: { ...PLAN, alternatives: { ...PLAN.alternatives, ...change } },
    roles: ROLES,
    cutoff: CUTOFF,
    protected: [SEX],
  });
}

const tables = new Map<readonly Row[], Promise<Table>>();
afterAll(async () => {
  for (const table of tables.values()) (await table).close();
});

const figure = (report: AlternativesReport, name: string) =>
  report.measurements.find(({ metric }) => metric === name)!;

describe('less discriminatory alternatives', () => {
  test('are chosen on some rows and confirmed once on the others', async () => {
    const report = await reported();
    expect([report.tried, report.chosen!.score]).toEqual([2, 'fairer']);
    const { confirmation } = report;
    expect(confirmation).toMatchObject({ attribute: 'sex', group: 'f', result: 'confirmed' });
    expect(report.searched_rows + confirmation!.rows).toBe(rows.length);
    expect(confirmation!.rows / rows.length).toBeCloseTo(0.4, 1);
    expect(Number(figure(report, 'disparity_change').interval!.high)).toBeLessThan(0);
    expect(Number(figure(report, 'performance_loss').interval!.high)).toBeLessThan(0.05);
    expect(report.gaps).toEqual([]);
  });

  test('are informational, fit into a record, and state rule and number of tries', async () => {
    const report = await reported({ tried_before: 7 });
    assertRecordJson(parseStrictJson(JSON.stringify(report), { maxBytes: 1 << 24 }));
    expect([report.verdict, report.tried_before]).toEqual(['informational', 7]);
    expect(figure(report, 'alternatives_tried').value).toBe('2');
    expect(report.rule).toMatch(/give up at most 0\.05 of auc/);
    expect(report.measurements.every(({ limit }) => limit === undefined)).toBe(true);
  });

  test('that lose more than the tolerance are on the frontier and not chosen', async () => {
    const report = await reported({ scores: [{ name: 'noise' }], tolerance: '0.01' });
    expect(report.chosen).toBeUndefined();
    expect(report.confirmation).toBeUndefined();
    expect(report.candidates[0]!.frontier).toBe(true);
    expect(report.model!.frontier).toBe(true);
  });

  test('leave rows without an outcome out where these are skipped, and say so', async () => {
    const late = rows.map((row, index) => (index % 5 === 0 ? { ...row, label: '' as const } : row));
    const table = await tableOf(late);
    const input = { plan: PLAN, roles: ROLES, cutoff: CUTOFF, protected: [SEX] };
    await expect(alternativesReport(table, input)).rejects.toMatchObject({ code: 'value_missing' });
    const report = await alternativesReport(table, { ...input, unlabelled: 'skip' });
    table.close();
    expect(report.searched_rows + report.confirmation!.rows).toBe(rows.length - 500);
    expect(report.gaps).toEqual(['500 rows have no outcome yet and are in no figure here.']);
  });

  test('that nobody confirmed are a gap', async () => {
    const report = await reported({ untouched: undefined });
    expect(report.chosen!.score).toBe('fairer');
    expect(report.gaps[0]).toMatch(/confirmed on none/);
  });

  test('of cutoffs are one cutoff for everyone, judged by a figure that sees it', async () => {
    const cutoffs = ['0.6', '0.7', '0.8'];
    const report = await reported({ performance: 'accuracy', cutoffs, tolerance: '0.1' });
    // The model at three other cutoffs, and two other scores at four each.
    expect(report.tried).toBe(3 + 2 * 4);
    const approvals = (score: string) =>
      report.candidates
        .filter((one) => one.score === score)
        .sort((a, b) => Number(a.cutoff) - Number(b.cutoff))
        .map((one) => Number(one.approval_rate));
    const rising = approvals('fairer');
    expect(rising).toEqual([...rising].sort((a, b) => a - b));
    const at = report.candidates.find((one) => one.score === 'model' && one.cutoff === '0.7')!;
    const searched = await inSearch();
    const denied = searched.filter(({ score }) => score >= 0.7);
    expect(Number(at.approval_rate)).toBeCloseTo(1 - denied.length / searched.length, 11);
    const right = searched.filter(({ score, label }) => score >= 0.7 === (label === 1));
    expect(Number(at.performance)).toBeCloseTo(right.length / searched.length, 11);
  });

  test('cost what the plan says wrong decisions cost', async () => {
    const costs = { wrong_approval: '5', wrong_denial: '1' };
    const report = await reported({ performance: 'decision_cost', costs, cutoffs: ['0.3'] });
    const at = report.candidates.find((one) => one.score === 'model')!;
    const searched = await inSearch();
    const cost = searched.reduce((sum, { score, label }) => {
      if (score < 0.3) return sum + 5 * Number(label);
      return sum + (1 - Number(label));
    }, 0);
    expect(Number(at.performance)).toBeCloseTo(cost / searched.length, 11);
  });

  test('that a search elsewhere has chosen are confirmed on all rows of another table', async () => {
    const other = drawRows(1500, seededNumbers(7));
    const confirm = { score: 'fairer' };
    const report = await reported({ untouched: undefined, scores: [], confirm }, other);
    expect([report.tried, report.searched_rows]).toEqual([0, 0]);
    expect(report.confirmation).toMatchObject({ rows: 1500, group: 'f', result: 'confirmed' });
    const absent = await reported({ untouched: undefined, confirm: { score: 'lost' } }, other);
    expect(absent.confirmation).toBeUndefined();
    expect(absent.gaps[0]).toMatch(/No score `lost`/);
  });

  test('that were only luck are not confirmed', async () => {
    const even = drawRows(2500, seededNumbers(11)).map((row) => ({
      ...row,
      sex: row.score > 0.97 ? 'm' : row.sex,
      fairer: row.score,
    }));
    const report = await reported({ untouched: undefined, confirm: { score: 'fairer' } }, even);
    expect(report.confirmation!.result).toBe('not confirmed');
  });

  test('reach the record as a part of the plan, and give the same digits on any thread count', async () => {
    const texts: string[] = [];
    for (const threads of [1, 4]) {
      const table = await tableOf(rows, threads);
      const { parts } = await evaluatePlan(
        { fairness: { ...PLAN, alternatives: { ...PLAN.alternatives } } },
        table,
        { roles: ROLES, cutoff: CUTOFF, protected: [SEX] },
      );
      table.close();
      expect(parts.map(({ evidence, kind }) => [evidence, kind])).toEqual([
        ['fairness-test', 'alternatives'],
      ]);
      texts.push(JSON.stringify(parts));
    }
    expect(texts[1]).toBe(texts[0]);
  });
});

// The rows of the search by the definition of the split, computed apart from the engine.
async function inSearch(): Promise<readonly Row[]> {
  const { createHash } = await import('node:crypto');
  return rows.filter((_, index) => {
    const hash = createHash('md5').update(`countersign untouched p${index}`).digest('hex');
    return Number.parseInt(hash.slice(0, 8), 16) >= Math.floor(0.4 * 16 ** 8);
  });
}

test('the interval of a change of disparity on the same rows covers at its level', async () => {
  const seed = printedSeed('coverage of a paired change');
  // Chances of (approved by both, by the first alone, by the second alone, by neither) in the group and its reference.
  const chances = [
    [0.4, 0.05, 0.2, 0.35],
    [0.6, 0.08, 0.12, 0.2],
  ] as const;
  const rate = (cells: readonly number[], alone: 1 | 2) =>
    (cells[0]! + cells[alone]!) / cells.reduce((sum, cell) => sum + cell, 0);
  const change = (samples: readonly (readonly number[])[]) => {
    const ratio = (alone: 1 | 2) => Math.log(rate(samples[0]!, alone) / rate(samples[1]!, alone));
    return ratio(1) - ratio(2);
  };
  const truth = change(chances);
  const { share, chance } = await coverageOf({ tries: 1500, seed, level: 0.95 }, (random) => {
    const drawn = chances.map((own, place) => {
      const cells = [0, 0, 0, 0];
      for (let row = 0; row < (place === 0 ? 300 : 500); row += 1) {
        let [left, cell] = [random(), 0];
        while (cell < 3 && left >= own[cell]!) {
          left -= own[cell]!;
          cell += 1;
        }
        cells[cell]! += 1;
      }
      return cells;
    });
    return { interval: deltaEstimate(drawn, change, 0.95)?.interval, truth };
  });
  expect(Math.abs(share - 0.95)).toBeLessThan(chance);
});
