// SPDX-License-Identifier: Apache-2.0
import type { InputRow } from '@countersign/analysis';
import { type FallbackRule, parseDecimal } from '@countersign/kernel';
import type { FallbackKind, FallbackTerms } from './fallback-terms.ts';

/** What a fallback without a model answers. */
export interface FallbackAnswer {
  /** The kind that answered: a rule whose input is missing goes to the manual queue. */
  readonly kind: FallbackKind;
  readonly decision: string;
}

/** A person decides; no decision has been made. */
export const REFER = 'refer';

const QUEUE: FallbackAnswer = { kind: 'manual-queue', decision: REFER };

/**
 * Answers without the model, or undefined for `refuse`. Whatever cannot be carried out as declared goes to a person,
 * `previous-version` too: whoever has a previous version that holds asks that instead.
 */
export function applyFallback(terms: FallbackTerms, inputs: InputRow): FallbackAnswer | undefined {
  if (terms.kind === 'refuse') return undefined;
  if (terms.kind === 'safe-state' && terms.answer !== undefined)
    return { kind: 'safe-state', decision: terms.answer };
  if (terms.kind === 'rule' && terms.rule !== undefined) return byRule(terms.rule, inputs);
  return QUEUE;
}

function byRule(rule: FallbackRule, inputs: InputRow): FallbackAnswer {
  const value = inputs[rule.input];
  if (typeof value !== 'number' && typeof value !== 'bigint') return QUEUE;
  const holds = compare(Number(value), rule.op, parseDecimal(rule.value));
  return { kind: 'rule', decision: holds ? rule.answer : rule.otherwise };
}

function compare(value: number, op: FallbackRule['op'], limit: number): boolean {
  switch (op) {
    case '>=':
      return value >= limit;
    case '>':
      return value > limit;
    case '<=':
      return value <= limit;
    case '<':
      return value < limit;
  }
}
