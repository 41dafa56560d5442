// SPDX-License-Identifier: Apache-2.0
import type { Measurement, Report } from '@countersign/analysis';
import { describe, expect, test } from 'vitest';
import { measurementContent, reportContent } from './measurement-content.ts';
import { limitsOfPlan } from './plan-limits.ts';

const FIGURE: Measurement = {
  metric: 'auc',
  value: '0.78',
  interval: { low: '0.74', high: '0.82', level: '0.95', method: 'DeLong' },
  n: 600,
  events: 180.6,
  limit: { min: '0.7' },
  judge: 'interval',
  verdict: 'pass',
  source: 'DeLong 1988',
};
const PLACE = {
  phase: 'development' as const,
  data: { description: 'rows', digest: '0'.repeat(64), rows: 600 },
};
const report = (measurements: readonly Measurement[]): Report => ({
  kind: 'test',
  confidence: '0.95',
  rows: 600,
  measurements,
  verdict: 'pass',
  caveats: [],
});

describe('a figure in a record', () => {
  test('holds one limit in words that gates print', () => {
    expect(measurementContent(FIGURE).limit).toEqual({ op: '>=', value: '0.7' });
    const both = { ...FIGURE, limit: { min: '-0.3', max: '0.3' } };
    expect(measurementContent(both).limit).toEqual({ op: 'within', value: '-0.3 to 0.3' });
    expect(measurementContent({ ...FIGURE, limit: { max: '0.2' } }).limit).toEqual({
      op: '<=',
      value: '0.2',
    });
  });

  test('is of a segment without a reference and of a group with one', () => {
    const group = { by: 'sex', value: 'female' };
    expect(measurementContent({ ...FIGURE, group })).toMatchObject({ segment: 'sex=female' });
    const compared = measurementContent({ ...FIGURE, group: { ...group, reference: 'male' } });
    expect(compared).toMatchObject({ group: 'sex=female', reference: 'male' });
    expect(compared.segment).toBeUndefined();
  });

  test('without a value says so, and never holds a binary float', () => {
    expect(measurementContent({ ...FIGURE, value: null }).value).toBe('not defined');
    expect(measurementContent(FIGURE).events).toBe(180);
  });

  test('of a weighted set has a name of its own', () => {
    expect(measurementContent({ ...FIGURE, weighted: true }).metric).toBe('auc_weighted');
  });

  test('of a criterion that does not govern is reported and decides nothing', () => {
    const other = { ...FIGURE, metric: 'smd', verdict: 'fail' as const };
    const content = measurementContent(other, 'approval_ratio');
    expect(content.verdict).toBe('informational');
    expect(content.method).toContain('does not govern (fail)');
  });
});

describe('the conclusion of a report', () => {
  const verdicts = (...list: readonly Measurement['verdict'][]) =>
    reportContent(report(list.map((verdict) => ({ ...FIGURE, verdict }))), PLACE).conclusion;

  test.each([
    [['pass', 'fail', 'inconclusive'], 'fail'],
    [['pass', 'inconclusive'], 'inconclusive'],
    [['pass', 'too-few'], 'inconclusive'],
    [['pass', 'pass'], 'pass'],
  ] as const)('of %j is %s', (list, expected) => {
    expect(verdicts(...list)).toBe(expected);
  });

  test('without any limit is informational', () => {
    const { limit: _limit, ...free } = { ...FIGURE, verdict: 'informational' as const };
    expect(reportContent(report([free]), PLACE).conclusion).toBe('informational');
  });
});

describe('the limits of a plan', () => {
  test('are one entry a bound, from every part of the plan', () => {
    expect(
      limitsOfPlan({
        metrics: { calibration_slope: { min: '0.7', max: '1.3' } },
        fairness: { limits: { approval_ratio: { min: '0.8' } } },
        sensitivity: { limits: { flip_share: { max: '0.5' } } },
      }),
    ).toEqual([
      { metric: 'calibration_slope', op: '>=', value: '0.7' },
      { metric: 'calibration_slope', op: '<=', value: '1.3' },
      { metric: 'approval_ratio', op: '>=', value: '0.8' },
      { metric: 'flip_share', op: '<=', value: '0.5' },
    ]);
    expect(limitsOfPlan(undefined)).toEqual([]);
  });
});
