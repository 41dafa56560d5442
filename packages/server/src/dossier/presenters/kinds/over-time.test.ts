// SPDX-License-Identifier: Apache-2.0
import {
  backtestReport,
  freezeReference,
  loadTable,
  type Report,
  selectiveLabelsReport,
  stabilityReport,
  type Table,
} from '@countersign/analysis';
import { toRecordJson } from '@countersign/pipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chartSvg } from '../../charts.ts';
import type { Block } from '../../document.ts';
import { foundCreditFirm } from '../../testing/credit-firm.ts';
import { VERSION } from '../../testing/credit-version.ts';
import { measurementBlocks } from '../testing.ts';

// Two hundred rows a year; events as many as the score says, and in 2018 three times as many.
let table: Table;
beforeAll(async () => {
  const lines = [2016, 2017, 2018].flatMap((year) =>
    Array.from({ length: 200 }, (_, at) => {
      const event = at % 10 < (year === 2018 ? 6 : 2) ? 1 : 0;
      const state = at % 8 === 0 ? 'declined' : 'accepted';
      return `${year},${at % 2 === 0 ? 0.15 : 0.25},${state === 'declined' ? '' : event},${state},${year - 1},${at % 24}`;
    }),
  );
  const bytes = Buffer.from(['year,score,label,state,booked,age', ...lines, ''].join('\n'));
  table = await loadTable(
    { format: 'csv', bytes },
    {
      year: 'integer',
      score: 'number',
      label: 'integer',
      state: 'text',
      booked: 'integer',
      age: 'integer',
    },
  );
});
afterAll(() => table.close());

async function printed(report: Report): Promise<readonly Block[]> {
  const { measurements: _, ...detail } = report;
  const firm = await foundCreditFirm();
  const content = {
    phase: 'development',
    data: { description: 'six hundred rows', digest: 'a'.repeat(64), rows: 600 },
    measurements: [],
    detail: toRecordJson(detail),
    conclusion: report.verdict,
  };
  await firm.add(
    { type: 'performance-test', scope: 'version', subjectRef: VERSION, content },
    'platform',
  );
  return measurementBlocks(firm.set().records.at(-1)!);
}

const roles = { score: 'score', label: 'label' };
const tableOf = (blocks: readonly Block[], caption: string) => {
  const found = blocks.find(
    (block) => block.kind === 'table' && block.caption?.startsWith(caption),
  );
  if (found?.kind !== 'table') throw new Error(`no table \`${caption}\``);
  return found.rows.map((row) => row.map(({ text }) => text));
};

test('a back-test shows predicted and realised by period with its lights', async () => {
  const report = await backtestReport(table, {
    plan: {
      time: 'year',
      window: '1y',
      limits: {},
      lights: { test: 'jeffreys', side: 'either', amber: '0.05', red: '0.01' },
      vintages: { origination: 'booked', months_on_book: 'age', cohort: '1y' },
    },
    roles,
    scores: 'one-model',
  });
  const blocks = await printed(report);
  expect(tableOf(blocks, 'Predicted against realised').map((row) => [row[0], row.at(-1)])).toEqual([
    ['2016', 'green'],
    ['2017', 'green'],
    ['2018', 'red'],
  ]);
  const figures = blocks.flatMap((block) => (block.kind === 'figure' ? [block] : []));
  expect(figures[0]?.chart).toMatchObject({
    kind: 'lines',
    x: { categories: ['2016', '2017', '2018'] },
    series: [{ name: 'realised' }, { name: 'predicted' }, { name: 'red', isPointsOnly: true }],
  });
  for (const { chart } of figures) expect(chartSvg(chart)).toContain('<svg');
});

test('refused figures of everyone say why and what to do next', async () => {
  const plan = {
    rules: [{ column: 'state', values: ['declined'], state: 'unobservable' as const }],
    otherwise: 'realised' as const,
    limits: { event_rate: { max: '0.5' } },
  };
  const blocks = await printed(await selectiveLabelsReport(table, { plan, roles }));
  const notice = blocks.find(
    (block) => block.kind === 'notice' && JSON.stringify(block).includes('Refused: 75 of 600'),
  );
  expect(JSON.stringify(notice)).toContain('Next: declare a method');
  expect(tableOf(blocks, 'What is known')).toEqual([
    ['Realised', 'counted as an outcome', '525'],
    ['Unobservable', 'no outcome by decision', '75'],
  ]);
});

test('stability stands beside what chance gives, with the smoothing', async () => {
  const bins = await freezeReference(table, ['age'], { score: 'score' });
  const blocks = await printed(
    await stabilityReport(table, { bins, limits: { psi: { max: '0.1' } } }),
  );
  expect(tableOf(blocks, 'Shift of each column')[0]).toEqual([
    'age',
    '0',
    expect.any(String),
    '1',
    '0',
    'pass',
  ]);
  expect(
    JSON.stringify(
      blocks.find(
        (block) => block.kind === 'facts' && JSON.stringify(block).includes('Added to each count'),
      ),
    ),
  ).toContain('0.5');
});
