// SPDX-License-Identifier: Apache-2.0
import type { ExamQuestion } from '@countersign/kernel';
import type { CaseProblem } from '../case-file/verify-case-file.ts';

export interface ExamReport {
  readonly ok: boolean;
  readonly problems: readonly CaseProblem[];
  /** What was found to hold, in sentences. */
  readonly established: readonly string[];
  /** What the package cannot prove, in sentences. */
  readonly limits: readonly string[];
  readonly question?: ExamQuestion;
}

/** Collects what a verification finds. */
export class ExamFindings {
  readonly #problems: CaseProblem[] = [];
  readonly #established: string[] = [];
  readonly #limits: string[] = [];
  question?: ExamQuestion;

  problem(entry: string, reason: string): void {
    this.#problems.push({ entry, reason });
  }

  establish(sentence: string): void {
    this.#established.push(sentence);
  }

  limit(sentence: string): void {
    this.#limits.push(sentence);
  }

  report(): ExamReport {
    return {
      ok: this.#problems.length === 0,
      problems: this.#problems,
      established: this.#established,
      limits: this.#limits,
      ...(this.question === undefined ? {} : { question: this.question }),
    };
  }
}
