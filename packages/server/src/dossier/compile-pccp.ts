// SPDX-License-Identifier: Apache-2.0
import {
  accountOf,
  type CountedRecord,
  comparisonRecord,
  ENVELOPE_KIND,
  type EvidenceId,
  MEASURE_METRICS,
  MEASURES,
  measurementsOf,
  PROTOCOL_PARTS,
  type RecordSet,
  recordsOfType,
  supersededDigests,
  type VersionContext,
  versionContext,
} from '@countersign/kernel';
import { ServerError } from '../errors.ts';
import { assembleDocument } from './assemble-document.ts';
import { type DocumentFacts, recordsInForce, versionRows } from './compile-document.ts';
import type { Block, Cell, DocumentModel, DocumentSection, GapBlock } from './document.ts';
import { citationsOf, paragraph, plain } from './document.ts';
import { evidenceName } from './evidence-names.ts';
import { evidenceSlots } from './evidence-slots.ts';
import {
  assessmentBlocks,
  authorisationBlocks,
  boundBlocks,
  criteriaBlocks,
  labellingBlocks,
  modificationBlocks,
  PROTOCOL_TITLES,
  type PrintedEnvelope,
  printedEnvelope,
  protocolBlocks,
  traceabilityBlocks,
} from './presenters/change-plan.ts';
import { type DossierRecord, shownTime, tableBlock } from './presenters/content.ts';
import { rebuildNotice } from './rebuild-notice.ts';
import { measuredCell } from './shown-number.ts';
import { slotBlocks } from './slot-blocks.ts';

export const PCCP = 'doc/fda-pccp';
/** Of the outline below; a change of it is another template. */
export const PCCP_TEMPLATE = 'fda-pccp@1.0.0';

export interface PccpInput {
  readonly set: RecordSet;
  /** The version that the plan is printed for. */
  readonly context: VersionContext;
  readonly facts: DocumentFacts;
  /** Digest; the newest envelope of the use unless given. */
  readonly envelope?: string | undefined;
}

/**
 * A predetermined change control plan compiled from an envelope and the records of its model: description of modifications,
 * modification protocol, impact assessment, in the order of the FDA's guidance "Marketing Submission Recommendations for a
 * Predetermined Change Control Plan" (final December 2024, reissued 18 August 2025), sections V to VII. What the envelope or the
 * model has no record of is printed as a gap.
 * @throws ServerError `document_unknown` where the use has no such envelope
 */
export function compilePccp(input: PccpInput): {
  readonly model: DocumentModel;
  /** The envelope that it is compiled from, by digest. */
  readonly envelope: string;
} {
  const { set, context, facts } = input;
  const printed = printedEnvelope(envelopeOf(input));
  const records = recordsInForce(set, context);
  const of = (...ids: readonly EvidenceId[]) => evidenceBlocks(input, records, ids);
  const parts: readonly (readonly [string, readonly Block[]])[] = [
    ['Device, version and intended use', of('intended-use', 'inventory-entry')],
    ['Description of modifications', [...modificationBlocks(printed), ...boundBlocks(printed)]],
    ['Modification protocol', protocolOf(printed, of)],
    ['Traceability', [...traceabilityBlocks(printed), ...shippedBlocks(set, context, printed)]],
    ['Impact assessment', [...assessmentBlocks(printed), ...of('risk-file')]],
    ['Labelling and transparency', [...labellingBlocks(printed), ...of('instructions-for-use')]],
    [
      'Authorisation status and version',
      [
        ...signatureBlocks(set, printed),
        ...authorisationBlocks(printed),
        ...of('regulatory-record'),
      ],
    ],
  ];
  const sections = parts.map(([title, blocks], index) =>
    sectionOf(set, { number: index + 1, title, blocks }),
  );
  const cited = new Set(citationsOf(sections.flatMap(({ blocks }) => blocks)));
  const model = assembleDocument({
    id: PCCP,
    title: 'Predetermined change control plan',
    subtitle: `${printed.envelope.title}: ${facts.modelName ?? context.model} for ${context.use}`,
    kicker: facts.firm,
    people: facts.people,
    shortTitle: `Predetermined change control plan · ${context.model}@${context.version}`,
    asOf: facts.asOf,
    demonstration: facts.demonstration,
    meta: [
      ...versionRows(context, facts),
      { label: 'Envelope', value: [plain(printed.record.digest, 'code')] },
      { label: 'Outline', value: [plain(PCCP_TEMPLATE)] },
    ],
    summary: [...rebuildNotice(records, context), ...summaryOf(sections)],
    sections,
    sources: set.records.filter(({ digest }) => cited.has(digest)),
  });
  return { model, envelope: printed.record.digest };
}

