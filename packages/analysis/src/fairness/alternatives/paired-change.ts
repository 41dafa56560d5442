// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../../intervals/interval.ts';
import { criticalValue } from '../../numeric/normal.ts';
import { CompensatedSum } from '../../numeric/sum.ts';

// Of a sample's rows: small beside them, large beside rounding.
const STEP_SHARE = 1e-6;

/**
 * A figure of cell counts that does not change when all counts of one sample are scaled, with its delta-method interval:
 * for such a figure Σ c·(∂f/∂c) is 0 in each sample, so that the multinomial variance is Σ c·(∂f/∂c)² (Agresti 2013, 16.1).
 * Samples are independent; cells of one sample are not. No interval where a derivative is not finite.
 */
export function deltaEstimate(
  samples: readonly (readonly number[])[],
  figure: (samples: readonly (readonly number[])[]) => number,
  level: number,
): Estimate | undefined {
  const value = figure(samples);
  if (!Number.isFinite(value)) return undefined;
  const variance = new CompensatedSum();
  samples.forEach((cells, place) => {
    const step = STEP_SHARE * cells.reduce((sum, count) => sum + count, 0);
    cells.forEach((count, index) => {
      if (count === 0) return;
      const at = (shift: number) =>
        figure(
          samples.map((own, other) =>
            other === place ? own.map((c, i) => (i === index ? c + shift : c)) : own,
          ),
        );
      const slope = (at(step) - at(-step)) / (2 * step);
      variance.add(count * slope * slope);
    });
  });
  if (!(variance.value > 0) || !Number.isFinite(variance.value)) return { value };
  const half = criticalValue(level) * Math.sqrt(variance.value);
  return {
    value,
    interval: { low: value - half, high: value + half, level, method: 'delta, paired' },
  };
}
