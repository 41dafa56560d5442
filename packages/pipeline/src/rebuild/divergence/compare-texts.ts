// SPDX-License-Identifier: Apache-2.0
import {
  type DifferenceNature,
  type DivergentPart,
  type MakingWindows,
  shown,
  type TimeWindow,
} from './divergence.ts';
import { compareNumbers } from './number-distance.ts';

/** A clock may be read a little before a step is said to start, and a zone may have been left out. */
const SLACK_MS = 15 * 3_600_000;

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const ISO_TIME =
  /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?\s?(?:Z|UTC|[+-]\d\d:?\d\d)?)?$/;
/** What counts up or is drawn: digits, hexadecimal addresses, UUIDs. */
const NUMBERED = /0x[0-9a-f]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{12,}|\d+/gi;

/** One text that differs, with its nature; `where` names its place. */
export function compareTexts(
  where: string,
  pair: { readonly original: string; readonly rebuilt: string },
  windows: MakingWindows,
): DivergentPart {
  const texts = {
    original: shown(around(pair.original, pair.rebuilt)),
    rebuilt: shown(around(pair.rebuilt, pair.original)),
  };
  const numbers = numberTokens(pair);
  if (areTimes(pair, windows)) return { where, nature: 'times', ...texts };
  if (numbers !== undefined) {
    const compared = compareNumbers(numbers.original, numbers.rebuilt, numbers.type);
    const isValue = NUMBER.test(pair.original.trim()) || numbers.original.length > 1;
    if (compared !== undefined && isValue) {
      return { where, nature: compared.nature, ...texts, distance: compared.distance };
    }
  }
  return { where, nature: textNature(pair), ...texts };
}

/** The differing stretch with a little before it, so that the end of a long line can be shown. */
function around(text: string, other: string): string {
  let first = 0;
  while (first < text.length && text[first] === other[first]) first += 1;
  const from = Math.max(0, first - 32);
  return from === 0 ? text : `…${text.slice(from)}`;
}

function textNature({
  original,
  rebuilt,
}: {
  original: string;
  rebuilt: string;
}): DifferenceNature {
  if (original.replace(NUMBERED, '#') === rebuilt.replace(NUMBERED, '#')) return 'names';
  const [before, after] = [tokens(original), tokens(rebuilt)];
  const isReordered =
    before.length > 1 && before.toSorted().join('\0') === after.toSorted().join('\0');
  return isReordered ? 'order' : 'text';
}

function tokens(text: string): readonly string[] {
  return text.split(/[\s,;=:[\](){}'"]+/).filter((token) => token !== '');
}

/** The numbers of two texts that are equal in everything else; undefined when they are not. */
function numberTokens(pair: { original: string; rebuilt: string }) {
  const [before, after] = [tokens(pair.original), tokens(pair.rebuilt)];
  if (before.length !== after.length) return undefined;
  const isMatched = before.every((token, at) => {
    const other = after[at] ?? '';
    return token === other || (NUMBER.test(token) && NUMBER.test(other));
  });
  if (!isMatched) return undefined;
  const isNumber = (token: string) => NUMBER.test(token);
  const original = before.filter(isNumber);
  const rebuilt = after.filter((_, at) => isNumber(before[at] ?? ''));
  const isWhole = [...original, ...rebuilt].every((token) => /^[+-]?\d+$/.test(token));
  const type = isWhole ? ('integer' as const) : ('f64' as const);
  return { original: original.map(Number), rebuilt: rebuilt.map(Number), type };
}

/** Every place that differs holds a time of its own run on both sides. */
export function areTimes(
  { original, rebuilt }: { readonly original: string; readonly rebuilt: string },
  windows: MakingWindows,
): boolean {
  if (isTimeOf(original, windows.original) && isTimeOf(rebuilt, windows.rebuilt)) return true;
  const [before, after] = [timeCandidates(original), timeCandidates(rebuilt)];
  if (before.length === 0 || before.length !== after.length) return false;
  const differing = before.filter((text, at) => text !== after[at]);
  const other = after.filter((text, at) => text !== before[at]);
  return (
    differing.length > 0 &&
    rest(original) === rest(rebuilt) &&
    differing.every((text) => isTimeOf(text, windows.original)) &&
    other.every((text) => isTimeOf(text, windows.rebuilt))
  );
}

const TIME_CANDIDATE =
  /\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|\s?UTC|[+-]\d\d:?\d\d)?)?|\b\d{10}(?:\.\d+)?\b|\b\d{13}\b|\b\d{16}\b|\b\d{19}\b/g;

function timeCandidates(text: string): readonly string[] {
  return text.match(TIME_CANDIDATE) ?? [];
}

function rest(text: string): string {
  return text.replace(TIME_CANDIDATE, '#');
}

function isTimeOf(text: string, window: TimeWindow): boolean {
  const ms = timeOf(text.trim());
  if (ms === undefined) return false;
  return ms >= Date.parse(window.from) - SLACK_MS && ms <= Date.parse(window.to) + SLACK_MS;
}

/** ISO 8601, or a count since 1970 in seconds, milli-, micro- or nanoseconds. */
function timeOf(text: string): number | undefined {
  if (ISO_TIME.test(text)) {
    const utc = text.replace(' UTC', 'Z').replace(' ', 'T').replace(',', '.');
    const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/.test(utc.slice(10));
    const ms = Date.parse(utc.length > 10 && !hasZone ? `${utc}Z` : utc);
    return Number.isNaN(ms) ? undefined : ms;
  }
  if (/^\d{10}(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (/^\d{13}(?:\.\d+)?$/.test(text)) return Number(text);
  if (/^\d{16}$/.test(text)) return Number(text) / 1000;
  return /^\d{19}$/.test(text) ? Number(text) / 1e6 : undefined;
}
