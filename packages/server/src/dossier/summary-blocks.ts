// SPDX-License-Identifier: Apache-2.0
import type { FrameworkPack } from '@countersign/kernel';
import type { Block, Cell, DocumentSection } from './document.ts';
import { paragraph, plain, sectionLabel } from './document.ts';
import { evidenceName } from './evidence-names.ts';
import type { EvidenceSlot } from './evidence-slots.ts';

export interface CompiledSection {
  readonly section: DocumentSection;
  readonly slots: readonly EvidenceSlot[];
}

const PRESENT = ['met', 'carried'];
const OPEN = ['missing', 'stale', 'expired'];

/** What stands first in a document: how many items are there, which are not, and what the pack says of itself. */
export function summaryBlocks(
  sections: readonly CompiledSection[],
  pack: FrameworkPack,
): readonly Block[] {
  const slots = sections.flatMap(({ slots: own }) => own);
  const count = (statuses: readonly string[]) =>
    slots.filter(({ status }) => statuses.includes(status)).length;
  const open = count(OPEN);
  const later = slots.length - count(PRESENT) - open;
  return [
    paragraph(
      `The outline of this document asks for ${items(slots.length)}: ${are(count(PRESENT))} there, ${are(open)} ${open === 1 ? 'a gap' : 'gaps'}, and ${later === 1 ? '1 is' : `${later} are`} not due, waived or not applicable.`,
    ),
    gapTable(sections),
    ...pack.notes.map((note): Block => ({ kind: 'notice', tone: 'note', text: [plain(note)] })),
  ];
}

function items(count: number): string {
  return count === 1 ? '1 evidence item' : `${count} evidence items`;
}

function are(count: number): string {
  return `${count} ${count === 1 ? 'is' : 'are'}`;
}

function gapTable(sections: readonly CompiledSection[]): Block {
  const rows = sections.flatMap(({ section, slots }) =>
    slots
      .filter(({ status }) => !PRESENT.includes(status))
      .map((slot): readonly Cell[] => [
        { text: sectionLabel(section) },
        { text: evidenceName(slot.kind === undefined ? slot.id : `${slot.id}, ${slot.kind}`) },
        OPEN.includes(slot.status) ? { text: slot.status, style: 'strong' } : { text: slot.status },
        { text: clauseText(slot) },
      ]),
  );
  if (rows.length === 0) return paragraph('No item is missing.');
  return {
    kind: 'table',
    caption: 'Items that are not there, by section',
    columns: [
      { title: 'Section', align: 'right' },
      { title: 'Evidence', align: 'left' },
      { title: 'Status', align: 'left' },
      { title: 'Asked for by', align: 'left' },
    ],
    rows,
  };
}

function clauseText(slot: EvidenceSlot): string {
  if (slot.status === 'not applicable') return 'versions of another origin only';
  return slot.clauses.length === 0 ? 'the outline alone' : slot.clauses.join(', ');
}
