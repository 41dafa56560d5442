// SPDX-License-Identifier: Apache-2.0
import { compareArchives } from './compare-archives.ts';
import { compareBytes } from './compare-bytes.ts';
import { compareJson } from './compare-json.ts';
import { compareLines } from './compare-lines.ts';
import { compareOnnx } from './compare-onnx.ts';
import {
  type DivergenceFormat,
  type FileDivergence,
  type MakingWindows,
  PartList,
  shown,
} from './divergence.ts';
import { readNpyArray } from './npy-array.ts';
import { compareNumbers } from './number-distance.ts';
import { readOnnxModel } from './onnx-model.ts';
import { readZippedFiles } from './read-zip.ts';

export type ContentComparison = Pick<FileDivergence, 'parts' | 'natures' | 'partsOmitted'> & {
  readonly format: DivergenceFormat;
};

export interface ContentPair {
  readonly name: string;
  readonly original: Uint8Array;
  readonly rebuilt: Uint8Array;
}

/** An archive in an archive in an archive is compared as bytes. */
const DEPTH_MAX = 3;

/** Compares two contents in memory by what they are, which is asked of the bytes and not of the name. */
export async function compareContent(
  pair: ContentPair,
  at: { readonly windows: MakingWindows; readonly depth: number },
): Promise<ContentComparison> {
  const known = await compareKnown(pair, at);
  if (known !== undefined && !known.parts.isEmpty)
    return { format: known.format, ...known.parts.done() };
  const parts = compareBytes(pair.original, pair.rebuilt, at.windows);
  if (known === undefined) return { format: 'bytes', ...parts.done() };
  // Everything that the format says agrees, so the same content was written down otherwise.
  const encoding = new PartList();
  for (const part of parts.done().parts) encoding.add({ ...part, nature: 'encoding' });
  return { format: known.format, ...encoding.done() };
}

async function compareKnown(
  pair: ContentPair,
  at: { readonly windows: MakingWindows; readonly depth: number },
): Promise<{ readonly format: DivergenceFormat; readonly parts: PartList } | undefined> {
  const { original, rebuilt } = pair;
  const { windows } = at;
  const arrays = both(original, rebuilt, readNpyArray);
  if (arrays !== undefined) return { format: 'npy', parts: compareArrays(...arrays) };
  const zips =
    at.depth < DEPTH_MAX && isZip(original) ? both(original, rebuilt, readZippedFiles) : undefined;
  if (zips !== undefined) {
    const compareEntry = (entry: ContentPair) =>
      compareContent(entry, { windows, depth: at.depth + 1 });
    return { format: 'zip', parts: await compareArchives(...zips, { windows, compareEntry }) };
  }
  const texts = both(original, rebuilt, readText);
  if (texts !== undefined) {
    const documents = both(...texts, readJson);
    if (documents !== undefined) {
      return {
        format: 'json',
        parts: compareJson(documents[0].value, documents[1].value, windows),
      };
    }
    return { format: 'text', parts: compareLines(...texts, windows) };
  }
  const models = both(original, rebuilt, readOnnxModel);
  if (models !== undefined) return { format: 'onnx', parts: compareOnnx(...models, windows) };
  return undefined;
}

function both<From, To>(
  one: From,
  other: From,
  read: (from: From) => To | undefined,
): [To, To] | undefined {
  const first = read(one);
  const second = first === undefined ? undefined : read(other);
  return first === undefined || second === undefined ? undefined : [first, second];
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] ?? 0) < 8;
}

function readText(bytes: Uint8Array): string | undefined {
  if (bytes.subarray(0, 65_536).includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined; // not UTF-8
  }
}

function readJson(text: string): { readonly value: unknown } | undefined {
  if (!/^\s*[[{"]/.test(text)) return undefined;
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined; // some other text that starts with a bracket
  }
}

type Arrays = NonNullable<ReturnType<typeof readNpyArray>>;

function compareArrays(original: Arrays, rebuilt: Arrays): PartList {
  const parts = new PartList();
  if (original.header !== rebuilt.header) {
    parts.add({
      where: 'header',
      nature: 'structure',
      original: shown(original.header),
      rebuilt: shown(rebuilt.header),
    });
  }
  if (original.values.length !== rebuilt.values.length) return parts;
  const compared = compareNumbers(original.values, rebuilt.values, original.type);
  if (compared !== undefined) {
    const { nature, distance, firstAt } = compared;
    parts.add({ where: `values, first at [${firstAt}]`, nature, distance });
  }
  return parts;
}
