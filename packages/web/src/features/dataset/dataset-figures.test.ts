// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { columnRows, percent, shortFigure, shownRows } from './column-rows.ts';
import { compareProfiles } from './compare-profiles.ts';
import { contentOf, qualityReader, snapshotsOf } from './read-dataset.ts';

function snapshot(columns: readonly object[], profile: readonly object[], more: object = {}) {
  const content = {
    dataset: 'loans',
    split: 'development',
    rows: 100,
    columns,
    profile: { rule: 'every row', access: 'steps', columns: profile },
    ...more,
  };
  const digest = 'a'.repeat(64);
  const [read] = snapshotsOf({ snapshots: [{ digest, content }] as never });
  if (read === undefined) throw new Error('the content is readable');
  return read;
}

const AGE = { name: 'age', type: 'integer', role: 'feature' };
const SEX = { name: 'sex', type: 'text', role: 'protected' };
const age = (mean: string, missing: number) => ({
  name: 'age',
  count: 100,
  missing,
  distinct: 60,
  mean,
  standardDeviation: '10',
});
const sex = (...counts: readonly number[]) => ({
  name: 'sex',
  count: 100,
  missing: 0,
  distinct: counts.length,
  top: counts.map((count, index) => ({ value: 'fmx'[index] ?? '', count })),
});

describe('a record as the page reads it', () => {
  test('may lack whatever its release did not measure', () => {
    const read = snapshot([AGE], []);
    expect(read.exclusions).toEqual({ rows: [], columns: [] });
    expect(read.source.controlTotals).toEqual([]);
    expect(snapshotsOf({ snapshots: [{ content: { files: [] } }] as never })).toEqual([]);
    const statement = { predicate: { content: { dataset: 'loans', checks: [{ check: 1 }] } } };
    expect(contentOf(statement, qualityReader, 'loans')).toMatchObject({
      checks: [],
      measures: { splitPairs: [], label: null },
    });
    expect(contentOf(statement, qualityReader, 'cards')).toBeUndefined();
  });
});

describe('lines of the table', () => {
  const measures = {
    splitPairs: [],
    columns: [{ finding: 'mixed-type', column: 'age', said: 'one value is no number' }],
    label: {
      label: 'bad',
      thresholds: { theilsU: '0.8', auc: '0.95' },
      columns: [
        { column: 'sex', signal: 'value', theilsU: '0.9', lambda: '0.9', auc: null, warned: true },
      ],
    },
  };

  test('carry what to ask about, and are chosen by it', () => {
    const rows = columnRows(
      snapshot([AGE, SEX], [age('40', 25)], {
        exclusions: { rows: [], columns: [{ column: 'sex', reason: 'prohibited basis' }] },
      }),
      measures,
    );
    expect(rows.map(({ questions }) => questions)).toEqual([
      ['mixed-type: one value is no number'],
      ['nearly determines bad'],
    ]);
    expect(rows[0]?.missingShare).toBe(0.25);
    expect(shownRows(rows, 'features').map(({ name }) => name)).toEqual(['age']);
    expect(shownRows(rows, 'withheld').map(({ name }) => name)).toEqual(['sex']);
    expect(shownRows(rows, 'questions')).toHaveLength(2);
  });

  test('never show a share above nothing as nothing', () => {
    expect([percent(0.0004), percent(0), percent(0.25), percent(undefined)]).toEqual([
      '< 0.1 %',
      '0 %',
      '25 %',
      '',
    ]);
    expect([shortFigure('0.123456789'), shortFigure('2026-01-31'), shortFigure(null)]).toEqual([
      '0.1235',
      '2026-01-31',
      '',
    ]);
  });
});

describe('two recorded profiles', () => {
  test('tell schema, missing shares, means in standard deviations and shares of values', () => {
    const changes = compareProfiles(
      snapshot([AGE, SEX, { ...SEX, name: 'old' }], [age('40', 0), sex(50, 50)]),
      snapshot(
        [{ ...AGE, type: 'number' }, SEX, { ...AGE, name: 'new' }],
        [age('45', 20), sex(30, 50, 20)],
      ),
    );
    expect(changes.map(({ column, what, said }) => [column, what, said])).toEqual([
      ['age', 'type changed', 'integer → number'],
      ['new', 'added', 'integer'],
      ['old', 'removed', 'text'],
      ['sex', 'in both', ''],
    ]);
    expect(changes[0]).toMatchObject({ missing: [0, 0.2], meanShift: 0.5 });
    expect(changes[3]?.shareShift).toBeCloseTo(0.2, 12);
  });

  test('say nothing of shares where a profile does not list every value', () => {
    const cut = { ...sex(50, 30), distinct: 40 };
    const [change] = compareProfiles(snapshot([SEX], [sex(50, 50)]), snapshot([SEX], [cut]));
    expect(change?.shareShift).toBeUndefined();
  });
});
