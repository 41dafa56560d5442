// SPDX-License-Identifier: Apache-2.0
import type { Block } from '../../document.ts';
import type { DossierRecord } from '../content.ts';

// More bars than this would outgrow a page; the table has them all.
const BARS_MAX = 20;

/** One bar an input, largest first; nothing where no value is a number. */
export function inputBars(
  items: readonly { readonly label: string; readonly value: number | undefined }[],
  about: { readonly axis: string; readonly caption: string; readonly record: DossierRecord },
): readonly Block[] {
  const known = items.flatMap(({ label, value }) =>
    value === undefined ? [] : [{ label, value }],
  );
  if (known.length === 0) return [];
  const sorted = known.sort((a, b) => b.value - a.value || (a.label < b.label ? -1 : 1));
  const note = sorted.length > BARS_MAX ? `, the ${BARS_MAX} largest of ${sorted.length}` : '';
  return [
    {
      kind: 'figure',
      chart: { kind: 'bars', axis: about.axis, items: sorted.slice(0, BARS_MAX) },
      caption: `${about.caption}${note}`,
      cite: about.record.digest,
    },
  ];
}
