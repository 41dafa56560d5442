// SPDX-License-Identifier: Apache-2.0
// A snapshot as it is taken, recorded and printed: nothing between the table and the page is written by hand.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '@countersign/kernel';
import { openFileBlobStore, parsePipelineFile, takeSnapshot } from '@countersign/pipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { qualityContent, snapshotContents } from '../../jobs/data-records.ts';
import { chartSvg } from '../charts.ts';
import type { Block } from '../document.ts';
import type { DossierRecord } from './content.ts';
import { presentDataQuality, presentDatasetSnapshot } from './data.ts';

const FILE = `model: consumer-credit
steps: { train: { run: 'true', outputs: [model] } }
data:
  loans:
    from: { path: loans.csv }
    source: { system: core, owner: retail, as_of: '2026-01-31', control_totals: { sums: { amount: 4950 } } }
    roles: { label: bad, unit: person, time: day }
    exclusions:
      - { where: amount >= 98, reason: too large }
      - { column: branch, reason: not known when the loan is asked for }
    splits:
      development: { where: "day < DATE '2026-03-01'" }
      test: { fraction: 1 }
`;

let root: string;
let snapshots: readonly DossierRecord[];
let quality: DossierRecord;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'measured-'));
  const rows = Array.from({ length: 100 }, (_, i) => {
    const day = `2026-0${i < 70 ? 1 + (i % 2) : 3}-1${i % 7}`;
    return [i % 3 === 0 ? 1 : 0, `p${i % 60}`, day, i, i % 3 === 0 ? 'called' : 'quiet', 'north'];
  });
  const path = join(root, 'loans.csv');
  const header = 'bad,person,day,amount,collection,branch';
  await writeFile(path, `${[header, ...rows.map((row) => row.join(','))].join('\n')}\n`);
  const dataset = parsePipelineFile(FILE, 'countersign.yaml').file.data?.loans;
  if (dataset === undefined) throw new Error('the file declares loans');
  const snapshot = await takeSnapshot({
    name: 'loans',
    dataset,
    origin: { path: 'loans.csv' },
    place: { path, name: 'loans.csv', locate: () => 'countersign.yaml:1' },
    blobs: openFileBlobStore(join(root, 'blobs')),
    workDir: join(root, 'work'),
  });
  snapshots = snapshotContents(snapshot, dataset).map(recordOf);
  quality = recordOf(qualityContent(snapshot));
});
afterAll(() => rm(root, { recursive: true, force: true }));

function recordOf(content: unknown): DossierRecord {
  // Presenters read the content and the digest of a record alone.
  const statement = { predicate: { content: content as { [key: string]: Json } } };
  return { digest: 'a'.repeat(64), index: 1, loggedAt: '', statement } as unknown as DossierRecord;
}

const textOf = (blocks: readonly Block[]): string => JSON.stringify(blocks);
const captions = (blocks: readonly Block[]): readonly string[] =>
  blocks.flatMap((block) => ('caption' in block ? [String(block.caption)] : []));

test('what was measured is printed and stands among the checks as a warning', () => {
  const blocks = presentDataQuality([quality]);
  expect(captions(blocks).map((caption) => caption.slice(0, 24))).toEqual([
    'Data quality checks of l',
    'Independence of splits. ',
    'Columns to question',
    'How far each column alon',
  ]);
  const { checks } = quality.statement.predicate.content as { checks: { check: string }[] };
  expect(checks).toContainEqual({
    check: 'columns that alone nearly determine bad',
    severity: 'warning',
    threshold: "Theil's U below 0.8, AUC below 0.95",
    value: '1: collection',
    result: 'warn',
  });
  expect(checks).toContainEqual(
    expect.objectContaining({
      check: 'values of person with rows in development and in test',
      value: '28',
      result: 'warn',
    }),
  );
  expect(checks).toContainEqual(
    expect.objectContaining({ check: 'columns with one value', value: '1: branch' }),
  );
  expect(textOf(blocks)).toContain('28 values of person have rows in development and in test');
});

test('the waterfall is a table and distributions are drawn', () => {
  const blocks = presentDatasetSnapshot(snapshots);
  expect(captions(blocks)).toContain('Exclusion waterfall');
  expect(textOf(blocks)).toContain('sum of amount 4753.000000'); // 4950 − 98 − 99
  const figures = blocks.flatMap((block) => (block.kind === 'figure' ? [block] : []));
  expect(figures.map(({ caption }) => caption)).toContain('Distribution of amount');
  for (const { chart } of figures) expect(chartSvg(chart)).toContain('<svg');
});

test('a record of an earlier release prints what it has', () => {
  const { measures: _, ...earlier } = quality.statement.predicate.content;
  expect(captions(presentDataQuality([recordOf(earlier)]))).toHaveLength(1);
});
