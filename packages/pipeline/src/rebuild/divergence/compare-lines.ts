// SPDX-License-Identifier: Apache-2.0
import { compareTexts } from './compare-texts.ts';
import { type MakingWindows, PartList, shown } from './divergence.ts';
import { isPermutation } from './number-distance.ts';

/** Two texts line by line: a LightGBM or R model, a YAML file, a report. */
export function compareLines(original: string, rebuilt: string, windows: MakingWindows): PartList {
  const parts = new PartList();
  const [before, after] = [original.split('\n'), rebuilt.split('\n')];
  if (isPermutation(before, after)) {
    const first = before.findIndex((line, at) => line !== after[at]);
    parts.add({
      where: `lines, first at line ${first + 1}`,
      nature: 'order',
      original: shown(before[first] ?? ''),
      rebuilt: shown(after[first] ?? ''),
    });
    return parts;
  }
  if (before.length !== after.length) {
    const lengths = { original: `${before.length} lines`, rebuilt: `${after.length} lines` };
    parts.add({ where: 'the file', nature: 'structure', ...lengths });
  }
  before.slice(0, after.length).forEach((line, at) => {
    const other = after[at] ?? '';
    if (line === other) return;
    if (line.trimEnd() === other.trimEnd()) {
      parts.add({ where: `line ${at + 1}, its end`, nature: 'encoding' });
      return;
    }
    parts.add(compareTexts(`line ${at + 1}`, { original: line, rebuilt: other }, windows));
  });
  return parts;
}
