// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { assertRecordJson, parseStrictJson } from '@countersign/kernel';
import { expect, test } from 'vitest';
import { judgeSearch } from '../src/trials/judge-search.ts';
import { readChoice, readSearch } from '../src/trials/read-search.ts';
import type { JudgedSearch } from '../src/trials/search-record.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`./fixtures/trials/${name}`, import.meta.url), 'utf8');
const BEST = JSON.parse(fixture('best.json'));

type Steps = Parameters<typeof judgeSearch>[1]['steps'];

/** A file as a step would leave it under `evidence/`, with a choice beside it. */
function judged(name: string, text: string, choice?: object, steps: Steps = []): JudgedSearch {
  const said = choice === undefined ? undefined : readChoice(JSON.stringify(choice));
  if (typeof said === 'string') throw new Error(said);
  const read = readSearch(name, text, said);
  if (!read.ok) throw new Error(read.why);
  const search = judgeSearch(read.search, { step: 'train', file: `evidence/${name}`, steps });
  assertRecordJson(parseStrictJson(JSON.stringify(search)));
  return search;
}

test.each(['sklearn-lists.json', 'sklearn-frame.json', 'sklearn-records.json'])(
  'cv_results_ as %s is read as it is: every candidate, its folds, and the one that scikit-learn calls best',
  (file) => {
    const search = judged('trials.json', fixture(file));
    expect(search).toMatchObject({
      source: 'scikit-learn cv_results_',
      direction: 'maximise',
      best: BEST.sklearn.index,
      chosen: BEST.sklearn.index,
      warnings: [],
    });
    expect(search.trials).toHaveLength(10);
    const best = search.trials[BEST.sklearn.index];
    expect(best?.params).toEqual({ C: 1, fit_intercept: true });
    expect(Number(best?.score)).toBeCloseTo(BEST.sklearn.score, 9);
    const mean = (best?.folds ?? []).reduce((sum, fold) => sum + Number(fold), 0) / 4;
    expect(mean).toBeCloseTo(BEST.sklearn.score, 9);
    expect(search.space.C).toEqual({ tried: [0.001, 0.01, 0.1, 1, 10].map(decimal), values: 5 });
  },
);

const decimal = (value: number) => (Number.isInteger(value) ? value : String(value));

test('of several scorers one is named by the choice, and a candidate that could not be fitted has failed', () => {
  const search = judged('trials.json', fixture('sklearn-several-scores.json'), {
    score: 'roc_auc',
  });
  expect(search.score).toBe('roc_auc');
  expect(search.best).toBe(BEST.several.index);
  expect(search.trials.map(({ state }) => state)).toEqual(['complete', 'complete', 'failed']);
});

test.each([
  ['trials.json', 'optuna-frame.json'],
  ['trials.json', 'optuna-records.json'],
  ['trials.csv', 'optuna.csv'],
])(
  'trials_dataframe() as %s (%s) is read as it is; a pruned trial is never the best',
  (name, file) => {
    const search = judged(name, fixture(file), { direction: 'minimise' });
    expect(search.source).toBe('Optuna trials_dataframe');
    const states = (state: string) => search.trials.filter((one) => one.state === state).length;
    expect([states('complete'), states('pruned'), states('failed')]).toEqual([
      BEST.states.COMPLETE,
      BEST.states.PRUNED,
      BEST.states.FAIL,
    ]);
    expect(search.best).toBe(BEST.optuna.number);
    // Its last intermediate value is lower than the best of those that were finished.
    const pruned = search.trials.filter(({ state }) => state === 'pruned');
    expect(Math.min(...pruned.map(({ score }) => Number(score)))).toBeLessThan(BEST.optuna.value);
    const best = search.trials[BEST.optuna.number];
    expect(best?.params.solver).toBe(BEST.optuna.params.solver);
    expect(Number(best?.params.C)).toBeCloseTo(BEST.optuna.params.C, 9);
    expect(best?.folds).toHaveLength(4);
    expect(Number(search.trials[0]?.seconds)).toBeCloseTo(1.236, 2);
    expect(search.warnings).toEqual([]);
  },
);

test('an Optuna journal tells direction and space by itself', () => {
  const search = judged('trials.jsonl', fixture('optuna-journal.jsonl'));
  expect(search).toMatchObject({
    source: 'Optuna journal',
    search: 'credit',
    direction: 'minimise',
    best: BEST.optuna.number,
    chosen: BEST.optuna.number,
    warnings: [],
  });
  expect(search.space).toEqual({
    C: { kind: 'FloatDistribution', step: null, low: '0.001', high: 100, log: true },
    solver: { kind: 'CategoricalDistribution', choices: ['lbfgs', 'liblinear'] },
  });
  const csv = judged('trials.csv', fixture('optuna.csv'), { direction: 'minimise' });
  const shape = ({ number, state, params }: JudgedSearch['trials'][number]) => ({
    number,
    state,
    C: Number(params.C),
    solver: params.solver,
  });
  expect(search.trials.map(shape)).toEqual(csv.trials.map(shape));
});

