// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { drawnCourse } from './course-points.ts';

const BOX = { width: 120, height: 70, margin: 10 };

test('scores are placed between the margins, higher ones above, and the best stands until it is bettered', () => {
  const trials = [
    { trial: 0, score: 1 },
    { trial: 1, score: 0 },
    { trial: 2, score: 0.5 },
  ];
  const course = [
    { trial: 0, score: 1 },
    { trial: 1, score: 0 },
    { trial: 2, score: 0 },
  ];
  expect(drawnCourse(course, trials, BOX)).toEqual({
    path: 'M 10 10 H 60 V 60 H 110 V 60',
    dots: [
      { x: 10, y: 10, trial: 0 },
      { x: 60, y: 60, trial: 1 },
      { x: 110, y: 35, trial: 2 },
    ],
  });
});

test('one trial is no course', () => {
  expect(drawnCourse([{ trial: 0, score: 1 }], [{ trial: 0, score: 1 }], BOX)).toBeUndefined();
});
