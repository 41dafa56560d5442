// SPDX-License-Identifier: Apache-2.0
import { assertRecordJson, parseStrictJson } from '@countersign/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adjustedP, evaluatePlan, slicesReport, type Table } from '../src/index.ts';
import { LOSS_UNITS, type SliceCounts } from '../src/slices/slice-counts.ts';
import { testSlice } from '../src/slices/slice-tests.ts';
import { printedSeed, seededNumbers } from './agreement/generated-rows.ts';
import {
  CUTOFF,
  drawRows,
  PLAN,
  ROLES,
  reported,
  reportedOn,
  type SliceRow,
  tableOf,
} from './slice-rows.ts';

const isPlanted = ({ sex, region }: { readonly sex: string; readonly region: string }) =>
  sex === 'f' && region === 'south';
const planted = drawRows(3000, seededNumbers(42), isPlanted);
let table: Table;
beforeAll(async () => {
  table = await tableOf(planted);
});
afterAll(() => table.close());

describe('slices found', () => {
  test.each(['log_loss', 'error_rate'] as const)(
    'name the planted one first, with its counts, by %s',
    async (metric) => {
      const report = await reportedOn(table, { metric });
      const [first] = report.slices;
      expect(first!.slice).toBe('sex: f, region: south');
      const own = planted.filter(isPlanted);
      expect(first!.n).toBe(own.length);
      expect(first!.positives).toBe(own.filter(({ label }) => label === 1).length);
      const [, excess] = report.measurements;
      expect(excess!.metric).toBe(`slice_${metric}_excess`);
      expect(Number(excess!.interval!.low)).toBeGreaterThan(0);
      if (metric === 'error_rate') {
        const wrong = own.filter(({ score, label }) => score >= 0.5 !== (label === 1));
        expect(Number(first!.inside)).toBeCloseTo(wrong.length / own.length, 11);
      }
    },
  );

  test('by calibration are those whose scores run high or low against the rest', async () => {
    const high = drawRows(3000, seededNumbers(43)).map((row) =>
      row.region === 'east' && row.score > 0.3 ? { ...row, label: 0 as const } : row,
    );
    const report = await reported(high, { metric: 'calibration' });
    expect(report.slices.length).toBeGreaterThan(0);
    expect(report.slices[0]!.slice).toMatch(/region: east/);
    expect(Number(report.slices[0]!.inside)).toBeLessThan(-0.2);
  });

  test('smaller than the smallest excess worth telling are not told', async () => {
    expect((await reportedOn(table, { effect_min: '0.1' })).found).toBeGreaterThan(0);
    expect((await reportedOn(table, { effect_min: '2' })).found).toBe(0);
  });

  test('tell how many were tested, and use bands of about equal rows for numbers', async () => {
    const report = await reportedOn(table, { bins: 4 });
    // Alone 2 + 4 + 4 + 4; in pairs 8 + 8 + 8 + 16 + 16 + 16.
    expect(report.tested).toBe(14 + 72);
    const least = await reportedOn(table, { bins: 4, rows_min: 500 });
    expect(least.tested).toBeLessThan(14 + 72);
  });

  test('are tested once where one column says what another does', async () => {
    const columns = [
      { name: 'sex', column: 'sex' },
      { name: 'title', column: 'sex', groups: { Ms: ['f'], Mr: ['m'] } },
    ];
    expect((await reportedOn(table, { columns })).tested).toBe(4);
  });

  test('with too few events are counted and not tested', async () => {
    const rare = planted.map((row) => ({
      ...row,
      label: row.age === 20 ? (1 as const) : (0 as const),
    }));
    const report = await reported(rare, { events_min: 30 });
    expect(report.too_few).toBeGreaterThan(0);
  });

  test('give the same digits on any thread count and row order, and fit into a record', async () => {
    const texts = [await reported(planted, {}, 1), await reported([...planted].reverse(), {}, 4)];
    expect(JSON.stringify(texts[1])).toBe(JSON.stringify(texts[0]));
    assertRecordJson(parseStrictJson(JSON.stringify(texts[0]), { maxBytes: 1 << 24 }));
  });

  test('are informational without a limit, and fail one that is set', async () => {
    expect((await reportedOn(table)).verdict).toBe('informational');
    const limits = { slices_found: { max: '0' } };
    expect((await reportedOn(table, { limits })).verdict).toBe('fail');
    const { parts, verdict } = await evaluatePlan({ slices: { ...PLAN, limits } }, table, {
      roles: ROLES,
      cutoff: CUTOFF,
    });
    expect(parts.map(({ evidence, kind }) => [evidence, kind])).toEqual([
      ['performance-test', 'slices'],
    ]);
    expect(verdict).toBe('fail');
  });

  test('leave rows without an outcome out and say how many, or refuse them', async () => {
    const rows = planted.map((row) => (row.age < 30 ? { ...row, label: '' as const } : row));
    const late = await tableOf(rows);
    const input = { plan: PLAN, roles: ROLES, cutoff: CUTOFF };
    await expect(slicesReport(late, input)).rejects.toMatchObject({ code: 'value_missing' });
    const report = await slicesReport(late, { ...input, unlabelled: 'skip' });
    late.close();
    const unknown = planted.filter(({ age }) => age < 30).length;
    expect(report.rows).toBe(planted.length - unknown);
    expect(report.caveats).toEqual([`${unknown} rows have no outcome yet and are in no slice.`]);
  });

  test('beyond the declared number of tests are refused', async () => {
    await expect(reportedOn(table, { tests_max: 10 })).rejects.toMatchObject({
      code: 'plan_invalid',
      details: { field: 'slices.columns' },
    });
  });
});

