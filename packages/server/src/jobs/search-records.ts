// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';
import { type JudgedSearch, type SearchTrial, toRecordJson } from '@countersign/pipeline';

/** A record is read whole by whoever judges the version: of more trials the first stand in it, the best and the chosen. */
const TRIALS_MAX = 500;
/** Points of the best score so far; a picture of more is no clearer. */
const COURSE_POINTS_MAX = 200;

/** Searches as the record of the run holds them; every trial is in the archived evidence. */
export function searchesContent(searches: readonly JudgedSearch[]): Json {
  return toRecordJson(searches.map(searchContent));
}

function searchContent(search: JudgedSearch): object {
  const { trials, chosen, best, omitted = 0 } = search;
  const shown = trials.filter(
    ({ number }, at) => at < TRIALS_MAX || number === chosen || number === best,
  );
  const left = trials.length - shown.length + omitted;
  return {
    ...search,
    trials: shown,
    ...(left === 0 ? {} : { omitted: left }),
    count: trials.length + omitted,
    states: countStates(trials),
    course: bestSoFar(search),
  };
}

function countStates(trials: readonly SearchTrial[]): { readonly [state: string]: number } {
  const counts: Record<string, number> = {};
  for (const { state } of trials) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/** The best score up to and including each trial at which it improved, and up to the last one. */
function bestSoFar({
  trials,
  direction,
}: JudgedSearch): readonly { readonly trial: number; readonly score: string }[] {
  if (direction === null) return [];
  const sign = direction === 'maximise' ? 1 : -1;
  const points: { trial: number; score: string }[] = [];
  for (const { number, score, state } of trials) {
    if (score === null || state !== 'complete') continue;
    const last = points.at(-1);
    if (last === undefined || sign * (Number(score) - Number(last.score)) > 0)
      points.push({ trial: number, score });
  }
  const last = points.at(-1);
  const end = trials.at(-1)?.number;
  if (last !== undefined && end !== undefined && end > last.trial)
    points.push({ trial: end, score: last.score });
  return points.slice(-COURSE_POINTS_MAX);
}
