// SPDX-License-Identifier: Apache-2.0
import { contributionsOf, type InputRow } from '@countersign/analysis';
import {
  canonicalDecimal,
  type DecisionRule,
  encodeRow,
  type ModelInput,
  type RowField,
  type RowValue,
} from '@countersign/kernel';
import type { ServedModel } from './served-model.ts';

export interface Reason {
  readonly code: string;
  readonly text: string;
  readonly input: string;
  /** Share of the score on the logit scale, 12 significant digits. */
  readonly contribution: string;
}

export interface Answer {
  /** The exact output of the model. */
  readonly score: number;
  readonly decision: string;
  readonly isAdverse: boolean;
  readonly reasons: readonly Reason[];
  /** Typed binary rows that the decision leaf commits to (design.md, section 8). */
  readonly inputBytes: Uint8Array;
  readonly outputBytes: Uint8Array;
}

/**
 * Scores one row and applies the decision rule: the same function at serving and at replay, so that equal inputs on equal
 * bytes give equal bits. Throws AnalysisError naming the field of an input that the model must not answer on.
 */
export async function answerRow(model: ServedModel, row: InputRow): Promise<Answer> {
  const { score } = await model.scorer.score(row);
  const { decision } = model.spec;
  const isAdverse = adverse(decision, score, model.cutoff);
  const verdict = isAdverse ? decision.adverse : decision.favourable;
  return {
    score,
    decision: verdict,
    isAdverse,
    reasons: isAdverse ? reasonsFor(model, row) : [],
    inputBytes: encodeRow(inputFields(model.spec.inputs, row)),
    outputBytes: encodeRow([
      { name: model.spec.output.name, value: { f64: score } },
      { name: 'decision', value: verdict },
    ]),
  };
}

function adverse(rule: DecisionRule, score: number, cutoff: number): boolean {
  switch (rule.adverseWhen) {
    case 'at-or-above':
      return score >= cutoff;
    case 'above':
      return score > cutoff;
    case 'below':
      return score < cutoff;
    case 'at-or-below':
      return score <= cutoff;
  }
}

/** The inputs that speak most against the applicant; none that speaks for them (12 CFR 1002.9(b)(2)). */
function reasonsFor(model: ServedModel, row: InputRow): readonly Reason[] {
  if (model.reasons === undefined) return [];
  const sign = model.reasons.adverse === 'positive' ? 1 : -1;
  return contributionsOf(model.reasons, row)
    .filter(({ value }) => sign * value > 0)
    .slice(0, model.spec.reasons?.count ?? 4)
    .map(({ input, value, reason }) => ({
      code: reason?.code ?? input,
      text: reason?.text ?? input,
      input,
      contribution: canonicalDecimal(value),
    }));
}

export function inputFields(inputs: readonly ModelInput[], row: InputRow): readonly RowField[] {
  return inputs.flatMap((input) =>
    (input.columns ?? [input.name]).map((name) => ({ name, value: typed(input.type, row[name]) })),
  );
}

function typed(type: ModelInput['type'], value: unknown): RowValue {
  if (value === null || value === undefined) return null;
  if (type === 'f32') return { f32: Math.fround(Number(value)) };
  if (type === 'f64') return { f64: Number(value) };
  if (type === 'i64') return { i64: BigInt(value as number | bigint) };
  return type === 'bool' ? value === true : String(value);
}

/** The row that bytes of `inputFields` hold, for replay. */
export function rowOf(fields: readonly RowField[]): InputRow {
  return Object.fromEntries(fields.map(({ name, value }) => [name, plain(value)]));
}

function plain(value: RowValue): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if ('f64' in value) return value.f64;
  if ('f32' in value) return value.f32;
  if ('i64' in value) return value.i64;
  return Number.NaN;
}
