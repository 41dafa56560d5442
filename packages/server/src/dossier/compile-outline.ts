// SPDX-License-Identifier: Apache-2.0
import type { PackSection, VersionContext } from '@countersign/kernel';
import { assembleDocument } from './assemble-document.ts';
import { type DocumentFacts, versionRows, versionTitle } from './compile-document.ts';
import type { Block, DocumentModel } from './document.ts';
import { evidenceSlots } from './evidence-slots.ts';
import type { DossierRecord } from './presenters/content.ts';
import { slotBlocks } from './slot-blocks.ts';

/** A document of our own outline, which no framework pack asks for. */
export interface Outline {
  readonly id: string;
  readonly title: string;
  readonly sections: readonly Pick<PackSection, 'title' | 'evidence'>[];
}

export interface OutlineInput {
  readonly outline: Outline;
  /** Records in force for the version, in log order. */
  readonly records: readonly DossierRecord[];
  readonly context: VersionContext;
  readonly facts: DocumentFacts;
  /** What a reader should see first. */
  readonly summary: readonly Block[];
}

/** Compiles it section by section from records alone; evidence that is not there is printed as a gap. Pure. */
export function compileOutline(input: OutlineInput): DocumentModel {
  const { outline, records, context, facts } = input;
  const compiled = outline.sections.map(({ title, evidence }, index) => {
    const section = { number: index + 1, title, evidence };
    const slots = evidenceSlots({ section, records, results: [], context, origin: facts.origin });
    return { section, slots };
  });
  const used = new Set(compiled.flatMap(({ slots }) => slots.flatMap((slot) => slot.records)));
  return assembleDocument({
    id: outline.id,
    title: outline.title,
    subtitle: versionTitle(context, facts),
    kicker: facts.firm,
    shortTitle: `${outline.title} · ${context.model}@${context.version}`,
    asOf: facts.asOf,
    demonstration: facts.demonstration,
    meta: versionRows(context, facts),
    summary: input.summary,
    sections: compiled.map(({ section, slots }) => ({
      number: section.number,
      title: section.title,
      evidence: slots.map(({ id, status, records: own }) => ({
        id,
        status,
        digests: own.map(({ digest }) => digest),
      })),
      blocks: slots.flatMap((slot) => slotBlocks(slot, context)),
    })),
    sources: records.filter((record) => used.has(record)),
    people: facts.people,
  });
}
