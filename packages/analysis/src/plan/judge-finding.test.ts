// SPDX-License-Identifier: Apache-2.0
import { assertRecordJson } from '@countersign/kernel';
import { describe, expect, test } from 'vitest';
import { judgeFinding, worstVerdict } from './judge-finding.ts';
import type { Finding } from './measurement.ts';

const finding = (value: number, low?: number, high?: number): Finding => ({
  metric: 'auc',
  estimate: {
    value,
    ...(low === undefined || high === undefined
      ? {}
      : { interval: { low, high, level: 0.95, method: 'delong' } }),
  },
  n: 100,
  events: 30,
  source: 'test',
});

describe('a verdict', () => {
  test.each([
    ['pass', finding(0.75, 0.71, 0.79), { min: '0.7' }, undefined],
    ['pass', finding(0.7, 0.7, 0.8), { min: '0.7' }, undefined],
    ['fail', finding(0.65, 0.61, 0.69), { min: '0.7' }, undefined],
    ['inconclusive', finding(0.75, 0.69, 0.81), { min: '0.7' }, undefined],
    ['pass', finding(0.75, 0.69, 0.81), { min: '0.7' }, 'estimate'],
    ['fail', finding(0.69, 0.6, 0.8), { min: '0.7' }, 'estimate'],
    ['pass', finding(0.15, 0.1, 0.2), { max: '0.2' }, undefined],
    ['inconclusive', finding(1, 0.7, 1.3), { min: '0.8', max: '1.25' }, undefined],
    ['fail', finding(1.5, 1.3, 1.7), { min: '0.8', max: '1.25' }, undefined],
    ['pass', finding(0.75), { min: '0.7' }, undefined],
    ['informational', finding(0.75, 0.7, 0.8), undefined, undefined],
  ] as const)('is %s', (verdict, figure, limit, judge) => {
    expect(judgeFinding(figure, limit, { judge }).verdict).toBe(verdict);
  });

  test('on too few rows never passes, and says why', () => {
    const few = { ...finding(0.9, 0.85, 0.95), tooFew: '3 rows are fewer than 20' };
    expect(judgeFinding(few, { min: '0.7' })).toMatchObject({
      verdict: 'inconclusive',
      reason: '3 rows are fewer than 20',
    });
    expect(judgeFinding(few, undefined).verdict).toBe('too-few');
  });

  test('on an undefined figure is inconclusive', () => {
    const none = judgeFinding({ ...finding(0), estimate: undefined }, { min: '0.7' });
    expect([none.verdict, none.value]).toEqual(['inconclusive', null]);
  });

  test('of several is the worst of those with a limit', () => {
    const pass = judgeFinding(finding(0.9, 0.8, 0.95), { min: '0.7' });
    const unsure = judgeFinding(finding(0.7, 0.6, 0.8), { min: '0.7' });
    const fail = judgeFinding(finding(0.5, 0.4, 0.6), { min: '0.7' });
    const free = judgeFinding(finding(0.1, 0, 0.2), undefined);
    expect(worstVerdict([pass, free])).toBe('pass');
    expect(worstVerdict([pass, unsure])).toBe('inconclusive');
    expect(worstVerdict([pass, unsure, fail])).toBe('fail');
    expect(worstVerdict([free])).toBe('informational');
  });

  test('is recordable: texts of twelve digits, an infinite bound as null', () => {
    const measurement = judgeFinding(finding(2 / 3, 0.1, Number.POSITIVE_INFINITY), {
      min: '0.05',
    });
    expect(measurement.value).toBe('0.666666666667');
    expect(measurement.interval!.high).toBeNull();
    const { limit, ...rest } = measurement;
    expect(() =>
      assertRecordJson({ ...rest, group: {}, interval: { ...rest.interval } }),
    ).not.toThrow();
    expect(limit).toEqual({ min: '0.05' });
  });
});
