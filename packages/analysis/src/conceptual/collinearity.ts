// SPDX-License-Identifier: Apache-2.0

import { sumOver } from '../numeric/sum.ts';
import { determinant, type Matrix, symmetricEigen } from '../numeric/symmetric.ts';
import type { DesignMatrix } from './design-matrix.ts';

/** Eigenvalues of a correlation matrix below this are zero up to the rounding of its entries. */
const SINGULAR = 1e-12;

export interface ColumnInflation {
  readonly input: string;
  readonly level: string | null;
  /** Infinite where other columns determine this one. */
  readonly factor: number;
}

export interface Collinearity {
  readonly columns: readonly ColumnInflation[];
  /** One an input: of several columns the generalised factor to the power 1/columns, which one level cannot distort. */
  readonly inputs: readonly {
    readonly input: string;
    readonly columns: number;
    readonly factor: number;
  }[];
  readonly conditionNumber: number;
}

/**
 * Variance inflation factors 1/(1 − R²), the diagonal of the inverse correlation matrix (D. W. Marquardt, Technometrics 12
 * (1970) 591–612); for a text the generalised factor of its columns (J. Fox & G. Monette, JASA 87 (1992) 178–183); and the
 * condition number of the columns with an intercept, each scaled to unit length (D. A. Belsley, E. Kuh & R. E. Welsch,
 * Regression Diagnostics, 1980, 3.2). Undefined for fewer rows than columns plus two.
 */
export function collinearity(matrix: DesignMatrix): Collinearity | undefined {
  const { columns, kept } = matrix;
  if (columns.length === 0 || kept.length < columns.length + 2) return undefined;
  const correlations = gram(columns.map(({ values }) => unitLength(centred(values))));
  const inverse = inverseOf(correlations);
  const inputs = [...new Set(columns.map(({ input }) => input))];
  return {
    columns: columns.map(({ input, level }, at) => ({ input, level, factor: inverse[at]![at]! })),
    inputs: inputs.map((input) => {
      const own = columns.flatMap((column, at) => (column.input === input ? [at] : []));
      return { input, columns: own.length, factor: generalised(correlations, inverse, own) };
    }),
    conditionNumber: conditionNumber(columns.map(({ values }) => values)),
  };
}

/** det(R of own columns) · det(R⁻¹ of own columns), to the power 1/columns. */
function generalised(correlations: Matrix, inverse: Matrix, own: readonly number[]): number {
  if (own.some((at) => !Number.isFinite(inverse[at]![at]!))) return Number.POSITIVE_INFINITY;
  const part = (matrix: Matrix) =>
    own.map((row) => Float64Array.from(own, (at) => matrix[row]![at]!));
  return (determinant(part(correlations)) * determinant(part(inverse))) ** (1 / own.length);
}

/** The inverse by its eigenvectors; a column with a part in a singular direction gets an infinite diagonal. */
function inverseOf(matrix: Matrix): Matrix {
  const { values, vectors } = symmetricEigen(matrix);
  const limit = SINGULAR * matrix.length;
  const regular = values.flatMap((value, at) => (value > limit ? [at] : []));
  const singular = values.flatMap((value, at) => (value > limit ? [] : [at]));
  return matrix.map((_, row) =>
    Float64Array.from(matrix, (__, column) => {
      const isOpen = singular.some((at) => vectors[at]![row]! ** 2 > 1e-9);
      if (isOpen && row === column) return Number.POSITIVE_INFINITY;
      return sumOver(regular.length, (place) => {
        const at = regular[place]!;
        return (vectors[at]![row]! * vectors[at]![column]!) / values[at]!;
      });
    }),
  );
}

function conditionNumber(columns: readonly Float64Array[]): number {
  const ones = new Float64Array(columns[0]!.length).fill(1);
  const { values } = symmetricEigen(gram([ones, ...columns].map(unitLength)));
  const [lowest, highest] = [values[0]!, values.at(-1)!];
  return lowest <= SINGULAR ? Number.POSITIVE_INFINITY : Math.sqrt(highest / lowest);
}

function centred(values: Float64Array): Float64Array {
  const mean = sumOver(values.length, (at) => values[at]!) / values.length;
  return values.map((value) => value - mean);
}

function unitLength(values: Float64Array): Float64Array {
  const length = Math.sqrt(sumOver(values.length, (at) => values[at]! ** 2));
  return length === 0 ? values : values.map((value) => value / length);
}

function gram(columns: readonly Float64Array[]): Matrix {
  const products = columns.map(() => new Float64Array(columns.length));
  columns.forEach((first, row) => {
    for (let column = row; column < columns.length; column += 1) {
      const second = columns[column]!;
      const product = sumOver(first.length, (at) => first[at]! * second[at]!);
      products[row]![column] = product;
      products[column]![row] = product;
    }
  });
  return products;
}
