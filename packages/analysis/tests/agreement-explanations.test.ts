// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ridgeLogistic } from '../src/benchmark/simple-scores.ts';
import { collinearity } from '../src/conceptual/collinearity.ts';
import { dependence } from '../src/explainability/partial-dependence.ts';
import { metricOf, permutationImportance } from '../src/explainability/permutation-importance.ts';
import { exactShapley, sampledShapley } from '../src/explainability/shapley.ts';
import { holmAdjusted, type InputRow, mcNemar, type Scorer } from '../src/index.ts';
import { studentCritical } from '../src/numeric/student.ts';
import { printedSeed, seededNumbers } from './agreement/generated-rows.ts';
import { preparedEnvironment, referenceFigures } from './agreement/python-reference.ts';

const INSTALL_TIMEOUT_MS = 900_000;
const INPUTS = ['a', 'b', 'c', 'd'];
const ROWS = 150;
const numbers = z.array(z.number());
const figures = z.object({
  shapley: z.object({
    exact: z.array(numbers),
    base: z.number(),
    kernel: z.array(numbers),
    permutation: z.array(numbers),
  }),
  logistic: numbers,
  dependence: z.object({ average: numbers, individual: z.array(numbers) }),
  importance: z.object({ mean: numbers, error: numbers }),
  inflation: z.object({ vif: numbers, condition: z.number(), generalised: z.number() }),
  tests: z.object({ mcnemar: numbers, holm: numbers, student: numbers }),
});

const random = seededNumbers(printedSeed('agreement of explanations'));
const spread = () => 2 * (random() + random() + random() - 1.5);
// The third column leans on the first two, so that there is collinearity to agree on.
const x = Array.from({ length: ROWS }, () => {
  const [a, b] = [spread(), spread()];
  return [a, b, 0.7 * a - 0.5 * b + 0.6 * spread(), 3 + spread()];
});
const y = x.map(([a, b]) => (random() < 1 / (1 + Math.exp(-a! + b!)) ? 1 : 0) as 0 | 1);
const rowOf = (values: readonly number[]): InputRow =>
  Object.fromEntries(INPUTS.map((name, at) => [name, values[at]]));
const rows = x.map(rowOf);
const background = x.slice(0, 20);
const explained = x.slice(20, 26);
const grid = [-1.5, -0.5, 0, 0.75, 2];
const discordant = [
  [3, 11],
  [0, 6],
  [7, 7],
  [40, 61],
] as const;
const pValues = [0.01, 0.04, 0.03, 0.2];
const degrees = [1, 4, 9, 30, 400];

const interacting = async (asked: readonly InputRow[]) =>
  asked.map((row) => {
    const [a, b, c, d] = INPUTS.map((name) => Number(row[name]));
    return 1 / (1 + Math.exp(-(-0.4 + 0.9 * a! - 1.3 * b! + 0.8 * c! * d!)));
  });

let reference: z.infer<typeof figures>;
beforeAll(() => {
  preparedEnvironment();
  const request = {
    shapley: { background, rows: explained },
    logistic: { x, y },
    dependence: { x, y, column: 2, grid },
    importance: { x, y, scoring: 'roc_auc', repeats: 200 },
    inflation: { x, together: [1, 2] },
    tests: { discordant, p: pValues, degrees },
  };
  reference = figures.parse(referenceFigures(request, 'explanations_reference.py'));
}, INSTALL_TIMEOUT_MS);

/** The regression that scikit-learn fits, as a scorer. */
function fittedScorer(): Scorer {
  const fit = reference.logistic;
  return {
    spec: { inputs: INPUTS.map((name) => ({ name, type: 'f64' as const })), output: 'p' },
    score: async (row) => {
      const logit = INPUTS.reduce(
        (sum, name, at) => sum + fit[at + 1]! * Number(row[name]),
        fit[0]!,
      );
      const score = 1 / (1 + Math.exp(-logit));
      return { score, raw: [score] };
    },
    close: async () => {},
  };
}

