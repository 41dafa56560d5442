// SPDX-License-Identifier: Apache-2.0

export interface CoursePoint {
  readonly trial: number;
  readonly score: number;
}

export interface DrawnCourse {
  /** Path of the best score so far, as steps. */
  readonly path: string;
  readonly dots: readonly { readonly x: number; readonly y: number; readonly trial: number }[];
}

/** Places scores in a box of the given size, a margin around them; undefined for fewer than two points. */
export function drawnCourse(
  course: readonly CoursePoint[],
  trials: readonly CoursePoint[],
  box: { readonly width: number; readonly height: number; readonly margin: number },
): DrawnCourse | undefined {
  if (trials.length < 2 || course.length === 0) return undefined;
  const all = [...course, ...trials];
  const place = (values: readonly number[], size: number) => {
    const low = Math.min(...values);
    const span = Math.max(...values) - low || 1;
    return (value: number) => box.margin + ((value - low) / span) * (size - 2 * box.margin);
  };
  const x = place(
    all.map(({ trial }) => trial),
    box.width,
  );
  const up = place(
    all.map(({ score }) => score),
    box.height,
  );
  const y = (score: number) => box.height - up(score);
  const [first, ...rest] = course;
  const start = first === undefined ? '' : `M ${x(first.trial)} ${y(first.score)}`;
  // The best so far stands until a trial betters it.
  const steps = rest.map(({ trial, score }) => `H ${x(trial)} V ${y(score)}`);
  return {
    path: [start, ...steps].join(' '),
    dots: trials.map(({ trial, score }) => ({ x: x(trial), y: y(score), trial })),
  };
}
