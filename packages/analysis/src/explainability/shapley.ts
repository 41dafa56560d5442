// SPDX-License-Identifier: Apache-2.0
import { drawsOf, shuffledPlaces } from '../numeric/draws.ts';
import { sumOver } from '../numeric/sum.ts';
import type { InputRow } from '../scorer/input-values.ts';

/** The model as numbers: one for each row, in order; an error of any row is thrown. */
export type ModelValues = (rows: readonly InputRow[]) => Promise<readonly number[]>;

export interface ShapleyGround {
  readonly inputs: readonly string[];
  readonly background: readonly InputRow[];
  readonly model: ModelValues;
}

/** Contributions of one row: `base` and all `values` add up to `value`. */
export interface ShapleyValues {
  /** Mean of the model over the background. */
  readonly base: number;
  /** The model's own value of the row. */
  readonly value: number;
  /** One an input, in the order of the inputs. */
  readonly values: readonly number[];
  /** Standard error of drawing orders; all 0 where every coalition was enumerated. */
  readonly errors: readonly number[];
  /** |base + Σ values − value|. */
  readonly gap: number;
}

/** Masks are 32-bit integers and every coalition is held at once. */
export const EXACT_INPUTS_MAX = 16;

/**
 * Interventional Shapley values by enumeration of all coalitions: v(S) is the mean of the model with inputs in S from the row
 * and all others from each background row (S. M. Lundberg & S.-I. Lee, "A unified approach to interpreting model
 * predictions", NeurIPS 2017; D. Janzing, L. Minorics & P. Blöbaum, AISTATS 2020). At most 16 inputs.
 */
export async function exactShapley(ground: ShapleyGround, row: InputRow): Promise<ShapleyValues> {
  const { inputs, background, model } = ground;
  const size = inputs.length;
  const worths = new Float64Array(2 ** size);
  for (const other of background) {
    // Where both agree, a coalition with the input and one without it are the same row.
    const differing = inputs.flatMap((name, at) => (isSame(row[name], other[name]) ? [] : [at]));
    const all = differing.reduce((mask, at) => mask | (1 << at), 0);
    const masks = subMasks(differing);
    const scores = await model(masks.map((mask) => hybrid({ inputs, row, other }, mask)));
    const byMask = new Map(masks.map((mask, index) => [mask, scores[index]!]));
    for (let mask = 0; mask < worths.length; mask += 1) worths[mask]! += byMask.get(mask & all)!;
  }
  const worth = (mask: number) => worths[mask]! / background.length;
  const weights = coalitionWeights(size);
  const values = inputs.map((_, at) => {
    const own = 1 << at;
    return sumOver(worths.length, (mask) =>
      (mask & own) !== 0 ? 0 : weights[bits(mask)]! * (worth(mask | own) - worth(mask)),
    );
  });
  const [value] = await model([row]);
  return withGap({ base: worth(0), value: value!, values, errors: inputs.map(() => 0) });
}

/**
 * The same values estimated from random orders of the inputs, each walked forwards and backwards (antithetic), every order
 * over the whole background, so that the values add up to the score without error (E. Štrumbelj & I. Kononenko, Knowledge and
 * Information Systems 41 (2014) 647–665; R. Mitchell et al., JMLR 23 (2022)). `errors` are of the means over independent pairs.
 */
export async function sampledShapley(
  ground: ShapleyGround,
  row: InputRow,
  draw: { readonly orders: number; readonly key: readonly (string | number)[] },
): Promise<ShapleyValues> {
  const { inputs, model, background } = ground;
  const pairs: number[][] = [];
  const [value, ...bases] = await model([row, ...background]);
  for (let order = 0; order < draw.orders; order += 1) {
    const places = shuffledPlaces(inputs.length, drawsOf('shapley', ...draw.key, order));
    const ends = { value: value!, bases };
    const forwards = await walked(ground, row, { places: [...places], ends });
    const backwards = await walked(ground, row, { places: [...places].reverse(), ends });
    pairs.push(inputs.map((_, at) => (forwards[at]! + backwards[at]!) / 2));
  }
  const n = pairs.length;
  const values = inputs.map((_, at) => sumOver(n, (pair) => pairs[pair]![at]!) / n);
  const errors = values.map((mean, at) =>
    n < 2 ? 0 : Math.sqrt(sumOver(n, (pair) => (pairs[pair]![at]! - mean) ** 2) / (n - 1) / n),
  );
  const base = sumOver(bases.length, (index) => bases[index]!) / bases.length;
  return withGap({ base, value: value!, values, errors });
}

interface Walk {
  readonly places: readonly number[];
  readonly ends: { readonly value: number; readonly bases: readonly number[] };
}

/** What each input adds as the background rows turn into the row in this order of inputs, mean over the background. */
async function walked(
  { inputs, background, model }: ShapleyGround,
  row: InputRow,
  { places, ends }: Walk,
): Promise<readonly number[]> {
  const hybrids: InputRow[] = [];
  const walks = background.map((other) => {
    const steps = places.filter((at) => !isSame(row[inputs[at]!], other[inputs[at]!]));
    let mixed: InputRow = other;
    // The last step ends at the row itself, whose value is known.
    for (const at of steps.slice(0, -1)) {
      mixed = { ...mixed, [inputs[at]!]: row[inputs[at]!] };
      hybrids.push(mixed);
    }
    return steps;
  });
  const scores = await model(hybrids);
  const added = new Array<number>(inputs.length).fill(0);
  let next = 0;
  walks.forEach((steps, index) => {
    let before = ends.bases[index]!;
    steps.forEach((at, step) => {
      const after = step === steps.length - 1 ? ends.value : scores[next++]!;
      added[at]! += after - before;
      before = after;
    });
  });
  return added.map((sum) => sum / background.length);
}

function withGap(found: Omit<ShapleyValues, 'gap'>): ShapleyValues {
  const { base, value, values } = found;
  const total = base + sumOver(values.length, (index) => values[index]!);
  return { ...found, gap: Math.abs(total - value) };
}

/** |S|!(M − |S| − 1)!/M! by |S|. */
function coalitionWeights(size: number): readonly number[] {
  const weights = [1 / size];
  for (let members = 1; members < size; members += 1) {
    weights.push((weights[members - 1]! * members) / (size - members));
  }
  return weights;
}

function subMasks(places: readonly number[]): readonly number[] {
  const masks = [0];
  for (const at of places) masks.push(...masks.map((mask) => mask | (1 << at)));
  return masks;
}

function hybrid(
  from: { readonly inputs: readonly string[]; readonly row: InputRow; readonly other: InputRow },
  mask: number,
): InputRow {
  return Object.fromEntries(
    from.inputs.map((name, at) => [
      name,
      ((mask >> at) & 1) === 1 ? from.row[name] : from.other[name],
    ]),
  );
}

function bits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

function isSame(first: unknown, second: unknown): boolean {
  return first === second || Object.is(first, second);
}
