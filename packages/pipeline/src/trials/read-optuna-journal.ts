// SPDX-License-Identifier: Apache-2.0
import { type Json, parseStrictJson } from '@countersign/kernel';
import { toRecordJson } from '../file/to-record-json.ts';
import { withoutNaN } from './lenient-json.ts';
import { decimalOf, objectOf } from './result-rows.ts';
import {
  CHOICE_DEFAULT,
  type Direction,
  type SearchRecord,
  type SearchTrial,
  type TrialState,
} from './search-record.ts';

/** `JournalOperation` of optuna/storages/journal/_storage.py; the numbers are the file format. */
const CREATE_STUDY = 0;
const CREATE_TRIAL = 4;
const SET_PARAM = 5;
const SET_STATE = 6;
const SET_USER_ATTRIBUTE = 8;

/** `StudyDirection` and `TrialState` of optuna. */
const DIRECTIONS: Readonly<Record<number, Direction>> = { 1: 'minimise', 2: 'maximise' };
const STATES: readonly TrialState[] = ['running', 'complete', 'pruned', 'failed', 'running'];

type Operation = { readonly [name: string]: Json };

interface OpenTrial {
  readonly params: Record<string, Json>;
  state: TrialState;
  score: string | null;
  folds: readonly string[];
  started: number;
  ended: number;
}

interface Journal {
  direction: Direction | null;
  name: string | null;
  readonly space: Record<string, Json>;
  readonly trials: OpenTrial[];
}

const LINES_MAX = 2_000_000;

/** The journal of Optuna's `JournalFileBackend`, one study in it; undefined for a file that is none. */
export function readOptunaJournal(text: string): SearchRecord | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const first = lines[0] === undefined ? undefined : operationOf(lines[0]);
  if (first === undefined || first.op_code !== CREATE_STUDY || lines.length > LINES_MAX)
    return undefined;
  const journal: Journal = { direction: null, name: null, space: {}, trials: [] };
  for (const line of lines) {
    const operation = operationOf(line);
    // The last line may be half written when the writer was killed.
    if (operation !== undefined) apply(journal, operation);
  }
  return {
    source: 'Optuna journal',
    search: journal.name,
    method: null,
    space: journal.space,
    seed: null,
    budget: { trials: journal.trials.length },
    score: 'objective value',
    direction: journal.direction,
    criterion: null,
    choice: CHOICE_DEFAULT,
    trials: journal.trials.map(closed),
  };
}

function operationOf(line: string): Operation | undefined {
  try {
    return objectOf(parseStrictJson(withoutNaN(line)));
  } catch {
    return undefined; // no JSON
  }
}

function apply(journal: Journal, operation: Operation): void {
  const trial = journal.trials[Number(operation.trial_id)];
  switch (operation.op_code) {
    case CREATE_STUDY: {
      const [direction, second] = Array.isArray(operation.directions) ? operation.directions : [];
      journal.direction = second === undefined ? (DIRECTIONS[Number(direction)] ?? null) : null;
      journal.name = typeof operation.study_name === 'string' ? operation.study_name : null;
      return;
    }
    case CREATE_TRIAL:
      journal.trials.push(opened(operation));
      return;
    case SET_PARAM:
      if (trial !== undefined) setParameter(journal, trial, operation);
      return;
    case SET_STATE:
      if (trial !== undefined) setState(trial, operation);
      return;
    case SET_USER_ATTRIBUTE: {
      const folds = objectOf(operation.user_attr)?.folds;
      if (trial !== undefined && Array.isArray(folds))
        trial.folds = folds.flatMap((value: Json) => decimalOf(value) ?? []);
    }
  }
}

function opened(operation: Operation): OpenTrial {
  const started = timeOf(operation.datetime_start);
  return { params: {}, state: 'running', score: null, folds: [], started, ended: Number.NaN };
}

function timeOf(value: Json | undefined): number {
  return typeof value === 'string' ? Date.parse(value) : Number.NaN;
}

/** A category is kept as its place among the choices. */
function setParameter(journal: Journal, trial: OpenTrial, operation: Operation): void {
  const name = String(operation.param_name);
  const distribution = operationOf(String(operation.distribution));
  const attributes = objectOf(distribution?.attributes) ?? {};
  const internal = operation.param_value_internal ?? null;
  const value = Array.isArray(attributes.choices)
    ? (attributes.choices[Number(internal)] ?? null)
    : internal;
  trial.params[name] = toRecordJson(value);
  journal.space[name] ??= toRecordJson({ kind: distribution?.name ?? 'unknown', ...attributes });
}

function setState(trial: OpenTrial, operation: Operation): void {
  trial.state = STATES[Number(operation.state)] ?? 'failed';
  const values = Array.isArray(operation.values) ? operation.values : [];
  trial.score = values.length === 1 ? decimalOf(values[0]) : null;
  trial.ended = timeOf(operation.datetime_complete);
}

function closed(trial: OpenTrial, number: number): SearchTrial {
  const { params, state, score, folds, started, ended } = trial;
  const seconds = decimalOf((ended - started) / 1000);
  return {
    number,
    params,
    state,
    score,
    folds,
    metrics: {},
    seconds,
    seed: null,
    note: null,
    selected: false,
  };
}