function envelopeOf({ set, context, envelope }: PccpInput): CountedRecord {
  const own = recordsOfType(set, 'change-plan').filter(
    ({ digest, statement: { predicate } }) =>
      predicate.kind === ENVELOPE_KIND &&
      predicate.subjectRef.workspace === context.workspace &&
      predicate.subjectRef.model === context.model &&
      predicate.subjectRef.use === context.use &&
      (envelope === undefined || digest === envelope),
  );
  const found = own.at(-1);
  if (found !== undefined) return found;
  const which = envelope === undefined ? 'no envelope' : `no envelope ${envelope.slice(0, 12)}`;
  throw new ServerError(
    'document_unknown',
    `${context.model} for ${context.use} has ${which}; a change control plan is compiled from one: see \`countersign envelope\``,
  );
}

function protocolOf(
  printed: PrintedEnvelope,
  of: (...ids: readonly EvidenceId[]) => readonly Block[],
): readonly Block[] {
  const beside = {
    data: () => of('dataset-datasheet'),
    retraining: () => of('model-spec'),
    evaluation: () => [...criteriaBlocks(printed), ...of('test-plan')],
    update: () => of('monitoring-plan'),
  };
  return PROTOCOL_PARTS.flatMap((part, index): readonly Block[] => [
    { kind: 'heading', level: 2, text: `3.${index + 1} ${PROTOCOL_TITLES[part]}` },
    ...protocolBlocks(printed, part),
    ...beside[part](),
  ]);
}

/** No pack asks here: what is there is printed, what is not is a gap of the outline. */
function evidenceBlocks(
  { context, facts }: PccpInput,
  records: readonly DossierRecord[],
  evidence: readonly EvidenceId[],
): readonly Block[] {
  const section = { number: 0, title: '', evidence };
  const slots = evidenceSlots({ section, records, results: [], context, origin: facts.origin });
  return slots.flatMap((slot) => slotBlocks(slot, context));
}

/** Versions that went into production inside the envelope, with what the platform measured of each. */
function shippedBlocks(
  set: RecordSet,
  context: VersionContext,
  { record }: PrintedEnvelope,
): readonly Block[] {
  const warrants = recordsOfType(set, 'deployment-record').filter(({ statement }) => {
    const { kind, content } = statement.predicate;
    const request = set.byDigest.get(String(content.changeRequest))?.statement.predicate;
    const isInside = request?.content.envelope === record.digest;
    return kind === 'promote' && content.environment === 'production' && isInside;
  });
  const shipped = tableBlock(
    ['Version', 'Into production', ...MEASURES.map((measure) => SHIPPED[measure]), 'Warrant'],
    warrants.map((warrant) => {
      const { version = 0 } = warrant.statement.predicate.subjectRef;
      return [
        String(version),
        shownTime(warrant.loggedAt),
        ...measuredShifts(set, { ...context, version }),
        { text: 'warrant', cite: warrant.digest },
      ];
    }),
    { caption: 'Versions shipped inside the envelope', cite: record.digest },
  );
  return shipped.length > 0
    ? shipped
    : [paragraph('No version has gone into production inside the envelope.')];
}

const SHIPPED = { scoreShift: 'Score shift', swapSet: 'Swap set', disparity: 'Disparity' } as const;

