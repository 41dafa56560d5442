// SPDX-License-Identifier: Apache-2.0
import type { Subject } from '../plan/evaluate-plan.ts';
import type { TestingPlan } from '../plan/testing-plan.ts';
import type { Table } from '../table/table.ts';
import { countedOutcomes } from './outcome-states.ts';

/**
 * The subject of a plan that declares outcome states: every part of it then sees the outcomes that count, on the later rows
 * too, and rows without one are left out.
 */
export async function countedSubject<S extends Subject>(
  plan: Pick<TestingPlan, 'selective_labels'>,
  table: Table,
  subject: S,
): Promise<S> {
  const declared = plan.selective_labels;
  if (declared === undefined) return subject;
  const roles = await countedOutcomes(table, subject.roles, declared);
  const { later } = subject;
  const counted =
    later === undefined
      ? undefined
      : { ...later, roles: await countedOutcomes(later.table, later.roles, declared) };
  return {
    ...subject,
    roles,
    unlabelled: 'skip',
    ...(counted === undefined ? {} : { later: counted }),
  };
}
