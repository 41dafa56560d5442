// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** What the score is: a probability, a predicted number, or a value-at-risk forecast. */
export const task = z.enum(['binary', 'estimate', 'market-risk']);

export type Task = z.output<typeof task>;

interface TaskedPlan {
  readonly task?: Task | undefined;
  readonly [part: string]: unknown;
}

/** Parts that are measured for one task alone, whatever else a plan may ask for. */
const TASK_OF_PART: Readonly<Record<string, Task>> = {
  cutoffs: 'binary',
  bands: 'binary',
  costs: 'binary',
  bootstrap: 'binary',
  fairness: 'binary',
  slices: 'binary',
  clinical: 'binary',
  selective_labels: 'binary',
  explanations: 'binary',
  benchmark: 'binary',
  estimate: 'estimate',
  insurance: 'estimate',
  market_risk: 'market-risk',
};

/** Parts of a plan that its task does not have, and the one that it needs: path and message of each. */
export function taskProblems(
  plan: TaskedPlan,
): readonly { readonly path: readonly string[]; readonly message: string }[] {
  const own = plan.task ?? 'binary';
  const strange = Object.entries(TASK_OF_PART)
    .filter(([part, needed]) => plan[part] !== undefined && needed !== own)
    .map(([part, needed]) => ({
      path: [part],
      message: `expected with \`task: ${needed}\` alone; this plan's task is \`${own}\``,
    }));
  const backtest = plan.backtest as object | undefined; // checked by its own schema before
  const isMeasured = backtest !== undefined && !('gap' in backtest);
  return [
    ...strange,
    ...(isMeasured && own !== 'binary'
      ? [{ path: ['backtest'], message: 'expected `gap`: periods are measured for `task: binary`' }]
      : []),
    ...(own === 'market-risk' && plan.market_risk === undefined
      ? [{ path: ['market_risk'], message: 'expected with `task: market-risk`: date and level' }]
      : []),
  ];
}
