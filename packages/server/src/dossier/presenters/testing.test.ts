// SPDX-License-Identifier: Apache-2.0
import {
  cutoffOf,
  fairnessReport,
  freezeReference,
  loadTable,
  performanceReport,
  type Report,
  stabilityReport,
  type Table,
} from '@countersign/analysis';
import type { Json } from '@countersign/kernel';
import { toRecordJson } from '@countersign/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chartSvg } from '../charts.ts';
import type { Block, FigureBlock } from '../document.ts';
import { foundCreditFirm } from '../testing/credit-firm.ts';
import { VERSION } from '../testing/credit-version.ts';
import type { DossierRecord } from './content.ts';
import { measurementBlocks } from './testing.ts';

// Every row's label is known from its place, so that counts can be checked by hand: of forty rows with
// score i/40, those with odd i above 20 and those with i divisible by 5 below it are bad.
const ROWS = 40;
const isBad = (index: number) => (index > 20 ? index % 2 === 1 : index % 5 === 0);

let table: Table;
beforeAll(async () => {
  const lines = Array.from({ length: ROWS }, (_, index) => {
    const group = index % 4 === 0 ? 'b' : 'a';
    return `${(index + 1) / (ROWS + 1)},${isBad(index) ? 'bad' : 'good'},${group}`;
  });
  const bytes = Buffer.from(['score,label,group', ...lines, ''].join('\n'));
  const columns = { score: 'number', label: 'text', group: 'text' } as const;
  table = await loadTable({ format: 'csv', bytes }, columns);
});
afterAll(() => table.close());

async function recordOf(
  type: 'performance-test' | 'fairness-test' | 'monitoring-result',
  report: Report,
  measurements: readonly Json[] = [],
): Promise<DossierRecord> {
  const { measurements: _, ...detail } = report;
  const firm = await foundCreditFirm();
  const content = {
    phase: 'development',
    data: { description: 'forty rows', digest: 'a'.repeat(64), rows: ROWS },
    measurements,
    detail: toRecordJson(detail),
    conclusion: report.verdict,
  };
  await firm.add({ type, scope: 'version', subjectRef: VERSION, content }, 'platform');
  const record = firm.set().records.at(-1);
  if (record === undefined) throw new Error('the record was not counted');
  return record;
}

const figuresOf = (blocks: readonly Block[]): readonly FigureBlock[] =>
  blocks.flatMap((block) => (block.kind === 'figure' ? [block] : []));

describe('a performance report as the analysis package writes it', () => {
  const cutoff = cutoffOf({ cutoff: '0.5', adverse_when: 'at-or-above' });

  test('gives the ROC curve, the calibration plot and the distribution by class', async () => {
    const report = await performanceReport(table, {
      roles: { score: 'score', label: 'label', positive: 'bad' },
      cutoff,
      plan: {},
    });
    const blocks = measurementBlocks(await recordOf('performance-test', report));
    const figures = figuresOf(blocks);
    expect(figures.map(({ chart }) => chart.kind)).toEqual(['roc', 'calibration', 'histogram']);
    for (const { chart } of figures) expect(chartSvg(chart)).toContain('<svg');
    const roc = figures[0]?.chart;
    const points = roc?.kind === 'roc' ? roc.points : [];
    expect(points[0]).toEqual({ fpr: 0, tpr: 0 });
    expect(points.at(-1)).toEqual({ fpr: 1, tpr: 1 });
    for (const [index, point] of points.entries()) {
      expect(point.tpr).toBeGreaterThanOrEqual(points[index - 1]?.tpr ?? 0);
      expect(point.fpr).toBeGreaterThanOrEqual(points[index - 1]?.fpr ?? 0);
    }
  });

  test('gives the confusion counts at the cutoff', async () => {
    const report = await performanceReport(table, {
      roles: { score: 'score', label: 'label', positive: 'bad' },
      cutoff,
      plan: {},
    });
    const blocks = measurementBlocks(await recordOf('performance-test', report));
    const confusion = blocks.find(
      (block) => block.kind === 'table' && block.caption?.startsWith('Confusion') === true,
    );
    const rows = confusion?.kind === 'table' ? confusion.rows : [];
    const adverse = (index: number) => (index + 1) / (ROWS + 1) >= 0.5;
    const count = (bad: boolean, declined: boolean) =>
      Array.from({ length: ROWS }, (_, index) => index).filter(
        (index) => isBad(index) === bad && adverse(index) === declined,
      ).length;
    expect(rows.map((row) => row.slice(1).map((cell) => Number(cell.text)))).toEqual([
      [count(true, true), count(true, false)],
      [count(false, true), count(false, false)],
    ]);
    expect(confusion?.kind === 'table' && confusion.caption).toBe('Confusion at the cutoff 0.5');
  });
});

