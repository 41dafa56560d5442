// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../errors.ts';
import { doubleLiteral } from '../table/column-type.ts';

/** On which side of the cutoff a decision is adverse. */
export type AdverseWhen = 'at-or-above' | 'above' | 'below' | 'at-or-below';

/** One cutoff for everyone, as the pipeline file declares it. */
export interface Cutoff {
  /** Decimal text. */
  readonly cutoff: string;
  readonly adverseWhen: AdverseWhen;
}

const OPERATORS: Readonly<Record<AdverseWhen, string>> = {
  'at-or-above': '>=',
  above: '>',
  below: '<',
  'at-or-below': '<=',
};

/** The cutoff of a pipeline file's `decision` section; adverse at or above it unless told otherwise. */
export function cutoffOf(decision: {
  readonly cutoff: string;
  readonly adverse_when?: AdverseWhen | undefined;
}): Cutoff {
  return { cutoff: decision.cutoff, adverseWhen: decision.adverse_when ?? 'at-or-above' };
}

export function isAdverse(score: number, { cutoff, adverseWhen }: Cutoff): boolean {
  const limit = cutoffNumber(cutoff);
  switch (adverseWhen) {
    case 'at-or-above':
      return score >= limit;
    case 'above':
      return score > limit;
    case 'below':
      return score < limit;
    case 'at-or-below':
      return score <= limit;
  }
}

/** The same rule as an SQL boolean over a column expression. */
export function adverseExpression(score: string, { cutoff, adverseWhen }: Cutoff): string {
  return `(CAST(${score} AS DOUBLE) ${OPERATORS[adverseWhen]} ${doubleLiteral(cutoffNumber(cutoff))})`;
}

function cutoffNumber(cutoff: string): number {
  const value = cutoff.trim() === '' ? Number.NaN : Number(cutoff);
  if (Number.isFinite(value)) return value;
  throw new AnalysisError('plan_invalid', `cutoff \`${cutoff}\` is not a decimal number`, {
    details: { field: 'decision.cutoff' },
  });
}
