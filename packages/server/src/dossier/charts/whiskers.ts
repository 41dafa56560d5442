// SPDX-License-Identifier: Apache-2.0
import type { CustomSeriesRenderItemAPI } from 'echarts/types/dist/shared';
import { PRIMARY } from './theme.ts';

export interface Interval {
  /** Place on the other axis: a value, or the index of a row. */
  readonly at: number;
  readonly low: number;
  readonly high: number;
}

const CAP = 4;

/** Error bars with caps, drawn as a series of their own behind the points. */
export function whiskers(
  intervals: readonly Interval[],
  direction: 'vertical' | 'horizontal',
  colour: string = PRIMARY,
) {
  return {
    type: 'custom' as const,
    silent: true,
    clip: true,
    encode: direction === 'vertical' ? { x: 0, y: [1, 2] } : { x: [1, 2], y: 0 },
    data: intervals.map(({ at, low, high }) => [at, low, high]),
    renderItem: (_: unknown, api: CustomSeriesRenderItemAPI) => {
      const [at, low, high] = [api.value(0), api.value(1), api.value(2)].map(Number);
      const from = direction === 'vertical' ? api.coord([at, low]) : api.coord([low, at]);
      const to = direction === 'vertical' ? api.coord([at, high]) : api.coord([high, at]);
      return {
        type: 'group' as const,
        children: [
          segment([from, to], colour),
          ...[from, to].map((end) => segment(cap(end, direction), colour)),
        ],
      };
    },
  };
}

type Point = readonly number[];

function cap(end: Point, direction: 'vertical' | 'horizontal'): readonly [Point, Point] {
  const [x = 0, y = 0] = end;
  return direction === 'vertical'
    ? [
        [x - CAP, y],
        [x + CAP, y],
      ]
    : [
        [x, y - CAP],
        [x, y + CAP],
      ];
}

function segment([from, to]: readonly [Point, Point], colour: string) {
  return {
    type: 'line' as const,
    shape: { x1: from[0] ?? 0, y1: from[1] ?? 0, x2: to[0] ?? 0, y2: to[1] ?? 0 },
    style: { stroke: colour, lineWidth: 1.3 },
  };
}
