// SPDX-License-Identifier: Apache-2.0
import { FORMULA_SOURCES } from '../plan/formula-source.ts';
import { type DecimalText, decimal, type Measurement, measured } from '../plan/measurement.ts';
import { periodTooFew, rateOf } from './period-findings.ts';
import { type Light, type LightPlan, lightOf, rateTest } from './rate-test.ts';
import type { PeriodCells } from './read-periods.ts';

/** One period of the comparison of predicted with realised events. */
export interface PeriodLight {
  readonly light: Light | 'none';
  readonly p_value: DecimalText | null;
  readonly measurement: Measurement;
}

/**
 * The light of a period: red fails, amber is inconclusive and never passes silently, green passes. A period with too few
 * events has none.
 */
export function periodLight(
  period: PeriodCells,
  at: { readonly lights: LightPlan; readonly eventsMin?: number | undefined },
): PeriodLight {
  const { lights } = at;
  const rate = rateOf(period.cells);
  const tooFew = periodTooFew(period, at);
  const p = rate === undefined || tooFew !== undefined ? undefined : rateTest(rate, lights);
  const base = {
    ...measured({
      metric: 'predicted_against_realised',
      estimate: p === undefined ? undefined : { value: p },
      n: rate?.n ?? 0,
      events: rate?.events ?? 0,
      group: { by: 'period', value: period.name },
      source: FORMULA_SOURCES.predicted_against_realised,
    }),
    limit: { min: lights.amber },
    judge: 'estimate' as const,
  };
  if (p === undefined) {
    const reason = tooFew ?? 'no outcome is known';
    return {
      light: 'none',
      p_value: null,
      measurement: { ...base, verdict: 'inconclusive', reason },
    };
  }
  const light = lightOf(p, lights);
  return { light, p_value: decimal(p), measurement: { ...base, ...JUDGED[light] } };
}

const JUDGED = {
  green: { verdict: 'pass', reason: 'green' },
  amber: { verdict: 'inconclusive', reason: 'amber: below the first level, not below the second' },
  red: { verdict: 'fail', reason: 'red: below the second level' },
} as const;
