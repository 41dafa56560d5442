// SPDX-License-Identifier: Apache-2.0
import { canonicalDecimal } from '@countersign/kernel';
import { z } from 'zod';
import { toRecordJson } from '../file/to-record-json.ts';
import { objectOf, triedSpace } from './result-rows.ts';
import {
  CHOICE_DEFAULT,
  type Parameters,
  type SearchChoice,
  type SearchRecord,
  type SearchTrial,
} from './search-record.ts';

const scalar = z.union([z.number(), z.string(), z.boolean(), z.null()]);
const parameters = z.record(z.string(), scalar);
const figure = z.union([z.number(), z.null()]);
const direction = z.enum(['maximise', 'minimise']);

const choice = z.strictObject({
  rule: z.enum(['best', 'one-standard-error', 'stated']),
  why: z.string().max(1000).optional(),
  prefer: z.record(z.string(), z.enum(['smaller', 'larger'])).optional(),
  among: parameters.optional(),
  params: parameters.optional(),
});

/** What a parameter could have been: listed values, a range, or words. */
const space = z.record(
  z.string().min(1).max(200),
  z.union([
    z.string().max(500),
    z.array(scalar).min(1).max(1000),
    z.strictObject({
      low: z.number(),
      high: z.number(),
      log: z.boolean().optional(),
      step: z.number().optional(),
    }),
  ]),
);

const about = {
  search: z.string().max(500).optional(),
  method: z.string().max(200).optional(),
  space: space.optional(),
  seed: z.number().int().optional(),
  budget: z
    .strictObject({
      trials: z.number().int().min(1).optional(),
      folds: z.number().int().min(2).optional(),
      seconds: z.number().positive().optional(),
    })
    .optional(),
  /** Which of the metrics was searched for. */
  score: z.string().max(200).optional(),
  direction: direction.optional(),
  criterion: z.string().max(200).optional(),
  choice: choice.optional(),
};

/** `evidence/trials.json`: every combination that a hyperparameter search tried, with what it measured. */
export const trialsSchema = z.strictObject({
  ...about,
  trials: z
    .array(
      z.strictObject({
        params: parameters,
        metrics: z.record(z.string(), figure).optional(),
        /** By metric, the figure in each fold. */
        folds: z.record(z.string(), z.array(figure).max(1000)).optional(),
        state: z.enum(['complete', 'pruned', 'failed']).optional(),
        seconds: z.number().min(0).optional(),
        seed: z.number().int().optional(),
        selected: z.boolean().optional(),
        note: z.string().max(1000).optional(),
      }),
    )
    .min(1)
    .max(100_000),
});

/** `evidence/choice.json`: what the results of a library do not say of the search. */
export const choiceSchema = z.strictObject(about);

export type DeclaredTrials = z.output<typeof trialsSchema>;
export type DeclaredChoice = z.output<typeof choiceSchema>;

export function ownSearch(declared: DeclaredTrials): SearchRecord {
  const trials = declared.trials.map((trial, number) => ownTrial(declared, trial, number));
  const said = saidOf(declared);
  return {
    source: 'evidence/trials.json',
    search: null,
    method: null,
    space: triedSpace(trials.map(({ params }) => params)),
    seed: null,
    budget: { trials: trials.length },
    score: null,
    direction: null,
    criterion: null,
    choice: CHOICE_DEFAULT,
    ...said,
    trials,
  };
}

/** Those members of a search record that a file says. */
export function saidOf(declared: DeclaredChoice): Partial<Omit<SearchRecord, 'source' | 'trials'>> {
  const { search, method, space: room, seed, budget, score, criterion, choice: made } = declared;
  return {
    ...(search === undefined ? {} : { search }),
    ...(method === undefined ? {} : { method }),
    ...(room === undefined ? {} : { space: objectOf(toRecordJson(room)) ?? {} }),
    ...(seed === undefined ? {} : { seed }),
    ...(budget === undefined ? {} : { budget: toRecordJson(budget) }),
    ...(score === undefined ? {} : { score }),
    ...(declared.direction === undefined ? {} : { direction: declared.direction }),
    ...(criterion === undefined ? {} : { criterion }),
    ...(made === undefined ? {} : { choice: choiceOf(made) }),
  };
}

function choiceOf(made: z.output<typeof choice>): SearchChoice {
  return {
    rule: made.rule,
    why: made.why ?? null,
    prefer: made.prefer ?? {},
    among: parametersOf(made.among ?? {}),
    params: made.params === undefined ? null : parametersOf(made.params),
  };
}

function parametersOf(values: { readonly [name: string]: unknown }): Parameters {
  return objectOf(toRecordJson(values)) ?? {};
}

function ownTrial(
  { score }: DeclaredTrials,
  trial: DeclaredTrials['trials'][number],
  number: number,
): SearchTrial {
  const metrics = Object.entries(trial.metrics ?? {});
  const folds = score === undefined ? [] : (trial.folds?.[score] ?? []);
  const mean = score === undefined ? undefined : (trial.metrics?.[score] ?? meanOf(folds));
  return {
    number,
    params: parametersOf(trial.params),
    state: trial.state ?? 'complete',
    score: decimal(mean),
    folds: folds.flatMap((value) => decimal(value) ?? []),
    metrics: Object.fromEntries(
      metrics.filter(([name]) => name !== score).map(([name, value]) => [name, decimal(value)]),
    ),
    seconds: decimal(trial.seconds),
    seed: trial.seed ?? null,
    note: trial.note ?? null,
    selected: trial.selected ?? false,
  };
}

function meanOf(folds: readonly (number | null)[]): number | null {
  const known = folds.filter((value) => value !== null);
  if (known.length === 0 || known.length < folds.length) return null;
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

function decimal(value: number | null | undefined): string | null {
  return value === null || value === undefined ? null : canonicalDecimal(value);
}