function measuredShifts(
  set: RecordSet,
  ref: Pick<VersionContext, 'workspace' | 'model' | 'use' | 'version'>,
): readonly Cell[] {
  const { workspace, model, use, version } = ref;
  const found = versionContext(set, { workspace, model, use, version });
  const comparison = found.ok ? newestComparison(set, found.context) : undefined;
  return MEASURES.map((measure) => {
    const figures = comparison === undefined ? [] : measurementsOf(comparison);
    const figure = figures.find(({ id }) => id === MEASURE_METRICS[measure]);
    if (figure === undefined || comparison === undefined) return { text: 'not measured' };
    return { ...measuredCell(figure.value), cite: comparison.digest };
  });
}

/** Of a version with the one that was in production before it: the record names which. */
function newestComparison(set: RecordSet, after: VersionContext): CountedRecord | undefined {
  const earlier = Array.from(
    { length: after.version - 1 },
    (_, index) => after.version - 1 - index,
  );
  for (const version of earlier) {
    const { workspace, model, use } = after;
    const before = versionContext(set, { workspace, model, use, version });
    const record = before.ok ? comparisonRecord({ set, before: before.context, after }) : undefined;
    if (record !== undefined) return record;
  }
  return undefined;
}

function signatureBlocks(set: RecordSet, { record }: PrintedEnvelope): readonly Block[] {
  const counted = set.byDigest.get(record.digest);
  const isReplaced = supersededDigests(set).has(record.digest);
  const signed = tableBlock(
    ['Account', 'Roles'],
    (counted?.signers ?? []).map((key) => [
      { text: accountOf(key), cite: record.digest },
      key.holder.kind === 'person' ? key.holder.roles.join(', ') : key.holder.kind,
    ]),
    { caption: 'Signed by', cite: record.digest },
  );
  if (!isReplaced) return signed;
  const text = [plain('A later envelope has replaced this one: it covers no further change.')];
  return [{ kind: 'notice', tone: 'stale', text }, ...signed];
}

/** What a section shows, by type of record, and what it lacks. */
function sectionOf(
  set: RecordSet,
  at: { readonly number: number; readonly title: string; readonly blocks: readonly Block[] },
): DocumentSection {
  const byType = new Map<string, string[]>();
  for (const digest of new Set(citationsOf(at.blocks))) {
    const type = set.byDigest.get(digest)?.statement.predicate.type;
    if (type !== undefined) byType.set(type, [...(byType.get(type) ?? []), digest]);
  }
  const shown = [...byType].map(([id, digests]) => ({ id, status: 'met' as const, digests }));
  const lacking = at.blocks.flatMap((block) =>
    block.kind === 'gap' ? [{ id: nameOf(block), status: block.status, digests: [] }] : [],
  );
  return { ...at, evidence: [...shown, ...lacking] };
}

function nameOf({ evidence, evidenceKind }: GapBlock): string {
  return evidenceKind === undefined ? evidence : `${evidence}, ${evidenceKind}`;
}

function summaryOf(sections: readonly DocumentSection[]): readonly Block[] {
  const gaps = sections.flatMap(({ number, blocks }) =>
    blocks.flatMap((block) => (block.kind === 'gap' ? [{ number, block }] : [])),
  );
  const what = gaps.length === 1 ? 'one part is a gap' : `${gaps.length} parts are gaps`;
  return [
    paragraph(
      `Compiled from one signed envelope and the records of its model; nothing is written for this document. ${gaps.length === 0 ? 'No part that its outline asks for is missing' : `Of what its outline asks for, ${what}`}.`,
    ),
    ...tableBlock(
      ['Section', 'Part', 'Asked for by'],
      gaps.map(({ number, block }) => [
        String(number),
        evidenceName(nameOf(block)),
        block.clauses.length === 0 ? 'the outline alone' : block.clauses.join(', '),
      ]),
      { caption: 'What is not there, by section' },
    ),
  ];
}
