// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';
import { toRecordJson } from '../file/to-record-json.ts';
import { decimalOf, objectOf, type ResultRow, resultRows, triedSpace } from './result-rows.ts';
import {
  CHOICE_DEFAULT,
  type Parameters,
  type SearchRecord,
  type SearchTrial,
} from './search-record.ts';

/**
 * scikit-learn's `cv_results_` as a dict of lists or as a pandas frame; undefined for anything else. Scores of scikit-learn
 * are always better the larger. Of several scorers the first is taken, unless the choice names one.
 */
export function readCvResults(json: Json, score?: string): SearchRecord | undefined {
  const rows = resultRows(json);
  const [first] = rows ?? [];
  if (rows === undefined || first === undefined || !first.has('params')) return undefined;
  const scorers = [...first.keys()].flatMap((name) => /^mean_test_(.+)$/.exec(name)?.[1] ?? []);
  const [only] = scorers;
  if (only === undefined) return undefined;
  const scorer = score !== undefined && scorers.includes(score) ? score : only;
  const trials = rows.map((row, number) => trialOf(row, { number, scorer, scorers }));
  return {
    source: 'scikit-learn cv_results_',
    search: null,
    method: null,
    space: triedSpace(trials.map(({ params }) => params)),
    seed: null,
    budget: { trials: trials.length, folds: foldsOf(first, scorer).length },
    score: scorer === 'score' ? 'mean test score' : scorer,
    direction: 'maximise',
    criterion: null,
    choice: CHOICE_DEFAULT,
    trials,
  };
}

function trialOf(
  row: ResultRow,
  about: { readonly number: number; readonly scorer: string; readonly scorers: readonly string[] },
): SearchTrial {
  const { number, scorer, scorers } = about;
  const score = decimalOf(row.get(`mean_test_${scorer}`));
  const others = scorers.filter((name) => name !== scorer);
  const metrics = [
    ...others.map((name) => [name, decimalOf(row.get(`mean_test_${name}`))] as const),
    [`std_${scorer}`, decimalOf(row.get(`std_test_${scorer}`))] as const,
  ];
  const seconds = decimalOf(row.get('mean_fit_time'));
  return {
    number,
    params: parametersOf(row.get('params')),
    // A candidate that could not be fitted has NaN for its score.
    state: score === null ? 'failed' : 'complete',
    score,
    folds: foldsOf(row, scorer),
    metrics: Object.fromEntries(metrics),
    seconds,
    seed: null,
    note: null,
    selected: false,
  };
}

function foldsOf(row: ResultRow, scorer: string): readonly string[] {
  const splits = [...row.keys()].filter((name) => /^split\d+_test_/.test(name));
  return splits
    .filter((name) => name.replace(/^split\d+_test_/, '') === scorer)
    .flatMap((name) => decimalOf(row.get(name)) ?? []);
}

function parametersOf(value: Json | undefined): Parameters {
  const json = toRecordJson(objectOf(value) ?? {});
  return objectOf(json) ?? {};
}
