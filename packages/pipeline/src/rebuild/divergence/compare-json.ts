// SPDX-License-Identifier: Apache-2.0
import { compareTexts } from './compare-texts.ts';
import { type MakingWindows, PartList, shown } from './divergence.ts';
import { compareNumbers, isPermutation } from './number-distance.ts';

type Value = unknown;
type Members = { readonly [member: string]: Value };

/** Deeper members are compared as text. */
const DEPTH_MAX = 64;

/** Where two JSON documents differ, by path; the caller has parsed both. */
export function compareJson(original: Value, rebuilt: Value, windows: MakingWindows): PartList {
  const parts = new PartList();
  walk({ parts, windows }, '$', { original, rebuilt, depth: 0 });
  return parts;
}

interface Walk {
  readonly parts: PartList;
  readonly windows: MakingWindows;
}

interface Pair {
  readonly original: Value;
  readonly rebuilt: Value;
  readonly depth: number;
}

function walk(state: Walk, where: string, { original, rebuilt, depth }: Pair): void {
  if (Object.is(original, rebuilt)) return;
  if (isPlain(original) && typeof original === typeof rebuilt) {
    const texts = { original: String(original), rebuilt: String(rebuilt) };
    state.parts.add(compareTexts(where, texts, state.windows));
    return;
  }
  if (depth < DEPTH_MAX && Array.isArray(original) && Array.isArray(rebuilt)) {
    walkList(state, where, { original, rebuilt, depth });
    return;
  }
  if (depth < DEPTH_MAX && isMembers(original) && isMembers(rebuilt)) {
    walkMembers(state, where, { original, rebuilt, depth });
    return;
  }
  if (JSON.stringify(original) === JSON.stringify(rebuilt)) return;
  state.parts.add({
    where,
    nature: 'structure',
    original: shown(original),
    rebuilt: shown(rebuilt),
  });
}

function isPlain(value: Value): value is number | string {
  return typeof value === 'number' || typeof value === 'string';
}

function walkList(
  state: Walk,
  where: string,
  pair: {
    readonly original: readonly Value[];
    readonly rebuilt: readonly Value[];
    readonly depth: number;
  },
): void {
  const { original, rebuilt, depth } = pair;
  const [before, after] = [original, rebuilt].map((list) =>
    list.map((item) => JSON.stringify(item)),
  );
  if (before === undefined || after === undefined) return;
  if (before.every((text, at) => text === after[at]) && before.length === after.length) return;
  const shownPair = { original: shown(original), rebuilt: shown(rebuilt) };
  if (isPermutation(before, after)) {
    state.parts.add({ where, nature: 'order', ...shownPair });
    return;
  }
  if (areNumbers(original) && areNumbers(rebuilt) && original.length === rebuilt.length) {
    const compared = compareNumbers(original, rebuilt, 'f64');
    if (compared === undefined) return;
    const { nature, distance, firstAt } = compared;
    state.parts.add({
      where: `${where}, first at [${firstAt}]`,
      nature,
      ...shownPair,
      distance,
    });
    return;
  }
  if (original.length !== rebuilt.length) {
    const lengths = { original: `${original.length} items`, rebuilt: `${rebuilt.length} items` };
    state.parts.add({ where, nature: 'structure', ...lengths });
  }
  original.slice(0, rebuilt.length).forEach((item, at) => {
    walk(state, `${where}[${at}]`, { original: item, rebuilt: rebuilt[at], depth: depth + 1 });
  });
}

function areNumbers(list: readonly Value[]): list is readonly number[] {
  return list.length > 0 && list.every((item) => typeof item === 'number');
}

function walkMembers(
  state: Walk,
  where: string,
  pair: { readonly original: Members; readonly rebuilt: Members; readonly depth: number },
): void {
  const { original, rebuilt, depth } = pair;
  const [before, after] = [Object.keys(original), Object.keys(rebuilt)];
  if (before.join('\0') !== after.join('\0')) {
    const isOrder = isPermutation(before, after);
    state.parts.add({
      where: `${where}, its members`,
      nature: isOrder ? 'order' : memberNature(before, after),
      original: shown(before.join(', ')),
      rebuilt: shown(after.join(', ')),
    });
  }
  for (const name of before) {
    if (!Object.hasOwn(rebuilt, name)) continue;
    walk(state, `${where}.${name}`, {
      original: original[name],
      rebuilt: rebuilt[name],
      depth: depth + 1,
    });
  }
}

function memberNature(before: readonly string[], after: readonly string[]): 'names' | 'structure' {
  const bare = (names: readonly string[]) =>
    names.map((name) => name.replace(/\d+|[0-9a-f]{8,}/g, '#'));
  const [one, two] = [bare(before), bare(after)];
  return one.length === two.length && one.every((name, at) => name === two[at])
    ? 'names'
    : 'structure';
}

function isMembers(value: Value): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
