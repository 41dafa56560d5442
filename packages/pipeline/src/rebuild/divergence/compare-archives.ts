// SPDX-License-Identifier: Apache-2.0
import { areTimes } from './compare-texts.ts';
import { type FileDivergence, type MakingWindows, PartList, shown } from './divergence.ts';
import { isPermutation } from './number-distance.ts';
import type { ZippedFile } from './read-zip.ts';

export type CompareEntry = (pair: {
  readonly name: string;
  readonly original: Uint8Array;
  readonly rebuilt: Uint8Array;
}) => Promise<Pick<FileDivergence, 'parts' | 'natures' | 'partsOmitted'>>;

/** Two zips (npz, PyTorch, Keras, jar) by their entries: which, in what order, with what times, and what is in them. */
export async function compareArchives(
  original: readonly ZippedFile[],
  rebuilt: readonly ZippedFile[],
  at: { readonly windows: MakingWindows; readonly compareEntry: CompareEntry },
): Promise<PartList> {
  const parts = new PartList();
  const [before, after] = [original, rebuilt].map((files) => files.map(({ name }) => name));
  if (before === undefined || after === undefined) return parts;
  if (before.join('\0') !== after.join('\0')) {
    const nature = isPermutation(before, after) ? 'order' : 'structure';
    parts.add({
      where: 'entries',
      nature,
      original: shown(before.join(', ')),
      rebuilt: shown(after.join(', ')),
    });
  }
  const others = new Map(rebuilt.map((file) => [file.name, file]));
  for (const file of original) {
    const other = others.get(file.name);
    if (other === undefined) continue;
    compareHeaders(parts, { file, other, windows: at.windows });
    if (Buffer.compare(file.content, other.content) === 0) continue;
    const found = await at.compareEntry({
      name: file.name,
      original: file.content,
      rebuilt: other.content,
    });
    parts.addAll(`${shown(file.name)}: `, found);
  }
  return parts;
}

function compareHeaders(
  parts: PartList,
  {
    file,
    other,
    windows,
  }: { readonly file: ZippedFile; readonly other: ZippedFile; readonly windows: MakingWindows },
): void {
  const where = `entry \`${shown(file.name)}\``;
  const pair = { original: file.modified, rebuilt: other.modified };
  if (pair.original !== pair.rebuilt) {
    const nature = areTimes(pair, windows) ? 'times' : 'metadata';
    parts.add({ where: `${where}, time of change`, nature, ...pair });
  }
  if (file.method !== other.method) {
    parts.add({
      where: `${where}, compression`,
      nature: 'encoding',
      original: `method ${file.method}`,
      rebuilt: `method ${other.method}`,
    });
  }
}