test('a fairness report gives decisions by group and its ratios beside the limit', async () => {
  const report = await fairnessReport(table, {
    plan: {
      governing: 'approval_ratio',
      why: 'screen',
      limits: { approval_ratio: { min: '0.8' } },
    },
    protected: [{ name: 'group', column: 'group', reference: 'a', warning: 'Groups are jumbled.' }],
    basis: {
      on: 'recommendation',
      score: 'score',
      cutoff: cutoffOf({ cutoff: '0.5', adverse_when: 'at-or-above' }),
    },
  });
  const ratio = {
    metric: 'approval_ratio',
    group: 'group=b',
    reference: 'a',
    value: '0.9',
    interval: { low: '0.5', high: '1.4', level: '0.95', method: 'score' },
    n: ROWS,
    limit: { op: '>=', value: '0.8' },
    verdict: 'inconclusive',
    method: 'Miettinen & Nurminen 1985',
  };
  const unbounded = {
    ...ratio,
    group: 'group=c',
    interval: { ...ratio.interval, high: 'unbounded' },
  };
  const blocks = measurementBlocks(await recordOf('fairness-test', report, [ratio, unbounded]));
  const [figure] = figuresOf(blocks);
  expect(figure?.chart).toMatchObject({
    kind: 'ratios',
    limit: 0.8,
    items: [{ label: 'group: b', value: 0.9, low: 0.5, high: 1.4 }],
  });
  expect(figure?.caption).toContain('1 without a bounded interval are in the table alone');
  const captions = blocks.flatMap((block) => (block.kind === 'table' ? [block.caption] : []));
  expect(captions).toContain('Decisions by group, reference a');
  expect(captions).toContain('By group against a, intervals at 95 %');
  const warnings = blocks.filter(
    (block) => block.kind === 'notice' && JSON.stringify(block).includes('jumbled'),
  );
  expect(warnings).toHaveLength(1);
});

test('a stability report gives the index of each column and its bins', async () => {
  const bins = await freezeReference(table, ['score', 'group']);
  const report = await stabilityReport(table, { bins, limits: { psi: { max: '0.25' } } });
  const blocks = measurementBlocks(await recordOf('monitoring-result', report));
  const [all, ...rest] = figuresOf(blocks);
  expect(all?.chart).toMatchObject({ kind: 'bars', axis: 'PSI' });
  expect(all?.chart.kind === 'bars' && all.chart.items.map(({ label }) => label).sort()).toEqual([
    'group',
    'score',
  ]);
  expect(rest).toHaveLength(2);
});

test('a picture whose numbers are not all there is left out', async () => {
  const report = await performanceReport(table, {
    roles: { score: 'score', label: 'label', positive: 'bad' },
    plan: {},
  });
  const broken = {
    ...report,
    calibration: report.calibration.map((bin, index) =>
      index === 0 ? { ...bin, rate_low: null } : bin,
    ),
  };
  const blocks = measurementBlocks(await recordOf('performance-test', broken));
  expect(figuresOf(blocks)).toEqual([]);
});

test('a measured value is shown short and kept as recorded', async () => {
  const figure = {
    metric: 'auc',
    value: '0.781234567890',
    interval: { low: '0.741000000001', high: '0.821000000002', level: '0.95', method: 'delong' },
    n: 1000,
    verdict: 'fail',
    limit: { op: '>=', value: '0.80' },
    method: 'DeLong 1988',
  };
  const report: Report = {
    kind: 'performance',
    confidence: '0.95',
    rows: 1000,
    measurements: [],
    verdict: 'fail',
    caveats: [],
  };
  const blocks = measurementBlocks(await recordOf('performance-test', report, [figure]));
  const figures = blocks.find(
    (block) => block.kind === 'table' && block.caption === 'Figures, intervals at 95 %',
  );
  expect(figures?.kind === 'table' && figures.rows).toEqual([
    [
      { text: 'AUC' },
      { text: '0.781', exact: '0.781234567890' },
      { text: '0.741 to 0.821', exact: '0.741000000001 to 0.821000000002' },
      { text: '1,000', exact: '1000' },
      { text: '≥ 0.80' },
      { text: 'fail', style: 'strong' },
    ],
  ]);
});
