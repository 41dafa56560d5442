// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';
import { expect, test } from 'vitest';
import { chartSvg } from '../charts.ts';
import type { Block, FigureBlock } from '../document.ts';
import type { DossierRecord } from './content.ts';
import { designBlocks } from './design.ts';
import { presentFeatureCatalogue } from './features.ts';
import { searchesBlocks } from './searches.ts';

const DIGEST = 'd'.repeat(64);

const record = (content: { readonly [name: string]: Json }) =>
  ({ digest: DIGEST, statement: { predicate: { content } } }) as unknown as DossierRecord; // what presenters read of one

const printed = (blocks: readonly Block[]) => JSON.stringify(blocks);
const notices = (blocks: readonly Block[]) =>
  blocks.flatMap((block) => (block.kind === 'notice' ? [printed([block])] : []));
const captions = (blocks: readonly Block[]) =>
  blocks.flatMap((block) => (block.kind === 'table' ? [block.caption] : []));

const SOURCE = {
  input: 'raw.csv',
  key: 'id',
  rows: { before: 5, after: 4, kept: 4, filtered: 1, made: 0 },
  dropped: [{ column: 'note', type: 'text' }],
  shared: [
    {
      column: 'age',
      type: { before: 'integer', after: 'number' },
      missing: { before: 2, after: 0 },
      imputed: { rows: 2, values: [{ value: '41.5', rows: 2 }], dominant: '41.5' },
      changed: 0,
      psi: '0.12',
    },
    {
      column: 'same',
      type: { before: 'text', after: 'text' },
      missing: { before: 0, after: 0 },
      imputed: null,
      changed: 0,
      psi: '0',
    },
  ],
};

test('a catalogue prints what it lacks, its screen, and what each step changed between tables', () => {
  const blocks = presentFeatureCatalogue([
    record({
      lacking: [{ input: 'postcode', what: ['a justification'] }],
      screen: { data: 'loans.development', method: 'area' },
      inputs: [
        {
          input: 'postcode',
          lineage: [{ dataset: 'loans', column: 'postcode', marks: [] }],
          screen: [
            {
              attribute: 'region',
              auc: '0.81',
              nmi: '0.2',
              limits: { auc: '0.7' },
              verdict: 'above',
            },
          ],
          proxyReason: 'priced by office',
        },
      ],
      transformations: [
        {
          step: 'features',
          commit: 'c'.repeat(40),
          code: [{ path: 'features.py', gitBlob: 'b'.repeat(40) }],
          tables: [{ output: 'x.csv', added: [{ column: 'ratio' }], sources: [SOURCE] }],
        },
      ],
    }),
  ]);
  expect(notices(blocks)).toHaveLength(1);
  expect(notices(blocks)[0]).toContain('Incomplete: postcode lacks a justification.');
  expect(captions(blocks)).toEqual([
    'Inputs of the model',
    'Proxy screen: what an input tells of a protected attribute',
    'What step features did between tables',
    'Columns that step features changed',
    'Code of step features',
  ]);
  const text = printed(blocks);
  for (const part of [
    'priced by office',
    '1 by id',
    'integer → number',
    '2 → 0',
    '41.5 (2)',
    'ratio',
  ])
    expect(text).toContain(part);
  expect(text).not.toContain('"same"');
});

test('a search prints its warnings, the course of the best score and its trials, the best first', () => {
  const trial = (number: number, score: string | null, state = 'complete') => ({
    number,
    params: { C: String(number) },
    score,
    state,
    folds: ['0.5', '0.6'],
  });
  const blocks = searchesBlocks(
    record({
      searches: [
        {
          step: 'train',
          source: 'Optuna journal',
          score: 'log_loss',
          direction: 'minimise',
          chosen: 2,
          best: 1,
          count: 4,
          warnings: ['trial 2 was taken'],
          space: { C: { low: '0.1', high: 10 } },
          states: { complete: 3, pruned: 1 },
          course: [
            { trial: 0, score: '0.6' },
            { trial: 1, score: '0.4' },
            { trial: 3, score: '0.4' },
          ],
          trials: [trial(0, '0.6'), trial(1, '0.4'), trial(2, '0.5'), trial(3, null, 'pruned')],
        },
      ],
    }),
  );
  expect(notices(blocks)[0]).toContain('trial 2 was taken');
  const figure = blocks.find((block): block is FigureBlock => block.kind === 'figure');
  expect(figure?.chart).toMatchObject({ kind: 'course', axis: 'Log loss (nats)' });
  if (figure !== undefined) expect(chartSvg(figure.chart)).toContain('best so far');
  const [table] = blocks.filter((block) => block.kind === 'table');
  expect(table?.rows.map(([number]) => number?.text)).toEqual(['1', '2', '0', '3']);
  expect(table?.rows[1]?.at(-1)).toEqual({ text: 'taken', style: 'strong' });
});

test('a run without a search in one form prints the trials as they were declared', () => {
  const blocks = searchesBlocks(record({ trials: [{ params: { C: '1' }, log_loss: '0.5' }] }));
  expect(printed(blocks)).toContain('0.5');
});

test('a violated constraint is set off with what was found', () => {
  const blocks = designBlocks(
    {
      constraints: [
        {
          what: 'rises with amount',
          why: 'exposure',
          clause: '1002.9',
          state: 'violated',
          found: 'falls in 57 of 200 rows',
        },
      ],
      coefficients: { none: 'the score passes a `TreeEnsembleClassifier`' },
    },
    record({}),
  );
  const [table] = blocks.filter((block) => block.kind === 'table');
  expect(table?.rows[0]?.map(({ text }) => text)).toEqual([
    'rises with amount',
    'exposure — 1002.9',
    'violated',
    'falls in 57 of 200 rows',
  ]);
  expect(table?.rows[0]?.[2]?.style).toBe('strong');
});
