// SPDX-License-Identifier: Apache-2.0
import { type ColumnTypes, evaluatePlan, loadTable, type TestingPlan } from '@countersign/analysis';
import { pipelineFileSchema, toRecordJson } from '@countersign/pipeline';
import { describe, expect, test } from 'vitest';
import { testReports } from '../../../jobs/test-reports.ts';
import { chartSvg } from '../../charts.ts';
import type { Block, TableBlock } from '../../document.ts';
import { foundCreditFirm } from '../../testing/credit-firm.ts';
import { VERSION } from '../../testing/credit-version.ts';
import { fieldsOf } from '../content.ts';
import { measurementBlocks } from '../testing.ts';

const PLACE = {
  phase: 'development',
  data: { description: 'two hundred rows', digest: 'a'.repeat(64), rows: 200 },
} as const;

/** Every report of a plan on these rows, recorded and printed; keyed by evidence and kind. */
async function printed(
  testing: unknown,
  columns: ColumnTypes,
  line: (row: number) => string,
): Promise<ReadonlyMap<string, readonly Block[]>> {
  const text = [
    Object.keys(columns).join(','),
    ...Array.from({ length: 200 }, (_, row) => line(row)),
  ];
  const table = await loadTable({ format: 'csv', bytes: Buffer.from(text.join('\n')) }, columns);
  const plan = pipelineFileSchema.shape.testing.parse(testing) as TestingPlan;
  const firm = await foundCreditFirm();
  const blocks = new Map<string, readonly Block[]>();
  try {
    const evaluation = await evaluatePlan(plan, table, {
      roles: { score: 'score', label: 'label' },
      cutoff: { cutoff: '0.5', adverseWhen: 'at-or-above' },
      protected: [{ name: 'sex', column: 'sex', reference: 'm' }],
    });
    for (const { type, kind, content } of testReports(evaluation, PLACE, {})) {
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
  } finally {
    table.close();
  }
  return blocks;
}

const captions = (blocks: readonly Block[] | undefined) =>
  (blocks ?? []).flatMap((block) =>
    block.kind === 'figure' || block.kind === 'table' ? (block.caption ?? '') : [],
  );
const tableOf = (blocks: readonly Block[] | undefined, caption: string) =>
  blocks?.find((block): block is TableBlock => block.kind === 'table' && block.caption === caption);
const drawn = (blocks: readonly Block[] | undefined) =>
  (blocks ?? []).flatMap((block) => (block.kind === 'figure' ? chartSvg(block.chart) : []));

describe('reports of each task as the analysis package writes them', () => {
  test('an estimate with rates and prices: residuals, lift, double lift, Lorenz, groups', async () => {
    const blocks = await printed(
      {
        task: 'estimate',
        metrics: { quantile_coverage_gap: { min: '-0.1', max: '0.1' } },
        segments: ['sex'],
        estimate: { quantiles: [{ column: 'high', at: 0.9 }] },
        insurance: {
          family: 'poisson',
          against: 'tariff',
          price: { column: 'premium', why: 'by risk alone' },
        },
      },
      {
        score: 'number',
        label: 'integer',
        tariff: 'number',
        premium: 'number',
        high: 'number',
        sex: 'text',
      },
      (row) => {
        const score = 0.2 + (row % 40) / 40;
        const label = row % 3 === 0 ? 1 + (row % 2) : 0;
        return [
          score,
          label,
          0.7,
          100 * score,
          row % 10 === 0 ? 0.5 : 2,
          row % 5 < 2 ? 'f' : 'm',
        ].join(',');
      },
    );
    expect([...blocks.keys()]).toEqual([
      'performance-test',
      'performance-test/insurance',
      'fairness-test/price',
    ]);
    const estimate = blocks.get('performance-test');
    expect(captions(estimate)).toContain('Predicted beside actual in tenths of the rows');
    // A limit on a figure of a quantile is printed with it.
    const judged = tableOf(estimate, 'By quantile, intervals at 95 %');
    expect(judged?.columns.map(({ title }) => title)).toContain('Limit');
    const insurance = blocks.get('performance-test/insurance');
    expect(drawn(insurance)).toHaveLength(3);
    const lift = tableOf(insurance, 'Actual over expected in tenths of the exposure');
    expect(lift?.rows).toHaveLength(10);
    const prices = tableOf(
      blocks.get('fairness-test/price'),
      'Prices per unit of exposure by sex, reference m',
    );
    expect(prices?.rows.map(([group]) => group?.text)).toEqual(['f', 'm']);
    expect(drawn(estimate).every((svg) => svg.startsWith('<svg'))).toBe(true);
  });

  test('market risk: the course with its exceptions, each listed, and the zone', async () => {
    const blocks = await printed(
      { task: 'market-risk', market_risk: { date: 'day', level: 0.99, window: 100 } },
      { day: 'date', score: 'number', label: 'number' },
      (row) => {
        const day = new Date(Date.UTC(2025, 0, 1 + row)).toISOString().slice(0, 10);
        return [day, 100, row % 50 === 7 ? -140 : (row % 11) - 5].join(',');
      },
    );
    const report = blocks.get('performance-test');
    expect(drawn(report)).toHaveLength(1);
    expect(tableOf(report, 'Exceptions of score')?.rows.map(([day]) => day?.text)).toEqual([
      '2025-01-08',
      '2025-02-27',
      '2025-04-18',
      '2025-06-07',
    ]);
    const facts = (report ?? []).flatMap((block) => (block.kind === 'facts' ? block.rows : []));
    const zone = facts.find(({ label }) => label === 'Supervisory zone');
    expect(JSON.stringify(zone?.value)).toContain('green: 2 exceptions in 100 days');
  });

  test('clinical: readings, prevalence, and each comparison with its margin', async () => {
    const blocks = await printed(
      {
        clinical: {
          prevalence: { value: 0.1, source: 'a registry' },
          non_inferiority: [
            { metric: 'sensitivity', against: { column: 'reader' }, margin: 0.1, why: 'agreed' },
          ],
        },
      },
      { score: 'number', label: 'integer', reader: 'integer' },
      (row) => [(row % 97) / 97, row % 97 > 40 ? 1 : 0, row % 9 > 3 ? 1 : 0].join(','),
    );
    const report = blocks.get('performance-test/clinical');
    expect(captions(report)).toContain('Confusion at the cutoff 0.5');
    const compared = tableOf(report, 'Non-inferiority, with margins declared before the test');
    expect(compared?.rows[0]?.map(({ text }) => text).slice(0, 4)).toEqual([
      'sensitivity',
      'reader',
      '0.1',
      '0.025',
    ]);
    expect(tableOf(report, 'By against, intervals at 95 %')?.rows).toHaveLength(1);
  });
});
