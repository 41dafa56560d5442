// SPDX-License-Identifier: Apache-2.0
import type { SelectiveLabelsPlan } from '@countersign/pipeline';
import type { Estimate } from '../intervals/interval.ts';
import {
  meanScore,
  type PopulationFigures,
  type PopulationMetric,
  weightedFigures,
  withoutIntervals,
} from './figures.ts';
import { inverseProbability } from './inverse-probability.ts';
import { parcelling } from './parcelling.ts';
import { observedCells, type Population, unobservedScores } from './population.ts';
import type { Bounds } from './worst-case.ts';
import { worstCase } from './worst-case.ts';

export type InferencePlan = NonNullable<SelectiveLabelsPlan['inference']>[number];

/** One way to the figures of everyone. */
export interface MeasuredMethod {
  readonly method: 'unadjusted' | InferencePlan['method'];
  /** Rows behind the figures. */
  readonly n: number;
  readonly figures: Readonly<Partial<Record<PopulationMetric, Estimate | undefined>>>;
  readonly bounds?: Readonly<Record<PopulationMetric, Bounds | undefined>>;
  /** Why the method gives no figure here. */
  readonly withheld?: string;
  /** What was done on the way, for readers. */
  readonly notes: readonly string[];
}

export async function measuredMethods(
  population: Population,
  methods: readonly InferencePlan[],
  level: number,
): Promise<readonly MeasuredMethod[]> {
  const observed = await observedCells(population);
  const unobserved = await unobservedScores(population);
  const [seen, unseen] = [rows(observed.counts), rows(unobserved.counts)];
  const everyone = meanScore([observed, unobserved]);
  const found: MeasuredMethod[] = [
    {
      method: 'unadjusted',
      n: seen,
      figures: weightedFigures(observed, level, seen === 0 ? 0 : meanScore([observed])),
      notes: [],
    },
  ];
  for (const plan of methods) {
    found.push(
      plan.method === 'worst-case'
        ? { ...bounded(worstCase(observed, unobserved)), n: seen + unseen }
        : await adjusted(population, plan, { level, everyone, seen, unseen }),
    );
  }
  return found;
}

interface Whole {
  readonly level: number;
  /** Everyone's mean score. */
  readonly everyone: number;
  readonly seen: number;
  readonly unseen: number;
}

async function adjusted(
  population: Population,
  plan: Exclude<InferencePlan, { readonly method: 'worst-case' }>,
  { level, everyone, seen, unseen }: Whole,
): Promise<MeasuredMethod> {
  if (plan.method === 'parcelling') {
    const { cells, borrowed } = await parcelling(population, plan);
    const figures = withoutIntervals(weightedFigures(cells, level, everyone));
    const notes = [`event rate of rows without outcome taken as ${plan.factor} times their band’s`];
    if (borrowed > 0) {
      notes.push(
        `${borrowed} rows lie in bands where nobody has an outcome and took the nearest band’s rate`,
      );
    }
    return { method: plan.method, n: seen + unseen, figures, notes };
  }
  const { cells, unreached, floored } = await inverseProbability(population, plan);
  if (unreached > 0) {
    const withheld = `${unreached} rows are like nobody who has an outcome, so no weight can stand for them; declare \`worst-case\`, or strata in which somebody was accepted`;
    return { method: plan.method, n: seen, figures: {}, withheld, notes: [] };
  }
  const figures: PopulationFigures = weightedFigures(cells, level, everyone);
  const how =
    plan.probability === undefined
      ? 'chance of an outcome: the share observed in score band and group'
      : `chance of an outcome: column ${plan.probability}`;
  const notes = [how, ...(floored === 0 ? [] : [`${floored} chances raised to ${plan.floor}`])];
  return { method: plan.method, n: seen, figures, notes };
}

function bounded(bounds: NonNullable<MeasuredMethod['bounds']>): Omit<MeasuredMethod, 'n'> {
  const notes = ['no assumption on the outcomes of rows without one; sampling error not included'];
  return { method: 'worst-case', figures: {}, bounds, notes };
}

function rows(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