describe('Shapley values of a model that is not additive', () => {
  const ground = { inputs: INPUTS, background: background.map(rowOf), model: interacting };

  test('by enumeration are those of shap’s exact and kernel explainers to 1e-9 and 1e-6', async () => {
    for (const [at, values] of explained.entries()) {
      const ours = await exactShapley(ground, rowOf(values));
      expect(Math.abs(ours.base - reference.shapley.base)).toBeLessThan(1e-12);
      for (const [input, value] of ours.values.entries()) {
        expect(Math.abs(value - reference.shapley.exact[at]![input]!)).toBeLessThan(1e-9);
        expect(Math.abs(value - reference.shapley.kernel[at]![input]!)).toBeLessThan(1e-6);
      }
    }
  });

  test('by drawn orders lie within five standard errors of the exact ones, as shap’s permutation explainer does', async () => {
    for (const [at, values] of explained.entries()) {
      const ours = await sampledShapley(ground, rowOf(values), { orders: 60, key: [1, at] });
      for (const [input, value] of ours.values.entries()) {
        const exact = reference.shapley.exact[at]![input]!;
        expect(Math.abs(value - exact)).toBeLessThan(5 * ours.errors[input]! + 1e-9);
        expect(Math.abs(reference.shapley.permutation[at]![input]! - exact)).toBeLessThan(0.02);
      }
    }
  });
});

describe('against scikit-learn', () => {
  test('the penalised logistic regression has the same coefficients to 1e-6', () => {
    const columns = INPUTS.map((_, at) => Float64Array.from(x, (row) => row[at]!));
    const all = { labels: y, weights: y.map(() => 1), rows: y.map((_, row) => row) };
    const fit = ridgeLogistic(columns, all)!;
    for (const [at, value] of reference.logistic.entries()) {
      expect(Math.abs(fit[at]! - value)).toBeLessThan(1e-6);
    }
  });

  test('partial dependence and the spread of its individual curves agree to 1e-12', async () => {
    const ours = await dependence(fittedScorer(), rows, { input: 'c', grid });
    const { average, individual } = reference.dependence;
    ours.points.forEach(({ mean }, at) => {
      expect(Math.abs(mean - average[at]!)).toBeLessThan(1e-12);
    });
    const deviations = grid.map((_, point) => {
      const risen = individual.map((curve) => curve[point]! - curve[0]!);
      const mean = risen.reduce((sum, one) => sum + one, 0) / risen.length;
      return Math.sqrt(risen.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (risen.length - 1));
    });
    expect(Math.abs(ours.spread - Math.max(...deviations))).toBeLessThan(1e-12);
  });

  test('permutation importance agrees within what shuffling explains', async () => {
    const scorer = fittedScorer();
    const data = { rows, labels: y, weights: y.map(() => 1) };
    const scores = await Promise.all(rows.map(async (row) => (await scorer.score(row)).score));
    const before = metricOf('auc', data, scores)!;
    for (const [at, input] of INPUTS.entries()) {
      const about = { input, metric: 'auc' as const, before, repeats: 60, seed: 5, level: 0.95 };
      const { estimate } = await permutationImportance(scorer, data, about);
      const half = (estimate!.interval!.high - estimate!.interval!.low) / 2;
      const error = Math.hypot(half / studentCritical(0.95, 59), reference.importance.error[at]!);
      expect(Math.abs(estimate!.value - reference.importance.mean[at]!)).toBeLessThan(5 * error);
    }
  });
});

describe('against statsmodels, NumPy and SciPy', () => {
  test('variance inflation, its generalised form and the condition number agree to nine digits', () => {
    // The second and third column stand for one input of two columns.
    const of = ['a', 'bc', 'bc', 'd'];
    const found = collinearity({
      kept: rows.map((_, row) => row),
      columns: of.map((input, at) => ({
        input,
        level: null,
        values: Float64Array.from(x, (row) => row[at]!),
      })),
      references: {},
      constant: [],
    })!;
    const close = (ours: number, theirs: number) =>
      expect(Math.abs(ours / theirs - 1)).toBeLessThan(1e-9);
    found.columns.forEach(({ factor }, at) => {
      close(factor, reference.inflation.vif[at]!);
    });
    close(found.conditionNumber, reference.inflation.condition);
    close(found.inputs[1]!.factor, reference.inflation.generalised);
  });

  test('McNemar’s exact p, Holm’s adjustment and Student’s quantiles agree', () => {
    discordant.forEach(([better, worse], at) => {
      expect(Math.abs(mcNemar(better, worse)! - reference.tests.mcnemar[at]!)).toBeLessThan(1e-12);
    });
    holmAdjusted(pValues).forEach((p, at) => {
      expect(Math.abs(p! - reference.tests.holm[at]!)).toBeLessThan(1e-12);
    });
    degrees.forEach((own, at) => {
      expect(Math.abs(studentCritical(0.95, own) / reference.tests.student[at]! - 1)).toBeLessThan(
        1e-9,
      );
    });
  });
});
