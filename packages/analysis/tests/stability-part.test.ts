// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ColumnTypes,
  evaluatePlan,
  freezeReference,
  loadTable,
  type StabilityReport,
  type Table,
} from '../src/index.ts';

const COLUMNS: ColumnTypes = { purpose: 'text', score: 'number', label: 'integer' };
const PLAN = {
  later: 'loans.later',
  stability: {
    columns: ['purpose'],
    limits: { psi: { max: '0.1' }, csi: { min: '-0.02', max: '0.02' } },
  },
};

/** `cars` of 400 rows in the car bin, the others houses; houses score higher. */
async function tableOf(cars: number, other = 'house'): Promise<Table> {
  const rows = Array.from({ length: 400 }, (_, at) =>
    at < cars
      ? `car,${0.1 + (at % 10) / 1000},${at % 10 === 0 ? 1 : 0}`
      : `${other},${0.3 + (at % 10) / 1000},${at % 3 === 0 ? 1 : 0}`,
  );
  return loadTable(
    { format: 'csv', bytes: Buffer.from(`purpose,score,label\n${rows.join('\n')}\n`) },
    COLUMNS,
  );
}

let own: Table;
beforeAll(async () => {
  own = await tableOf(200);
});
afterAll(() => own.close());

const ROLES = { score: 'score', label: 'label' };

async function against(later: Table): Promise<StabilityReport> {
  try {
    const data = { description: 'loans.later', digest: '00', rows: later.rowCount };
    const { parts } = await evaluatePlan(PLAN, own, {
      roles: ROLES,
      later: { table: later, roles: ROLES, data },
    });
    const part = parts.find(({ kind }) => kind === 'stability')!;
    expect([part.evidence, part.data]).toEqual(['robustness-test', data]);
    return part.report as StabilityReport;
  } finally {
    later.close();
  }
}

const columnOf = (report: StabilityReport, name: string) =>
  report.columns.find(({ column }) => column === name)!;

test('later rows of the same mix are stable, in every column and the score', async () => {
  const report = await against(await tableOf(200));
  expect([report.verdict, report.breaches, report.smoothing]).toEqual(['pass', [], '0.5']);
  expect(columnOf(report, 'purpose').csi).toMatchObject({
    metric: 'csi',
    value: '0',
    verdict: 'pass',
  });
});

test('a mix that moved breaks the limit of the index, and of the score that it moves', async () => {
  const report = await against(await tableOf(100));
  const purpose = columnOf(report, 'purpose');
  expect(purpose.measurement.verdict).toBe('fail');
  // A quarter of the rows went from a mean of 0.1045 to one of 0.3045.
  expect(Number(purpose.csi!.value)).toBeCloseTo(0.05, 10);
  expect(report.breaches).toContain('purpose');
});

test('a level that the reference did not have is a bin of its own', async () => {
  const report = await against(await tableOf(200, 'boat'));
  const unseen = columnOf(report, 'purpose').bins.find(({ bin }) => bin === 'not listed')!;
  expect([unseen.reference, unseen.current]).toEqual([0, 200]);
  expect(Number(unseen.contribution)).toBeGreaterThan(1);
  expect(unseen.score_contribution).toBe('0');
});

test.each([
  ['two values, most rows the higher', (at: number) => (at < 5 ? 1 : 2), 2],
  ['many values, most rows the highest', (at: number) => (at < 30 ? at : 99), 2],
  ['few values', (at: number) => at % 3, 3],
])('a number with %s has bins that can shift', async (_, made, bins) => {
  const rows = Array.from({ length: 1000 }, (_, at) => String(made(at)));
  const table = await loadTable(
    { format: 'csv', bytes: Buffer.from(`code\n${rows.join('\n')}\n`) },
    { code: 'integer' },
  );
  const [frozen] = await freezeReference(table, ['code']);
  table.close();
  expect(frozen!.counts.filter((count) => count > 0)).toHaveLength(bins);
});

test('without later rows the plan is refused and says what to name', async () => {
  await expect(evaluatePlan(PLAN, own, { roles: ROLES })).rejects.toMatchObject({
    code: 'plan_invalid',
    details: { field: 'stability' },
  });
});
