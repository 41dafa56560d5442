// SPDX-License-Identifier: Apache-2.0
import {
  type ClauseResult,
  catalogueLacks,
  concernsOrigin,
  DUE_STAGES,
  type DueStage,
  type EvidenceId,
  type EvidenceStatus,
  isStale,
  type Origin,
  type PackSection,
  REGISTER_EVIDENCE,
  type VersionContext,
  worstStatus,
} from '@countersign/kernel';
import type { DossierRecord } from './presenters/content.ts';

/** One evidence item of a section, of one kind where clauses ask for a kind, and how it stands. */
export interface EvidenceSlot {
  readonly id: EvidenceId;
  readonly kind?: string;
  readonly status: EvidenceStatus;
  /** Clauses that ask for it; empty when only the document's outline does. */
  readonly clauses: readonly string[];
  /** Earliest due point over those clauses. */
  readonly due?: DueStage;
  readonly records: readonly DossierRecord[];
}

export interface SlotInput {
  readonly section: PackSection;
  readonly records: readonly DossierRecord[];
  readonly results: readonly ClauseResult[];
  readonly context: VersionContext;
  readonly origin: Origin;
}

/**
 * How each evidence item of a section stands: by the clauses that ask for it, or, where none does, by
 * whether a record is there.
 */
export function evidenceSlots(input: SlotInput): readonly EvidenceSlot[] {
  return input.section.evidence.flatMap((id) => slotsOf(id, input));
}

function slotsOf(id: EvidenceId, input: SlotInput): readonly EvidenceSlot[] {
  const records = input.records.filter((record) => isOf(record, id, input.origin));
  if (!concernsOrigin(input.section, input.origin)) {
    return [{ id, status: 'not applicable', clauses: [], records }];
  }
  const demands = input.results.flatMap((result) =>
    result.evidence
      .filter((item) => item.id === id && item.status !== 'not applicable')
      .map((item) => ({ ...item, clause: result.clause })),
  );
  // A demand for any kind is met by the records of a demanded kind too, so it needs no slot beside it.
  const kinds = [...new Set(demands.map(({ kind }) => kind))].filter(
    (kind, _, all) => kind !== undefined || all.length === 1,
  );
  if (kinds.length === 0) return [outlineSlot(id, records, input.context)];
  const slots = kinds.map((kind): EvidenceSlot => {
    const asked = demands.filter((demand) => demand.kind === kind || demand.kind === undefined);
    const own = records.filter((record) => kind === undefined || kindOf(record) === kind);
    const due = DUE_STAGES.find((stage) => asked.some((demand) => demand.due === stage));
    return {
      id,
      status: worstStatus(asked.map(({ status }) => status)) ?? 'missing',
      clauses: [...new Set(asked.map(({ clause }) => clause))],
      records: own,
      ...(kind !== undefined && { kind }),
      ...(due !== undefined && { due }),
    };
  });
  const shown = new Set(slots.flatMap((slot) => slot.records));
  const further = records.filter((record) => !shown.has(record));
  return further.length === 0
    ? slots
    : [...slots, { ...outlineSlot(id, further, input.context), clauses: [] }];
}

/** What was written on a request is printed with it. A file that somebody vouches for stands under its evidence id where no run of ours made the version. */
function isOf(
  { statement: { predicate } }: DossierRecord,
  id: EvidenceId,
  origin: Origin,
): boolean {
  if (predicate.type === id) return true;
  if (id === 'change-record' && predicate.type === 'change-remark') return true;
  const isAttached = predicate.type === 'evidence-attachment' && predicate.content.evidence === id;
  return isAttached && origin !== 'built';
}

function kindOf({ statement: { predicate } }: DossierRecord): unknown {
  return predicate.type === 'evidence-attachment' ? predicate.content.kind : predicate.kind;
}

// No clause of the pack asks for it, so completeness says nothing: the record's own state is told.
function outlineSlot(
  id: EvidenceId,
  records: readonly DossierRecord[],
  context: VersionContext,
): EvidenceSlot {
  const latest = records.at(-1);
  const isIncomplete = records.some((record) => catalogueLacks(record).length > 0);
  const own = latest === undefined ? emptyStatus(id) : recordStatus(latest, context);
  const status = isIncomplete ? 'missing' : own;
  return { id, status, clauses: [], records };
}

function emptyStatus(id: EvidenceId): EvidenceStatus {
  return REGISTER_EVIDENCE.has(id) ? 'met' : 'missing';
}

function recordStatus(record: DossierRecord, context: VersionContext): EvidenceStatus {
  const { subjectRef, scope } = record.statement.predicate;
  if (isStale(subjectRef, context)) return 'stale';
  const older = record.loggedAt < context.registeredOn;
  return scope !== 'version' && older && context.version > 1 ? 'carried' : 'met';
}
