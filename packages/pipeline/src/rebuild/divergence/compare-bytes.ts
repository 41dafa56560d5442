// SPDX-License-Identifier: Apache-2.0
import { compareTexts } from './compare-texts.ts';
import { type ByteDifference, type MakingWindows, PartList, shown } from './divergence.ts';
import { compareNumbers } from './number-distance.ts';

/** Of the ranges looked into; all are counted. */
const RANGES_SHOWN_MAX = 64;
/** Differing bytes this near belong to one value. */
const GAP_BYTES = 8;
const TEXT_RUN_MAX = 200;

interface Range {
  readonly from: number;
  /** Not included. */
  readonly to: number;
}

/** First and last differing byte and the number of ranges; undefined for equal bytes. */
export function byteDifference(
  original: Uint8Array,
  rebuilt: Uint8Array,
): ByteDifference | undefined {
  const ends = differingEnds(original, rebuilt);
  if (ends === undefined) return undefined;
  const ranges = original.length === rebuilt.length ? rangesOf(original, rebuilt).length : 1;
  const last = Math.max(ends.from, ends.to - 1);
  return {
    originalSize: original.length,
    rebuiltSize: rebuilt.length,
    first: ends.from,
    last,
    ranges,
  };
}

/**
 * Bytes of no known format: what the differing ranges hold is read as text where the bytes around are printable on both
 * sides, as 64-bit floats where that makes all of them close, else shown as they are.
 */
export function compareBytes(
  original: Uint8Array,
  rebuilt: Uint8Array,
  windows: MakingWindows,
): PartList {
  const parts = new PartList();
  const ends = differingEnds(original, rebuilt);
  if (ends === undefined) return parts;
  if (original.length !== rebuilt.length) {
    const shift = rebuilt.length - original.length;
    addRange(parts, { original, rebuilt, windows }, { ...ends, shift });
    return parts;
  }
  const ranges = rangesOf(original, rebuilt);
  const isText = ranges
    .slice(0, RANGES_SHOWN_MAX)
    .every(({ from, to }) => [original, rebuilt].every((bytes) => textRun(bytes, from, to)));
  if (!isText && addFloats(parts, { original, rebuilt }, ranges)) return parts;
  for (const range of ranges.slice(0, RANGES_SHOWN_MAX)) {
    addRange(parts, { original, rebuilt, windows }, { ...range, shift: 0 });
  }
  return parts;
}

function differingEnds(original: Uint8Array, rebuilt: Uint8Array): Range | undefined {
  const shorter = Math.min(original.length, rebuilt.length);
  let from = 0;
  while (from < shorter && original[from] === rebuilt[from]) from += 1;
  if (from === shorter && original.length === rebuilt.length) return undefined;
  let tail = 0;
  while (
    tail < shorter - from &&
    original[original.length - 1 - tail] === rebuilt[rebuilt.length - 1 - tail]
  ) {
    tail += 1;
  }
  return { from, to: original.length - tail };
}

function rangesOf(original: Uint8Array, rebuilt: Uint8Array): readonly Range[] {
  const ranges: Range[] = [];
  let from = -1;
  let last = -1;
  for (let at = 0; at < original.length; at += 1) {
    if (original[at] === rebuilt[at]) continue;
    if (from >= 0 && at - last > GAP_BYTES) {
      ranges.push({ from, to: last + 1 });
      from = at;
    } else if (from < 0) from = at;
    last = at;
  }
  if (from >= 0) ranges.push({ from, to: last + 1 });
  return ranges;
}

/** Arrays written without a header: every differing 8-byte word is a number near the other side's, at one alignment. */
function addFloats(
  parts: PartList,
  pair: { readonly original: Uint8Array; readonly rebuilt: Uint8Array },
  ranges: readonly Range[],
): boolean {
  for (let alignment = 0; alignment < 8; alignment += 1) {
    const words = new Set(
      ranges.flatMap(({ from, to }) => {
        const first = Math.floor((from - alignment) / 8);
        const count = Math.ceil((to - alignment) / 8) - first;
        return Array.from(
          { length: Math.min(count, 4096) },
          (_, at) => (first + at) * 8 + alignment,
        );
      }),
    );
    const offsets = [...words].filter((at) => at >= 0 && at + 8 <= pair.original.length);
    if (offsets.length < words.size) continue;
    const read = (bytes: Uint8Array) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return offsets.map((at) => view.getFloat64(at, true));
    };
    const compared = compareNumbers(read(pair.original), read(pair.rebuilt), 'f64');
    if (compared?.nature !== 'rounding') continue;
    const { distance } = compared;
    const where = `float64 values from byte ${Math.min(...offsets)}`;
    parts.add({ where, nature: 'rounding', distance });
    return true;
  }
  return false;
}

function addRange(
  parts: PartList,
  at: {
    readonly original: Uint8Array;
    readonly rebuilt: Uint8Array;
    readonly windows: MakingWindows;
  },
  range: Range & { readonly shift: number },
): void {
  const { from, to, shift } = range;
  const where = `bytes ${from} to ${Math.max(from, to - 1)}`;
  const text = textRun(at.original, from, to);
  const again = textRun(at.rebuilt, from, Math.max(from, to + shift));
  if (text !== undefined && again !== undefined) {
    parts.add(compareTexts(where, { original: text, rebuilt: again }, at.windows));
    return;
  }
  const hex = (bytes: Uint8Array, end: number) =>
    shown(Buffer.from(bytes.subarray(from, Math.min(end, from + 40))).toString('hex'));
  parts.add({
    where,
    nature: 'bytes',
    original: hex(at.original, to),
    rebuilt: hex(at.rebuilt, to + shift),
  });
}

/** The run of printable characters around a range; undefined when the range holds others or the run is too long. */
function textRun(bytes: Uint8Array, from: number, to: number): string | undefined {
  if (to - from > TEXT_RUN_MAX) return undefined;
  for (let at = from; at < to; at += 1) if (!isPrintable(bytes[at])) return undefined;
  let start = from;
  while (start > 0 && from - start < TEXT_RUN_MAX && isPrintable(bytes[start - 1])) start -= 1;
  let end = to;
  while (end < bytes.length && end - to < TEXT_RUN_MAX && isPrintable(bytes[end])) end += 1;
  return end - start < 4 ? undefined : Buffer.from(bytes.subarray(start, end)).toString('latin1');
}

function isPrintable(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x20 && byte < 0x7f;
}
