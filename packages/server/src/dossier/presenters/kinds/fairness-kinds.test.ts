// SPDX-License-Identifier: Apache-2.0
import {
  addNumbers,
  alternativeColumn,
  evaluatePlan,
  loadTable,
  type TestingPlan,
} from '@countersign/analysis';
import { pipelineFileSchema, toRecordJson } from '@countersign/pipeline';
import { beforeAll, describe, expect, test } from 'vitest';
import { countConfirmations } from '../../../jobs/count-confirmations.ts';
import { testReports } from '../../../jobs/test-reports.ts';
import { chartSvg } from '../../charts.ts';
import type { Block, FigureBlock, TableBlock } from '../../document.ts';
import { foundCreditFirm } from '../../testing/credit-firm.ts';
import { VERSION } from '../../testing/credit-version.ts';
import { fieldsOf } from '../content.ts';
import { measurementBlocks } from '../testing.ts';

const TESTING = {
  fairness: {
    governing: 'approval_ratio',
    why: 'the four-fifths rule of thumb',
    limits: { approval_ratio: { min: 0.8 } },
    alternatives: {
      performance: 'balanced_accuracy',
      tolerance: 0.2,
      scores: [{ name: 'fairer' }],
      cutoffs: [0.4, 0.6],
      untouched: { by: 'id', share: 0.4 },
    },
    proxy: {
      method: 'stated',
      why: 'probabilities of a vendor',
      groups: ['green', 'blue'],
      reference: 'blue',
      probabilities: { green: 'green', blue: 'blue' },
    },
  },
  slices: { columns: ['sex', 'age'], metric: 'error_rate', rows_min: 40 },
};
const PLACE = {
  phase: 'development',
  data: { description: 'eight hundred rows', digest: 'a'.repeat(64), rows: 800 },
} as const;
const ROWS = 800;

/** Every report of the plan, recorded twice and printed; keyed by evidence and kind. */
async function printedTwice(): Promise<ReadonlyMap<string, readonly Block[]>> {
  const risk = (row: number) => ((row * 37) % 100) / 100 + 0.005;
  const isWoman = (row: number) => row % 3 === 0;
  const score = (row: number) => Math.min(0.995, risk(row) + (isWoman(row) ? 0.2 : 0));
  const label = (row: number) =>
    isWoman(row) && row % 5 === 0 ? row % 2 : Number(risk(row) > 0.5);
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const sex = isWoman(row) ? 'f' : 'm';
    return [row, score(row), label(row), sex, 20 + (row % 40), isWoman(row) ? 0.8 : 0.1].join(',');
  });
  const header = 'id,score,label,sex,age,green';
  const table = await loadTable(
    { format: 'csv', bytes: Buffer.from([header, ...lines].join('\n')) },
    { id: 'text', score: 'number', label: 'integer', sex: 'text', age: 'integer', green: 'number' },
  );
  const numbers = (value: (row: number) => number) =>
    Float64Array.from({ length: ROWS }, (_, row) => value(row));
  await addNumbers(
    table,
    'blue',
    numbers((row) => (isWoman(row) ? 0.2 : 0.9)),
  );
  await addNumbers(table, alternativeColumn('fairer'), numbers(risk));
  const plan = pipelineFileSchema.shape.testing.parse(TESTING) as TestingPlan;
  const firm = await foundCreditFirm();
  const blocks = new Map<string, readonly Block[]>();
  try {
    const evaluation = await evaluatePlan(plan, table, {
      roles: { score: 'score', label: 'label' },
      cutoff: { cutoff: '0.5', adverseWhen: 'at-or-above' },
      protected: [{ name: 'sex', column: 'sex', reference: 'm' }],
    });
    for (const _ of [1, 2]) {
      const facts = { set: firm.set(), version: { model: VERSION.model } } as Parameters<
        typeof countConfirmations
      >[0];
      for (const draft of countConfirmations(facts, testReports(evaluation, PLACE, {}))) {
        const { type, kind, content } = draft;
        const about = {
          scope: 'version',
          subjectRef: VERSION,
          content: fieldsOf(toRecordJson(content)),
        } as const;
        await firm.add({ type, ...(kind === undefined ? {} : { kind }), ...about }, 'platform');
        const record = firm.set().records.at(-1);
        if (record === undefined) throw new Error('the record was not counted');
        blocks.set(kind === undefined ? type : `${type}/${kind}`, measurementBlocks(record));
      }
    }
  } finally {
    table.close();
  }
  return blocks;
}

