// SPDX-License-Identifier: Apache-2.0
import type { DueStage, EvidenceStatus, VersionContext } from '@countersign/kernel';
import type { Block } from './document.ts';
import { cite, paragraph, plain } from './document.ts';
import { evidenceName } from './evidence-names.ts';
import type { EvidenceSlot } from './evidence-slots.ts';
import { textOf } from './presenters/content.ts';
import { presentEvidence } from './presenters/registry.ts';

/** The printed part of one evidence item: its heading, its records or its gap. */
export function slotBlocks(slot: EvidenceSlot, context: VersionContext): readonly Block[] {
  const kind = slot.kind === undefined ? '' : `: ${slot.kind}`;
  const heading: Block = { kind: 'heading', level: 2, text: `${evidenceName(slot.id)}${kind}` };
  return [heading, ...markBlocks(slot, context), ...bodyBlocks(slot, context)];
}

function bodyBlocks(slot: EvidenceSlot, context: VersionContext): readonly Block[] {
  if (slot.records.length > 0) return presentEvidence(slot.id, slot.records);
  if (slot.status === 'met') {
    return [paragraph('The register holds no entry for this version.')];
  }
  return [
    {
      kind: 'gap',
      evidence: slot.id,
      status: slot.status,
      clauses: slot.clauses,
      why: whyText(slot, context),
      ...(slot.kind !== undefined && { evidenceKind: slot.kind }),
    },
  ];
}

// What is printed although it no longer holds says so before it is read.
function markBlocks(slot: EvidenceSlot, context: VersionContext): readonly Block[] {
  const latest = slot.records.at(-1);
  if (latest === undefined) return [];
  if (slot.status === 'stale') {
    const text = [
      plain('What this record is about has changed since it was signed: '),
      cite(latest.digest),
      plain(' names other artefact bytes than this version has.'),
    ];
    return [{ kind: 'notice', tone: 'stale', text }];
  }
  const { scope, subjectRef } = latest.statement.predicate;
  const isCarried = scope === 'version' && subjectRef.version !== context.version;
  if (slot.status === 'carried' && isCarried) {
    const text = [
      plain(
        `Written about version ${subjectRef.version ?? 0}; it stands for this one by the promotion policy: `,
      ),
      cite(latest.digest),
    ];
    return [{ kind: 'notice', tone: 'note', text }];
  }
  if (slot.status === 'expired') {
    const until = textOf(latest.statement.predicate.content.expires) ?? 'a date that has passed';
    return [
      {
        kind: 'notice',
        tone: 'stale',
        text: [plain(`This record was valid until ${until}: `), cite(latest.digest)],
      },
    ];
  }
  return [];
}

const DUE_TEXT: Readonly<Record<DueStage, string>> = {
  intake: 'at intake',
  candidate: 'at submission to staging',
  staging: 'before a staging warrant',
  production: 'before a production warrant',
  'production+30d': 'thirty days after a production warrant',
};

function whyText(slot: EvidenceSlot, context: VersionContext): string {
  const due = slot.due === undefined ? '' : ` Due ${DUE_TEXT[slot.due]}.`;
  const texts: Readonly<Partial<Record<EvidenceStatus, string>>> = {
    'not yet due': `No record yet.${due}`,
    'not applicable': 'Asked of versions of another origin than this one.',
    waived: 'Waived by a signed exception.',
  };
  const missing = `No record of this evidence is bound to version ${context.version} or carried forward to it.${due}`;
  return texts[slot.status] ?? missing;
}
