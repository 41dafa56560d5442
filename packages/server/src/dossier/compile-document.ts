// SPDX-License-Identifier: Apache-2.0
import {
  appliesTo,
  type ClauseResult,
  type Origin,
  type PackDocument,
  type PackSection,
  type RecordSet,
  supersededDigests,
  type Tier,
  type VersionContext,
} from '@countersign/kernel';
import { ServerError } from '../errors.ts';
import { assembleDocument } from './assemble-document.ts';
import type { Block, DocumentModel, DocumentSection, Inline } from './document.ts';
import { plain } from './document.ts';
import { type EvidenceSlot, evidenceSlots } from './evidence-slots.ts';
import type { LoadedPack } from './load-pack.ts';
import type { DossierRecord } from './presenters/content.ts';
import { contentOf, shownTime } from './presenters/content.ts';
import { rebuildNotice } from './rebuild-notice.ts';
import { slotBlocks } from './slot-blocks.ts';
import { summaryBlocks } from './summary-blocks.ts';

/** Everything a document is a function of. */
export interface DocumentInput {
  readonly pack: LoadedPack;
  /** As the pack names it: `doc/model-development`. */
  readonly document: string;
  /** Records in force for the version, in log order: see `recordsInForce`. */
  readonly records: readonly DossierRecord[];
  /** Completeness of the pack for the version, at the point that `facts.asOf` names. */
  readonly results: readonly ClauseResult[];
  readonly context: VersionContext;
  readonly facts: DocumentFacts;
}

export interface DocumentFacts {
  readonly firm: string;
  readonly tier: Tier;
  readonly origin: Origin;
  readonly enforcementGrade: 'enforced' | 'checked' | 'attested';
  /** What the grade does not cover. */
  readonly enforcementCaveat?: string | undefined;
  readonly demonstration: boolean;
  /** ISO UTC; the date printed everywhere. */
  readonly asOf: string;
  /** Position in the log that was read up to. */
  readonly asOfIndex: number;
  /** What the inventory calls the model; its id alone without it. */
  readonly modelName?: string | undefined;
  /** Printed names by account. */
  readonly people?: ReadonlyMap<string, string> | undefined;
}

/** Records that are about a version and superseded by nothing, in log order. */
export function recordsInForce(set: RecordSet, context: VersionContext): readonly DossierRecord[] {
  const superseded = supersededDigests(set);
  return set.records.filter(
    (record) => appliesTo(record, context) && !superseded.has(record.digest),
  );
}

/**
 * Compiles a document of a pack from records alone: the same input gives the same model. Evidence that
 * is not there is printed as a gap that names the clauses asking for it.
 * @throws ServerError `document_unknown` when the pack has no such outline
 */
export function compileDocument(input: DocumentInput): DocumentModel {
  const outline = outlineOf(input);
  const { context, facts } = input;
  const printed = recordsFor(outline, input.records);
  const compiled = outline.sections.map((section) => {
    const slots = evidenceSlots({
      section,
      records: printed,
      results: input.results,
      context,
      origin: facts.origin,
    });
    return { slots, section: sectionOf(section, slots, context) };
  });
  const used = new Set(compiled.flatMap((part) => part.slots.flatMap((slot) => slot.records)));
  return assembleDocument({
    id: outline.id,
    title: outline.title,
    subtitle: versionTitle(context, facts),
    kicker: facts.firm,
    shortTitle: `${outline.title} · ${context.model}@${context.version}`,
    asOf: facts.asOf,
    demonstration: facts.demonstration,
    meta: metaRows(input),
    summary: [
      ...rebuildNotice(input.records, context),
      ...summaryBlocks(compiled, input.pack.pack),
    ],
    sections: compiled.map(({ section }) => section),
    sources: input.records.filter((record) => used.has(record)),
    people: facts.people,
  });
}

function outlineOf({ pack, document }: DocumentInput): PackDocument {
  const found = pack.pack.documents.find(({ id }) => id === document);
  if (found !== undefined) return found;
  const known = pack.pack.documents.map(({ id }) => id).join(', ');
  throw new ServerError(
    'document_unknown',
    `pack \`${pack.pack.id}\` has no document \`${document}\`; it has ${known}`,
    { details: { pack: pack.pack.id, document } },
  );
}

/** Phases of measurement that a document does not print: a developer's document is not the validator's. */
const PHASES_LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  'doc/model-development': ['validation', 'monitoring'],
};

function recordsFor(
  outline: PackDocument,
  records: readonly DossierRecord[],
): readonly DossierRecord[] {
  return records.filter((record) => isPrintedIn(outline.id, record));
}

/** Whether a record can stand in a document at all, whatever sections it has. */
export function isPrintedIn(document: string, record: DossierRecord): boolean {
  const { phase } = contentOf(record);
  return typeof phase !== 'string' || !(PHASES_LEFT_OUT[document] ?? []).includes(phase);
}

function sectionOf(
  { number, label, title }: PackSection,
  slots: readonly EvidenceSlot[],
  context: VersionContext,
): DocumentSection {
  const blocks: readonly Block[] = slots.flatMap((slot) => slotBlocks(slot, context));
  const evidence = slots.map((slot) => ({
    id: slot.kind === undefined ? slot.id : `${slot.id}, ${slot.kind}`,
    status: slot.status,
    digests: slot.records.map(({ digest }) => digest),
  }));
  return { number, ...(label !== undefined && { label }), title, evidence, blocks };
}

function gradeText({ enforcementGrade, enforcementCaveat }: DocumentInput['facts']): string {
  return enforcementCaveat === undefined
    ? enforcementGrade
    : `${enforcementGrade}; ${enforcementCaveat}`;
}

/** A version as people call it: `Consumer credit score, version 1, for underwriting`. */
export function versionTitle(context: VersionContext, { modelName }: DocumentFacts): string {
  return `${modelName ?? context.model}, version ${context.version}, for ${context.use}`;
}

function metaRows(input: DocumentInput): DocumentModel['meta'] {
  const { pack, context, facts } = input;
  const { pack: framework } = pack;
  return [
    ...versionRows(context, facts),
    metaRow('Framework', plain(`${framework.title} (pack ${framework.id} ${framework.version})`)),
    metaRow('Digest of the pack', plain(pack.digest, 'code')),
    metaRow('Document', plain(`${input.document}, by that pack’s outline`)),
  ];
}

const metaRow = (label: string, ...value: readonly Inline[]) => ({ label, value });

function modelText({ model }: VersionContext, { modelName }: DocumentFacts): string {
  return modelName === undefined ? model : `${modelName} (${model})`;
}

/** What every document says of its version first. */
export function versionRows(context: VersionContext, facts: DocumentFacts): DocumentModel['meta'] {
  return [
    metaRow('Firm', plain(facts.firm)),
    metaRow('Model', plain(modelText(context, facts))),
    metaRow('Version', plain(`${context.version} (${facts.origin})`)),
    metaRow('Use', plain(context.use)),
    metaRow('Artefact (SHA-256 of manifest)', plain(context.artifactDigest, 'code')),
    metaRow('Risk tier', plain(facts.tier)),
    metaRow('Enforcement grade', plain(gradeText(facts))),
    metaRow('Workspace', plain(context.workspace)),
    metaRow('As of', plain(`${shownTime(facts.asOf)}, log position ${facts.asOfIndex}`)),
  ];
}