describe('where no slice is worse', () => {
  // Under the null every slice found is false, so the false discovery rate is the chance that any is found.
  test.each(['benjamini-yekutieli', 'benjamini-hochberg'] as const)(
    'any is found at most as often as the plan states, by %s',
    (control) => {
      const random = seededNumbers(printedSeed(`slices under the null, ${control}`));
      const [tries, rate] = [120, 0.2];
      for (const metric of ['log_loss', 'error_rate'] as const) {
        let alarms = 0;
        for (let tried = 0; tried < tries; tried += 1) {
          const { all, slices } = countedSlices(drawRows(600, random), metric);
          const p = slices.map((slice) => testSlice(slice, all, { metric, effectMin: 0 }).p);
          if (adjustedP(p, control).some((one) => one <= rate)) alarms += 1;
        }
        expect(alarms / tries).toBeLessThan(rate + 4 * Math.sqrt((rate * (1 - rate)) / tries));
      }
    },
  );
});

// Slices of one and of two columns, counted here and not by the engine, whose counts other tests hold against the rows.
function countedSlices(rows: readonly SliceRow[], metric: 'log_loss' | 'error_rate') {
  const found = new Map<string, SliceCounts>();
  const add = (key: string, loss: bigint) => {
    const { n, loss: sum, squares } = found.get(key) ?? { n: 0, loss: 0n, squares: 0n };
    const counts = { n: n + 1, loss: sum + loss, squares: squares + loss * loss };
    found.set(key, { values: new Map(), positives: 0, ...counts });
  };
  for (const row of rows) {
    const band = Math.floor((row.age - 20) / 12.5);
    const names = [row.sex, row.region, `age ${band}`, `income ${Math.floor(row.income / 250)}`];
    const wrong = row.score >= CUTOFF_VALUE !== (row.label === 1);
    const nats = -Math.log(row.label === 1 ? row.score : 1 - row.score);
    const loss = BigInt(Math.round((metric === 'error_rate' ? Number(wrong) : nats) * LOSS_UNITS));
    add('all', loss);
    names.forEach((name, place) => {
      add(name, loss);
      for (const other of names.slice(place + 1)) add(`${name}, ${other}`, loss);
    });
  }
  const all = found.get('all')!;
  found.delete('all');
  return { all, slices: [...found.values()].filter(({ n }) => n >= 30 && all.n - n >= 30) };
}

const CUTOFF_VALUE = Number(CUTOFF.cutoff);
