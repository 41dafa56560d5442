// SPDX-License-Identifier: Apache-2.0
import { theilsU } from '@countersign/pipeline';
import { auc } from '../binary/auc.ts';
import { cellsOf } from '../binary/cells.ts';
import type { Estimate } from '../intervals/interval.ts';
import type { LabelledRows } from '../scorer/labelled-rows.ts';
import type { InputType } from '../scorer/scorer-spec.ts';
import { levelsOf } from './design-matrix.ts';

// Levels of fewer rows are put together: they tell of themselves alone (as in the data's own measures, Cochran 1954).
const LEVEL_ROWS_MIN = 5;

/** `complete`: one cut, or the level, tells every label. `quasi`: all but rows at one value, or one level is of one label. */
export type Separation = 'none' | 'quasi' | 'complete';

/** What one input says of the label by itself. */
export interface SingleInput {
  readonly input: string;
  readonly rows: number;
  /** Of a number, towards the event: above one half, higher values go with it. */
  readonly auc: Estimate | undefined;
  /** Share of the label's entropy that the levels of a text take away. */
  readonly uncertainty: number | undefined;
  readonly separation: Separation;
  /** The values or levels of a separation, in words. */
  readonly found: string | undefined;
}

/** Rows without the input or the outcome are left out; weights are not used. */
export function singleInput(
  data: LabelledRows,
  field: { readonly name: string; readonly type: InputType },
  level: number,
): SingleInput {
  if (field.type === 'string') return ofLevels(data, field.name);
  const pairs = data.rows.flatMap((row, at) => {
    const value = row[field.name];
    return value === null || value === undefined
      ? []
      : [{ score: Number(value), label: data.labels[at]! }];
  });
  const separated = numericSeparation(pairs);
  return {
    input: field.name,
    rows: pairs.length,
    auc: auc(cellsOf(pairs), level),
    uncertainty: undefined,
    ...separated,
  };
}

/** A. Albert & J. A. Anderson, Biometrika 71 (1984) 1–10, for one number. */
function numericSeparation(
  pairs: readonly { readonly score: number; readonly label: 0 | 1 }[],
): Pick<SingleInput, 'separation' | 'found'> {
  const ends = ([0, 1] as const).map((label) => {
    const own = pairs.filter((pair) => pair.label === label).map(({ score }) => score);
    return own.reduce(
      (range, value) => ({ low: Math.min(range.low, value), high: Math.max(range.high, value) }),
      { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY },
    );
  });
  const [none, event] = [ends[0]!, ends[1]!];
  if (none.low > none.high || event.low > event.high)
    return { separation: 'none', found: undefined };
  const gap = Math.max(event.low - none.high, none.low - event.high);
  if (gap < 0 || (gap === 0 && none.low === none.high && event.low === event.high)) {
    return { separation: 'none', found: undefined };
  }
  const found = `events lie in ${event.low} to ${event.high}, others in ${none.low} to ${none.high}`;
  return { separation: gap > 0 ? 'complete' : 'quasi', found };
}

function ofLevels(data: LabelledRows, name: string): SingleInput {
  const levels = levelsOf(data.rows.map((row) => row[name]));
  const cells = new Map(levels.names.map((level) => [level, [0, 0]]));
  levels.of.forEach((level, at) => {
    cells.get(level)![data.labels[at]!]! += 1;
  });
  const total = (counts: readonly number[]) => counts[0]! + counts[1]!;
  const common = [...cells].filter(([, counts]) => total(counts) >= LEVEL_ROWS_MIN);
  const rare = [...cells].filter(([, counts]) => total(counts) < LEVEL_ROWS_MIN);
  const merged = rare.reduce(
    (sum, [, counts]) => [sum[0]! + counts[0]!, sum[1]! + counts[1]!],
    [0, 0],
  );
  const table = [...common.map(([, counts]) => counts), ...(total(merged) === 0 ? [] : [merged])];
  const pure = common.filter(([, counts]) => Math.min(...counts) === 0);
  const bothLabels = [0, 1].every((label) => data.labels.some((own) => own === label));
  const isComplete = bothLabels && table.every((counts) => Math.min(...counts) === 0);
  return {
    input: name,
    rows: data.rows.length,
    auc: undefined,
    uncertainty: theilsU(table),
    separation: !bothLabels ? 'none' : isComplete ? 'complete' : pure.length > 0 ? 'quasi' : 'none',
    found:
      pure.length === 0 || !bothLabels
        ? undefined
        : `all of one outcome: ${pure.map(([level, counts]) => `${level} (${total(counts)} rows)`).join(', ')}`,
  };
}
