// SPDX-License-Identifier: Apache-2.0
import type { Cutoff } from '../../binary/cutoff.ts';
import { AnalysisError } from '../../errors.ts';
import type { Table } from '../../table/table.ts';
import { type AlternativesPlan, alternativeColumn } from './alternatives-plan.ts';

// Every candidate is counted over every group; more than this is no search that anyone could judge.
const CANDIDATES_MAX = 2000;

/** The score of the model itself, beside the names of alternative ones. */
export const OWN_SCORE = 'model';

/** A score with the one cutoff that everyone is held to. */
export interface Candidate {
  readonly score: string;
  readonly column: string;
  readonly cutoff: Cutoff;
}

export interface CandidateList {
  readonly model: Candidate;
  readonly alternatives: readonly Candidate[];
  /** Names of declared scores that these rows do not have. */
  readonly unscored: readonly string[];
}

/** Every score at every cutoff, in the order declared; the model's own score at its own cutoff stands apart. */
export function listCandidates(
  plan: AlternativesPlan,
  table: Table,
  own: { readonly score: string; readonly cutoff: Cutoff },
): CandidateList {
  const model = { score: OWN_SCORE, column: own.score, cutoff: own.cutoff };
  const scores = (plan.scores ?? []).map(({ name }) => ({
    score: name,
    column: scoreColumn(plan, table, name),
  }));
  const present = scores.filter(({ column }) => table.columns.has(column));
  const cutoffs = [...new Set([own.cutoff.cutoff, ...(plan.cutoffs ?? [])])];
  const alternatives = [model, ...present].flatMap(({ score, column }) =>
    cutoffs
      .filter((cutoff) => score !== OWN_SCORE || cutoff !== own.cutoff.cutoff)
      .map((cutoff) => ({ score, column, cutoff: { ...own.cutoff, cutoff } })),
  );
  if (alternatives.length > CANDIDATES_MAX) {
    throw new AnalysisError(
      'plan_invalid',
      `\`fairness.alternatives\` asks for ${alternatives.length} candidates, more than ${CANDIDATES_MAX}; declare fewer scores or cutoffs`,
      { details: { field: 'fairness.alternatives' } },
    );
  }
  const unscored = scores.filter((one) => !present.includes(one)).map(({ score }) => score);
  return { model, alternatives, unscored };
}

/** Where a named score stands: joined from a file under a name of its own, or a column of the table from the first. */
export function scoreColumn(plan: AlternativesPlan, table: Table, name: string): string {
  const joined = alternativeColumn(name);
  const declared = (plan.scores ?? []).find((one) => one.name === name);
  if (table.columns.has(joined) || declared?.column === undefined) return joined;
  return declared.file === undefined ? declared.column : joined;
}

/** `boosting at 0.3`. */
export function candidateName({ score, cutoff }: Candidate): string {
  return `${score} at ${cutoff.cutoff}`;
}
