// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';
import { expect, test } from 'vitest';
import type { Block, TableBlock } from '../../document.ts';
import type { DossierRecord } from '../content.ts';
import { measurementBlocks } from '../testing.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

function record(detail: Json, more: object = {}): DossierRecord {
  const content = {
    phase: 'validation',
    data: { description: 'rows', digest: B, rows: 100 },
    measurements: [],
    conclusion: 'fail',
    detail,
    ...more,
  };
  const predicate = { type: 'performance-test', kind: 'replication', actor: 'platform', content };
  return {
    digest: A,
    statement: { predicate },
    index: 1,
    loggedAt: '',
  } as unknown as DossierRecord;
}

const isTable = (block: Block): block is TableBlock => block.kind === 'table';
const tables = (one: DossierRecord) => measurementBlocks(one).filter(isTable);
const texts = ({ rows }: TableBlock) => rows.map((row) => row.map(({ text }) => text));

test('every number has a line under its report; a mismatch says what differs', () => {
  const figure = { report: 'performance-test', tolerance: '0.000000001' };
  const [reports, figures] = tables(
    record({
      kind: 'replication',
      figuresTolerance: '0.000000001',
      scoresTolerance: '0.00001',
      reports: [
        { report: 'performance-test', record: B, figures: 3, mismatches: 2 },
        {
          report: 'benchmark-test/production',
          record: B,
          figures: 9,
          mismatches: 0,
          notReplicated: 'replaced since',
        },
      ],
      figures: [
        {
          ...figure,
          figure: 'auc',
          developer: '0.8',
          replicated: '0.8',
          difference: '0',
          agrees: true,
        },
        {
          ...figure,
          figure: 'auc/region=north',
          developer: '0.8',
          replicated: '0.7',
          difference: '-0.1',
          agrees: false,
          differs: ['interval'],
        },
        { ...figure, figure: 'ks', developer: '0.5', agrees: false },
      ],
      figuresOmitted: 0,
    }),
  );
  expect(reports && texts(reports)).toEqual([
    ['Performance test', '3', '2', 'yes'],
    ['Benchmark test, production', '9', '', 'no: replaced since'],
  ]);
  expect(figures && texts(figures).map((row) => [row[0], row[2], row[3], row[5]])).toEqual([
    ['AUC', '0.800', '0', 'yes'],
    ['AUC, region: north', '0.700', '−0.100', 'no (interval)'],
    ['KS', 'not measured', '', 'no'],
  ]);
});

test('a look is printed with those before it, who brought the rows, and what cannot be shown', () => {
  const look = { at: '2026-11-22T10:00:00.000Z', by: 'val', model: 'm', plan: B };
  const blocks = measurementBlocks(
    record({
      looks: {
        number: 2,
        plans: 2,
        planAfterFirstLook: true,
        looks: [
          { ...look, number: 1, request: A, version: 1, measured: true },
          { ...look, number: 2, request: B, version: 2, measured: false },
        ],
      },
      custody: {
        suppliedBy: 'val',
        name: 'own.csv',
        shown: ['Not held before.'],
        notShown: ['Elsewhere.'],
      },
      overlap: { measured: { rows: 100, known: 50, row: { rows: 0, first: null } } },
    }),
  );
  const [looks, overlap] = blocks.filter(isTable);
  expect(looks && texts(looks).map((row) => [row[0], row[3], row[5]])).toEqual([
    ['1', 'm@1', 'measured'],
    ['2', 'm@2', 'this report'],
  ]);
  expect(overlap && texts(overlap)).toEqual([['inputs and label', '0', 'none']]);
  const text = JSON.stringify(blocks);
  expect(text).toContain('signed after the first look');
  expect(text).toContain('Elsewhere.');
  expect(text).not.toContain('Further figures');
});
