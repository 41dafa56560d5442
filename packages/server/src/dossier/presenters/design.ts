// SPDX-License-Identifier: Apache-2.0
import type { Block } from '../document.ts';
import { measuredCell } from '../shown-number.ts';
import {
  type DossierRecord,
  type Fields,
  fieldsOf,
  NUMBER,
  rowsOf,
  tableBlock,
  textOf,
} from './content.ts';

const LEVELS_MAX = 200;

/** Each constraint with what was found, and the coefficients that the artefact's graph shows. */
export function designBlocks(detail: Fields, record: DossierRecord): readonly Block[] {
  const constraints = rowsOf(detail.constraints);
  if (constraints.length === 0) return [];
  const { link, terms } = fieldsOf(detail.coefficients);
  return [
    ...tableBlock(
      ['Constraint', 'Reason', 'State', 'Found'],
      constraints.map((one) => [
        textOf(one.what),
        [textOf(one.why), textOf(one.clause)].filter((text) => text !== undefined).join(' — '),
        stateCell(textOf(one.state)),
        textOf(one.found),
      ]),
      { caption: 'Design constraints held against the artefact', cite: record.digest },
    ),
    ...tableBlock(
      ['Input', 'Level', { title: 'Coefficient', ...NUMBER }],
      rowsOf(terms)
        .slice(0, LEVELS_MAX)
        .map((term) => [
          textOf(term.input),
          textOf(term.level),
          measuredCell(textOf(term.value) ?? ''),
        ]),
      {
        caption: `Coefficients as the graph shows them, on the ${textOf(link) ?? 'score'} scale`,
        cite: record.digest,
      },
    ),
  ];
}

function stateCell(state: string | undefined) {
  const text = state ?? '';
  return text === 'violated' || text === 'not checkable'
    ? { text, style: 'strong' as const }
    : { text };
}
