// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../errors.ts';
import type { TestingPlan } from './testing-plan.ts';

/** Throws `plan_invalid` where a part that needs outcomes of yes or no is asked of a model that estimates something else. */
export function refuseOtherTask(plan: TestingPlan, place: string): void {
  const task = plan.task ?? 'binary';
  if (task === 'binary') return;
  throw new AnalysisError(
    'plan_invalid',
    `\`${place}\` is for models of a yes or no, and this plan’s task is \`${task}\`; leave it out`,
    { details: { field: place } },
  );
}
