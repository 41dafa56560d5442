// SPDX-License-Identifier: Apache-2.0
import {
  type Draft,
  type Statement,
  type Statesman,
  personStatement as statementOf,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';

export type { Draft, Statesman };

/** The statement that a person signs, as the browser drafts it too. */
export function personStatement(draft: Draft, by: Statesman): Statement {
  return statementOf(nodePrimitives, draft, by);
}
