// SPDX-License-Identifier: Apache-2.0
import { KernelError } from '@countersign/kernel';
import { PipelineError } from '@countersign/pipeline';
import { ServerError } from '../errors.ts';

/** One thing that an audit found wrong, and where. */
export interface LogProblem {
  readonly place: string;
  readonly reason: string;
}

export interface ProblemList {
  readonly all: readonly LogProblem[];
  add(place: string, reason: string): void;
  /** Runs a part of the audit; damage that it meets becomes a problem and the answer undefined. */
  attempt<T>(place: string, work: () => Promise<T>): Promise<T | undefined>;
}

/** A damaged log has as many problems as entries; the first ones say what happened. */
const PROBLEMS_MAX = 100;

export function problemList(): ProblemList {
  const all: LogProblem[] = [];
  const add = (place: string, reason: string): void => {
    if (all.length < PROBLEMS_MAX) {
      all.push({ place, reason });
    }
  };
  return {
    all,
    add,
    attempt: async (place, work) => {
      try {
        return await work();
      } catch (error) {
        if (!isDamage(error)) {
          throw error;
        }
        add(place, error.message);
        return undefined;
      }
    },
  };
}

function isDamage(error: unknown): error is Error {
  return (
    error instanceof KernelError || error instanceof PipelineError || error instanceof ServerError
  );
}
