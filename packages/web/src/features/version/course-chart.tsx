// SPDX-License-Identifier: Apache-2.0
import type { BuiltSearch } from '@countersign/kernel';
import { drawnCourse } from './course-points.ts';

const BOX = { width: 560, height: 180, margin: 12 };

/** Each completed trial as a dot, and the best score so far as a line; nothing where there is no course. */
export function CourseChart({
  course,
  trials,
  score,
}: Pick<BuiltSearch, 'course' | 'trials' | 'score'>) {
  const points = trials.flatMap(({ number, score: value, state }) =>
    value === '' || !['complete', 'taken'].includes(state)
      ? []
      : [{ trial: Number(number), score: Number(value) }],
  );
  const drawn = drawnCourse(course, points, BOX);
  if (drawn === undefined) return null;
  return (
    <figure>
      <svg
        viewBox={`0 0 ${BOX.width} ${BOX.height}`}
        role="img"
        aria-label={`${score} of ${points.length} trials in order, with the best so far`}
        style={{ width: '100%', maxWidth: BOX.width }}
      >
        {drawn.dots.map(({ x, y, trial }) => (
          <circle key={trial} cx={x} cy={y} r={3} fill="var(--mantine-color-dimmed)" />
        ))}
        <path d={drawn.path} fill="none" stroke="currentColor" strokeWidth={2} />
      </svg>
      <figcaption className="muted">{score}: each completed trial, and the best so far</figcaption>
    </figure>
  );
}
