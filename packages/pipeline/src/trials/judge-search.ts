// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';
import type { StepRecord } from '../run/result.ts';
import { isSameParameter, parameterOf } from './parameters.ts';
import { objectOf } from './result-rows.ts';
import type { JudgedSearch, Parameters, SearchRecord, SearchTrial } from './search-record.ts';

/**
 * Holds a search against its own rule, and the choice against what the run did. What does not fit is a warning in words:
 * whether the choice was a good one is for people.
 */
export function judgeSearch(
  search: SearchRecord,
  run: {
    readonly step: string;
    readonly file: string;
    readonly steps: readonly Pick<StepRecord, 'name' | 'params'>[];
  },
): JudgedSearch {
  const best = bestOf(search);
  const taken = takenOf(search, best);
  const warnings = [
    ...taken.warnings,
    ...ruleWarnings(search, best, taken.trial),
    ...(taken.trial === undefined ? [] : parameterWarnings(taken.trial, run.steps)),
  ];
  const { step, file } = run;
  const number = (trial: SearchTrial | undefined) => trial?.number ?? null;
  return { ...search, step, file, chosen: number(taken.trial), best: number(best), warnings };
}

/** Trials that were finished with a score and had the parameters that the choice was made among. */
function eligible({ trials, choice }: SearchRecord): readonly SearchTrial[] {
  return trials.filter(
    ({ state, score, params }) =>
      state === 'complete' && score !== null && holds(params, choice.among),
  );
}

function holds(params: Parameters, wanted: Parameters): boolean {
  return Object.entries(wanted).every(([name, value]) => {
    const held = params[name];
    return held !== undefined && isNearParameter(held, value);
  });
}

/** pandas writes ten digits of a number: so much of it is the same number. */
function isNearParameter(a: Json, b: Json): boolean {
  if (isSameParameter(a, b)) return true;
  if (typeof a === 'boolean' || typeof b === 'boolean' || a === null || b === null) return false;
  const [left, right] = [Number(a), Number(b)];
  return Math.abs(left - right) <= 1e-9 * Math.max(Math.abs(left), Math.abs(right));
}

function scoreOf({ score }: SearchTrial): number {
  return Number(score);
}

/** The first of the best. */
function bestOf(search: SearchRecord): SearchTrial | undefined {
  const { direction } = search;
  if (direction === null) return undefined;
  const sign = direction === 'maximise' ? 1 : -1;
  return eligible(search).reduce<SearchTrial | undefined>(
    (most, trial) =>
      most === undefined || sign * (scoreOf(trial) - scoreOf(most)) > 0 ? trial : most,
    undefined,
  );
}

interface Taken {
  readonly trial: SearchTrial | undefined;
  readonly warnings: readonly string[];
}

function takenOf({ trials, choice }: SearchRecord, best: SearchTrial | undefined): Taken {
  const marked = trials.filter(({ selected }) => selected);
  const [first] = marked;
  if (marked.length > 1) {
    const numbers = marked.map(({ number }) => number).join(', ');
    return {
      trial: undefined,
      warnings: [`${marked.length} trials are marked as selected: ${numbers}`],
    };
  }
  if (first !== undefined) return { trial: first, warnings: [] };
  if (choice.params !== null) {
    const { params } = choice;
    const found = trials.find((trial) => holds(trial.params, params));
    const missing = `the chosen parameters ${shown(params)} are in no trial`;
    return { trial: found, warnings: found === undefined ? [missing] : [] };
  }
  if (choice.rule === 'best' && best !== undefined) return { trial: best, warnings: [] };
  return { trial: undefined, warnings: ['it does not say which trial was taken'] };
}

function ruleWarnings(
  search: SearchRecord,
  best: SearchTrial | undefined,
  taken: SearchTrial | undefined,
): readonly string[] {
  const { choice, score, direction } = search;
  if (score === null)
    return ['it names no single `score` that was searched for, so the choice is not checked'];
  if (direction === null)
    return [
      'it does not say whether the score was to `maximise` or `minimise`, so the choice is not checked',
    ];
  if (best === undefined) return ['no trial to choose from was completed with a score'];
  const unreasoned =
    choice.rule === 'best' || choice.why !== null
      ? []
      : [`the rule \`${choice.rule}\` gives no reason (\`why\`)`];
  if (taken === undefined) return unreasoned;
  if (!eligible(search).includes(taken))
    return [
      ...unreasoned,
      `trial ${taken.number} was taken, which is not among those to choose from`,
    ];
  if (choice.rule === 'stated') return unreasoned;
  if (choice.rule === 'one-standard-error')
    return [...unreasoned, ...oneErrorWarnings(search, best, taken)];
  return scoreOf(taken) === scoreOf(best)
    ? unreasoned
    : [
        `the best score is that of trial ${best.number} (${best.score}), and trial ${taken.number} (${taken.score}) was taken`,
      ];
}

/**
 * The simplest model within one standard error of the best one's mean over its folds (Breiman, Friedman, Olshen & Stone,
 * Classification and Regression Trees, 1984, 3.4.3; Hastie, Tibshirani & Friedman, 2nd ed. 2009, 7.10.1).
 */
function oneErrorWarnings(
  search: SearchRecord,
  best: SearchTrial,
  taken: SearchTrial,
): readonly string[] {
  const error = standardError(best.folds);
  if (error === undefined)
    return [`trial ${best.number} has no scores by fold, so one standard error cannot be computed`];
  const within = eligible(search).filter(
    (trial) => Math.abs(scoreOf(trial) - scoreOf(best)) <= error,
  );
  const bound = `${best.score} ± ${error.toPrecision(4)}`;
  if (!within.includes(taken))
    return [
      `trial ${taken.number} (${taken.score}) lies further than one standard error from the best (${bound})`,
    ];
  const { prefer } = search.choice;
  if (Object.keys(prefer).length === 0)
    return ['it does not say which parameters make a model the simpler (`prefer`)'];
  const simpler = within.find((trial) => isSimpler(trial, taken, prefer));
  return simpler === undefined
    ? []
    : [
        `trial ${simpler.number} is simpler than trial ${taken.number} and lies within one standard error of the best (${bound})`,
      ];
}

function standardError(folds: readonly string[]): number | undefined {
  if (folds.length < 2) return undefined;
  const values = folds.map(Number);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}

/** Parameters are compared in the order in which the file prefers them. */
function isSimpler(
  a: SearchTrial,
  b: SearchTrial,
  prefer: SearchRecord['choice']['prefer'],
): boolean {
  for (const [name, end] of Object.entries(prefer)) {
    const difference = Number(a.params[name]) - Number(b.params[name]);
    if (Number.isNaN(difference) || difference === 0) continue;
    return end === 'smaller' ? difference < 0 : difference > 0;
  }
  return false;
}

/** A step that names a parameter of the search was to use the value that was taken. */
function parameterWarnings(
  taken: SearchTrial,
  steps: readonly Pick<StepRecord, 'name' | 'params'>[],
): readonly string[] {
  return steps.flatMap(({ name: step, params }) =>
    Object.entries(taken.params).flatMap(([name, value]) => {
      const given = objectOf(params) === undefined ? undefined : parameterOf(params, name);
      if (given === undefined || (typeof given === 'object' && given !== null)) return [];
      if (isNearParameter(given, value)) return [];
      return [
        `\`${name}\` is ${plain(given)} in the params of step \`${step}\` and ${plain(value)} in trial ${taken.number}, which was taken`,
      ];
    }),
  );
}

function plain(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function shown(params: Parameters): string {
  return Object.entries(params)
    .map(([name, value]) => `${name} = ${plain(value)}`)
    .join(', ');
}
