// SPDX-License-Identifier: Apache-2.0
import { evaluatePlan, loadTable, type Scorer } from '@countersign/analysis';
import { pipelineFileSchema, toRecordJson } from '@countersign/pipeline';
import { beforeAll, expect, test } from 'vitest';
import { testReports } from '../../../jobs/test-reports.ts';
import { chartSvg } from '../../charts.ts';
import type { Block, TableBlock } from '../../document.ts';
import { foundCreditFirm } from '../../testing/credit-firm.ts';
import { VERSION } from '../../testing/credit-version.ts';
import { measurementBlocks } from '../testing.ts';

const COLUMNS = {
  burden: 'number',
  years: 'integer',
  region: 'text',
  score: 'number',
  label: 'integer',
} as const;
const ROWS = 240;
const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit));

const scorer: Scorer = {
  spec: {
    inputs: [
      { name: 'burden', type: 'f64', min: '0', max: '3' },
      { name: 'years', type: 'i64' },
      { name: 'region', type: 'string' },
    ],
    output: 'p',
  },
  score: async (row) => {
    const far = row.region === 'moor' ? 0.8 : 0;
    const score = sigmoid(-1.5 + 1.6 * Number(row.burden) - 0.08 * Number(row.years) + far);
    return { score, raw: [score] };
  },
  close: async () => {},
};

const PLAN = {
  sensitivity: {
    inputs: ['years'],
    rows: 100,
    scenarios: [
      { name: 'recession', why: 'Incomes fall.', changes: { burden: { multiply: 1.4 } } },
      { name: 'all-young', why: 'A new channel.', changes: { years: { quantile: 0.1 } } },
    ],
    noise: { relative: 0.05, repeats: 2 },
  },
  explanations: {
    partial_dependence: { grid: 6, rows: 60 },
    permutation: { repeats: 3 },
    shapley: { rows: 40, background: 10, reasons: { count: 2 } },
  },
  conceptual: {},
  benchmark: { simple: ['base-rate', 'logistic'] },
};

let blocks: ReadonlyMap<string, readonly Block[]>;
beforeAll(async () => {
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const [burden, years] = [(row * 7) % 23, (row * 5) % 31];
    const region = ['city', 'coast', 'moor'][row % 3]!;
    const truth = sigmoid(-1.5 + 0.16 * burden - 0.08 * years + (row % 3 === 2 ? 0.8 : 0));
    const label = (row * 37) % 100 < 100 * truth ? 1 : 0;
    return [burden / 10, years, region, Math.min(0.99, truth + 0.01 * (row % 5)), label].join(',');
  });
  const bytes = Buffer.from([Object.keys(COLUMNS).join(','), ...lines, ''].join('\n'));
  const table = await loadTable({ format: 'csv', bytes }, COLUMNS);
  const firm = await foundCreditFirm();
  const evaluation = await evaluatePlan(pipelineFileSchema.shape.testing.parse(PLAN)!, table, {
    roles: { score: 'score', label: 'label' },
    cutoff: { cutoff: '0.4', adverseWhen: 'at-or-above' },
    scorer,
  });
  table.close();
  const place = {
    phase: 'development',
    data: { description: 'rows', digest: 'a'.repeat(64), rows: ROWS },
  } as const;
  const printed = new Map<string, readonly Block[]>();
  for (const { type, kind, content } of testReports(evaluation, place, {})) {
    const about = { scope: 'version', subjectRef: VERSION } as const;
    const recorded = JSON.parse(JSON.stringify(toRecordJson(content)));
    const named = kind === undefined ? {} : { kind };
    await firm.add({ type, ...named, ...about, content: recorded }, 'platform');
    const record = firm.set().records.at(-1);
    if (record === undefined) throw new Error('the record was not counted');
    printed.set(kind === undefined ? type : `${type}/${kind}`, measurementBlocks(record));
  }
  blocks = printed;
});

const charts = (name: string) =>
  (blocks.get(name) ?? []).flatMap((block) => (block.kind === 'figure' ? [block.chart] : []));
const tableNamed = (name: string, caption: string) =>
  blocks
    .get(name)
    ?.find(
      (block): block is TableBlock =>
        block.kind === 'table' && block.caption?.startsWith(caption) === true,
    );

test.each([
  ['robustness-test/stress', ['lines']],
  ['robustness-test/noise', ['bars']],
  ['explainability-test/partial-dependence', ['lines', 'lines', 'bars']],
  ['explainability-test/permutation', ['bars']],
  ['explainability-test/shapley', ['bars']],
  ['explainability-test/reasons', ['bars']],
])('%s is printed with pictures that can be drawn', (name, kinds) => {
  expect(charts(name).map(({ kind }) => kind)).toEqual(kinds);
  for (const chart of charts(name)) expect(chartSvg(chart)).toContain('<svg');
});

test('a scenario is printed with what it changes and why', () => {
  const rows = tableNamed('robustness-test/stress', 'Scenarios')?.rows.map((row) =>
    row.map(({ text }) => text),
  );
  expect(rows).toEqual([
    ['recession', 'burden: times 1.4', 'Incomes fall.'],
    ['all-young', 'years: set to its 0.1 quantile', 'A new channel.'],
  ]);
});

test('every conceptual check is printed with its answer', () => {
  const table = tableNamed('robustness-test/conceptual', 'Conceptual checks');
  expect(table?.rows.map(([check]) => check?.text)).toEqual([
    'Collinearity',
    'Separation',
    'Overfitting',
    'Leakage',
    'Direction',
  ]);
  expect(table?.rows.every((row) => row.every(({ text }) => text !== ''))).toBe(true);
});

test('challengers are printed with p, adjusted p and the outcomes of whom only one turns away', () => {
  const tests = tableNamed('benchmark-test/simple', 'Two-sided p');
  expect(tests?.columns.map(({ title }) => title)).toContain('p, adjusted');
  const swap = tableNamed('benchmark-test/simple', 'Decisions of both');
  const [rows, events] = [2, 3].map((column) =>
    swap!.rows.slice(0, 4).reduce((sum, row) => sum + Number(row[column]?.text), 0),
  );
  expect(rows).toBe(ROWS);
  expect(events).toBeLessThan(ROWS);
});

test('the background of Shapley values is printed with its digest', () => {
  const facts = (blocks.get('explainability-test/shapley') ?? []).flatMap((block) =>
    block.kind === 'facts' ? block.rows : [],
  );
  const digest = facts.find(({ label }) => label === 'Digest of the background')?.value[0];
  expect(digest?.kind === 'text' && digest.text).toMatch(/^[0-9a-f]{64}$/);
});
