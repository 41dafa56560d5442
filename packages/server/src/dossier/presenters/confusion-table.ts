// SPDX-License-Identifier: Apache-2.0
import type { Block } from '../document.ts';
import { measuredCell } from '../shown-number.ts';
import {
  type DossierRecord,
  type Fields,
  fieldsOf,
  NUMBER,
  tableBlock,
  textOf,
} from './content.ts';

/** Rows by what was predicted at the cutoff and what occurred; nothing where the detail has no counts. */
export function confusionTable(detail: Fields, record: DossierRecord): readonly Block[] {
  const counts = fieldsOf(detail.confusion);
  if (Object.keys(counts).length === 0) return [];
  const cutoff = fieldsOf(detail.cutoff);
  const at = textOf(cutoff.cutoff) ?? textOf(detail.cutoff);
  const count = (key: string) => measuredCell(textOf(counts[key]) ?? '');
  return tableBlock(
    [
      'Outcome',
      { title: 'Predicted adverse', ...NUMBER },
      { title: 'Predicted favourable', ...NUMBER },
    ],
    [
      ['Event occurred', count('truePositives'), count('falseNegatives')],
      ['No event', count('falsePositives'), count('trueNegatives')],
    ],
    {
      caption: `Confusion at the cutoff${at === undefined ? '' : ` ${at}`}`,
      cite: record.digest,
    },
  );
}