test('a frame that does not say its direction is not guessed at', () => {
  const search = judged('trials.json', fixture('optuna-frame.json'));
  expect(search.best).toBeNull();
  expect(search.warnings).toContain(
    'it does not say whether the score was to `maximise` or `minimise`, so the choice is not checked',
  );
});

const OWN = (trials: readonly object[], more: object = {}) =>
  JSON.stringify({ score: 'auc', direction: 'maximise', ...more, trials });
const TRIALS = [
  { params: { C: 0.1 }, folds: { auc: [0.7, 0.72, 0.74, 0.76] } },
  { params: { C: 1 }, folds: { auc: [0.71, 0.73, 0.75, 0.77] } },
  { params: { C: 10 }, folds: { auc: [0.6, 0.61, 0.62, 0.63] } },
];

test('the best score picks the trial, and another one that was taken is said', () => {
  expect(judged('trials.json', OWN(TRIALS)).chosen).toBe(1);
  const other = TRIALS.map((trial, at) => ({ ...trial, selected: at === 0 }));
  expect(judged('trials.json', OWN(other)).warnings).toEqual([
    'the best score is that of trial 1 (0.74), and trial 0 (0.73) was taken',
  ]);
});

test('within one standard error the simplest is to be taken, with a reason', () => {
  const rule = { rule: 'one-standard-error', why: 'steadier', prefer: { C: 'smaller' } };
  const take = (at: number, choice: object = rule) =>
    judged(
      'trials.json',
      OWN(
        TRIALS.map((trial, index) => ({ ...trial, selected: index === at })),
        { choice },
      ),
    ).warnings;
  // Folds of the best: mean 0.74, deviation 0.02582, standard error 0.01291: 0.73 is within it, 0.615 is not.
  expect(take(0)).toEqual([]);
  expect(take(1)).toEqual([
    'trial 0 is simpler than trial 1 and lies within one standard error of the best (0.74 ± 0.01291)',
  ]);
  expect(take(2)).toEqual([
    'trial 2 (0.615) lies further than one standard error from the best (0.74 ± 0.01291)',
  ]);
  expect(take(0, { rule: 'one-standard-error', prefer: { C: 'smaller' } })).toEqual([
    'the rule `one-standard-error` gives no reason (`why`)',
  ]);
});

test('chosen parameters that no trial has, and those that a step was given otherwise, are said', () => {
  const missing = judged('trials.json', fixture('sklearn-frame.json'), {
    choice: { rule: 'best', params: { C: 3 } },
  });
  expect(missing.warnings).toEqual(['the chosen parameters C = 3 are in no trial']);
  const steps = [
    { name: 'search', params: { C: [0.1, 1], folds: 4 } },
    { name: 'fit', params: { C: '0.1', fit_intercept: true } },
  ];
  expect(judged('trials.json', fixture('sklearn-lists.json'), undefined, steps).warnings).toEqual([
    '`C` is 0.1 in the params of step `fit` and 1 in trial 6, which was taken',
  ]);
});

test('only trials among those to choose from are compared', () => {
  const trials = [
    { params: { set: 'lean', C: 1 }, metrics: { auc: 0.7 }, selected: true },
    { params: { set: 'full', C: 1 }, metrics: { auc: 0.8 } },
  ];
  const among = { rule: 'best', among: { set: 'lean' } };
  expect(judged('trials.json', OWN(trials, { choice: among })).warnings).toEqual([]);
  expect(judged('trials.json', OWN(trials)).warnings).toHaveLength(1);
});

test.each([
  ['{"trials": [{"params": {"C": 1}, "metrics": {}, "extra": 1}]}', 'unrecognized'],
  ['{"a": 1}', 'it is neither our own form nor'],
  ['[1, 2]', 'it is neither our own form nor'],
  ['{"trials": [', 'line'],
])('%s is refused with the reason', (text, why) => {
  const read = readSearch('trials.json', text);
  expect(read.ok ? '' : read.why.toLowerCase()).toContain(why.toLowerCase());
});

test('a search of before it was given a score is read as it was, and says that nothing is checked', () => {
  const search = judged(
    'trials.json',
    '{"trials": [{"params": {"l2": 0.1}, "metrics": {"loss": 0.5}, "selected": true}]}',
  );
  expect(search).toMatchObject({ chosen: 0, best: null });
  expect(search.warnings).toHaveLength(1);
});