describe('reports of fairness and slices as the analysis package writes them', () => {
  let printed: ReadonlyMap<string, readonly Block[]>;
  beforeAll(async () => {
    printed = await printedTwice();
  });
  const figures = (name: string) =>
    (printed.get(name) ?? []).filter((block): block is FigureBlock => block.kind === 'figure');
  const table = (name: string, caption: RegExp) =>
    (printed.get(name) ?? []).find(
      (block): block is TableBlock => block.kind === 'table' && caption.test(block.caption ?? ''),
    );
  const facts = (name: string) =>
    new Map(
      (printed.get(name) ?? []).flatMap((block) =>
        block.kind === 'facts'
          ? block.rows.map(({ label, value }) => [
              label,
              value.map((part) => ('text' in part ? part.text : '')).join(''),
            ])
          : [],
      ) as (readonly [string, string])[],
    );

  test('criteria by outcome: counts, exact tests, and a calibration curve for each group', () => {
    const counts = table('fairness-test', /^Decisions and what turned out, by sex$/);
    expect(counts!.rows.map(([group]) => group!.text)).toEqual(['f', 'm']);
    const cells = counts!.rows.flatMap((row) => row.slice(1).map(({ text }) => Number(text)));
    expect(cells.reduce((sum, count) => sum + count, 0)).toBe(ROWS);
    expect(table('fairness-test', /^Exact p of rates/)!.rows).toHaveLength(1);
    const curves = figures('fairness-test').find(({ chart }) => chart.kind === 'lines');
    expect(curves!.chart).toMatchObject({ series: [{ name: 'f' }, { name: 'm' }] });
    expect(chartSvg(curves!.chart)).toContain('<svg');
    expect(
      table('fairness-test', /^By sex, intervals/)!.columns.map(({ title }) => title),
    ).toContain('Approved among favourable outcomes');
  });

  test('alternatives: the frontier, the number tried, and which confirmation it was', () => {
    const name = 'fairness-test/alternatives';
    const [frontier] = figures(name);
    expect(frontier!.chart.kind).toBe('scatter');
    expect(chartSvg(frontier!.chart)).toContain('<svg');
    expect(facts(name).get('Alternatives tried')).toBe('5');
    expect(facts(name).get('Confirmation on this data, number')).toBe('2');
    expect(facts(name).get('Chosen')).toMatch(/ at /);
    expect(table(name, /on \d+ rows that the search never saw/)!.rows).toHaveLength(2);
  });

  test('probable groups: every estimator, the band and the bounds, and that they decide nothing', () => {
    const name = 'fairness-test/proxy';
    expect(facts(name).get('Use')).toMatch(/decide nothing/);
    expect(table(name, /by estimator$/)!.rows.map(([first]) => first!.text)).toContain('weighted');
    const [band] = figures(name);
    expect(chartSvg(band!.chart)).toContain('<svg');
    expect(table(name, /can rule out/)!.rows).toHaveLength(2);
  });

  test('slices: what was searched, how many were tested, which were found', () => {
    const name = 'performance-test/slices';
    expect(Number(facts(name).get('Slices tested'))).toBeGreaterThan(4);
    expect(facts(name).get('Controlled by')).toMatch(/Benjamini–Yekutieli/);
    const { rows } = table(name, /^Slices where the model is worse/)!;
    expect(rows[0]![0]!.text).toBe('sex: f');
    expect(rows[1]!.at(-1)!.text).toBe('sex: f');
  });
});
