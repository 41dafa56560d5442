// SPDX-License-Identifier: Apache-2.0

/** A square matrix by rows. */
export type Matrix = readonly Float64Array[];

const SWEEPS_MAX = 60;

export interface Eigen {
  /** Ascending. */
  readonly values: readonly number[];
  /** One vector for each value. */
  readonly vectors: Matrix;
}

/**
 * Eigenvalues and vectors of a symmetric matrix by cyclic Jacobi rotations (G. H. Golub & C. F. Van Loan, Matrix Computations,
 * 4th ed. 2013, 8.5): slower than others and accurate for the small values that collinearity is about.
 */
export function symmetricEigen(matrix: Matrix): Eigen {
  const size = matrix.length;
  const a = matrix.map((row) => Float64Array.from(row));
  const v = a.map((_, at) =>
    Float64Array.from({ length: size }, (__, other) => (at === other ? 1 : 0)),
  );
  const scale = a.reduce((most, row, at) => Math.max(most, Math.abs(row[at]!)), 0);
  for (let sweep = 0; sweep < SWEEPS_MAX; sweep += 1) {
    if (largestOff(a) <= scale * 1e-17) break;
    for (let p = 0; p < size; p += 1) for (let q = p + 1; q < size; q += 1) rotate(a, v, p, q);
  }
  const order = a.map((_, at) => at).sort((x, y) => a[x]![x]! - a[y]![y]!);
  return {
    values: order.map((at) => a[at]![at]!),
    vectors: order.map((at) => Float64Array.from(v, (row) => row[at]!)),
  };
}

function largestOff(a: readonly Float64Array[]): number {
  let most = 0;
  a.forEach((row, p) => {
    for (let q = p + 1; q < row.length; q += 1) most = Math.max(most, Math.abs(row[q]!));
  });
  return most;
}

function rotate(a: Float64Array[], v: Float64Array[], p: number, q: number): void {
  const off = a[p]![q]!;
  if (off === 0) return;
  const theta = (a[q]![q]! - a[p]![p]!) / (2 * off);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (const row of a) turn(row, { p, q, c, s });
  const [first, second] = [a[p]!, a[q]!];
  for (let k = 0; k < first.length; k += 1) {
    const [x, y] = [first[k]!, second[k]!];
    first[k] = c * x - s * y;
    second[k] = s * x + c * y;
  }
  for (const row of v) turn(row, { p, q, c, s });
}

function turn(
  row: Float64Array,
  {
    p,
    q,
    c,
    s,
  }: { readonly p: number; readonly q: number; readonly c: number; readonly s: number },
): void {
  const [x, y] = [row[p]!, row[q]!];
  row[p] = c * x - s * y;
  row[q] = s * x + c * y;
}

/** Determinant by elimination with partial pivoting; 1 for no rows. */
export function determinant(matrix: Matrix): number {
  const a = matrix.map((row) => Float64Array.from(row));
  let value = 1;
  for (let column = 0; column < a.length; column += 1) {
    const pivot = pivotRow(a, column);
    if (a[pivot]![column] === 0) return 0;
    if (pivot !== column) {
      [a[pivot], a[column]] = [a[column]!, a[pivot]!];
      value = -value;
    }
    value *= a[column]![column]!;
    eliminateBelow(a, column);
  }
  return value;
}

/** x with A·x = b, A symmetric and positive definite, by elimination with partial pivoting. */
export function solved(matrix: Matrix, right: ArrayLike<number>): Float64Array {
  const size = matrix.length;
  const a = matrix.map((row, at) => Float64Array.from([...row, right[at]!]));
  for (let column = 0; column < size; column += 1) {
    const pivot = pivotRow(a, column);
    [a[pivot], a[column]] = [a[column]!, a[pivot]!];
    eliminateBelow(a, column);
  }
  const x = new Float64Array(size);
  for (let row = size - 1; row >= 0; row -= 1) {
    let rest = a[row]![size]!;
    for (let k = row + 1; k < size; k += 1) rest -= a[row]![k]! * x[k]!;
    x[row] = rest / a[row]![row]!;
  }
  return x;
}

function pivotRow(a: readonly Float64Array[], column: number): number {
  let pivot = column;
  for (let row = column + 1; row < a.length; row += 1) {
    if (Math.abs(a[row]![column]!) > Math.abs(a[pivot]![column]!)) pivot = row;
  }
  return pivot;
}

function eliminateBelow(a: readonly Float64Array[], column: number): void {
  const own = a[column]!;
  for (let row = column + 1; row < a.length; row += 1) {
    const other = a[row]!;
    const factor = other[column]! / own[column]!;
    if (factor === 0) continue;
    for (let k = column; k < own.length; k += 1) other[k]! -= factor * own[k]!;
  }
}
