// SPDX-License-Identifier: Apache-2.0
import type { InputRow } from '../scorer/input-values.ts';
import type { InputType } from '../scorer/scorer-spec.ts';

// A text of more levels keeps its commonest; the others are one level.
const LEVELS_MAX = 30;
const OTHER_LEVELS = 'other levels';
const MISSING_LEVEL = 'missing';

/** A column of numbers with the input that it comes from. */
export interface MatrixColumn {
  readonly input: string;
  /** Of a text: rows at this level are 1. */
  readonly level: string | null;
  readonly values: Float64Array;
}

export interface DesignMatrix {
  /** Rows of the sample that are in it, ascending: those with no number missing. */
  readonly kept: readonly number[];
  readonly columns: readonly MatrixColumn[];
  /** Level of each text against which the others stand: its commonest. */
  readonly references: Readonly<Record<string, string>>;
  /** Inputs of one value alone, which give no column. */
  readonly constant: readonly string[];
}

/** Inputs as a statistician would enter them in a regression: numbers as they are, a text as one column a level but one. */
export function designMatrix(
  rows: readonly InputRow[],
  fields: readonly { readonly name: string; readonly type: InputType }[],
): DesignMatrix {
  const numeric = fields.filter(({ type }) => type !== 'string');
  const kept = rows.flatMap((row, at) =>
    numeric.every(({ name }) => row[name] !== null && row[name] !== undefined) ? [at] : [],
  );
  const references: Record<string, string> = {};
  const columns = fields.flatMap(({ name, type }): readonly MatrixColumn[] => {
    if (type !== 'string') {
      return [
        {
          input: name,
          level: null,
          values: Float64Array.from(kept, (at) => Number(rows[at]![name])),
        },
      ];
    }
    const levels = levelsOf(kept.map((at) => rows[at]![name]));
    const [reference, ...others] = levels.names;
    if (reference === undefined) return [];
    references[name] = reference;
    return others.map((level) => ({
      input: name,
      level,
      values: Float64Array.from(levels.of, (own) => (own === level ? 1 : 0)),
    }));
  });
  const varying = columns.filter(({ values }) => values.some((value) => value !== values[0]));
  return {
    kept,
    columns: varying,
    references,
    constant: fields
      .map(({ name }) => name)
      .filter((name) => !varying.some(({ input }) => input === name)),
  };
}

/** Level of each value, and the levels themselves: commonest first, ties by name. */
export function levelsOf(values: readonly unknown[]): {
  readonly names: readonly string[];
  readonly of: readonly string[];
} {
  const texts = values.map((value) =>
    value === null || value === undefined ? MISSING_LEVEL : String(value),
  );
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const ordered = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const named = ordered.slice(0, LEVELS_MAX).map(([name]) => name);
  const known = new Set(named);
  return {
    names: ordered.length > LEVELS_MAX ? [...named, OTHER_LEVELS] : named,
    of: texts.map((text) => (known.has(text) ? text : OTHER_LEVELS)),
  };
}
