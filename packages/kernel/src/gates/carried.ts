// SPDX-License-Identifier: Apache-2.0
import type { EvidenceId } from '../evidence/evidence-ids.ts';
import { evidenceItems, isStale, supersededDigests } from '../evidence/evidence-items.ts';
import type { CountedRecord, RecordSet } from '../records/record-set.ts';
import type { Baseline } from './materiality.ts';
import type { Materiality, MaterialityRules } from './materiality-rules.ts';

/** What a person wrote about an earlier version and what speaks for this one too, since little lies between. */
export interface CarriedItem {
  readonly evidence: EvidenceId;
  readonly record: string;
  /** The version that it was written about. */
  readonly version: number;
}

export interface CarryQuestion {
  readonly set: RecordSet;
  readonly rules: MaterialityRules | undefined;
  /** As the kernel computed it. */
  readonly materiality: Materiality | undefined;
  readonly baseline: Baseline | undefined;
  readonly now: string;
  /** What a production warrant's own gates carried when they were judged: the link before. */
  readonly carriedBy: (warrant: CountedRecord) => readonly CarriedItem[];
}

/**
 * The papers about the version in production that a policy lets stand for a change of this size. Where the version in
 * production has none of its own, what its own gates carried goes on, link by link; a chain breaks where a version came into
 * use without, such as a provisional one.
 */
export function carriedItems(question: CarryQuestion): readonly CarriedItem[] {
  const { rules, materiality, baseline } = question;
  if (baseline === undefined || materiality === undefined || materiality === 'material') return [];
  return (rules?.carries?.[materiality] ?? []).flatMap((id) => carried(question, baseline, id));
}

function carried(
  { set, now, carriedBy }: CarryQuestion,
  { warrant, context }: Baseline,
  evidence: EvidenceId,
): readonly CarriedItem[] {
  const { version } = context;
  const own = evidenceItems(set, context, { id: evidence });
  // Of papers the newest is in force; each exception stands for itself.
  const offered = evidence === 'exception-record' ? own.filter(isException) : own.slice(-1);
  const items = offered
    .filter((record) => !isStale(record.statement.predicate.subjectRef, context))
    .map(({ digest }) => ({ evidence, record: digest, version }));
  const before =
    own.length > 0 && evidence !== 'exception-record'
      ? []
      : carriedBy(warrant).filter((one) => one.evidence === evidence);
  return [...items, ...before].filter((one) => isInForce(set, one, now));
}

/** Waivers and provisional uses stand in for what is not there: they are of one version and go no further. */
function isException({ statement }: CountedRecord): boolean {
  return !['waiver', 'provisional'].includes(statement.predicate.kind ?? '');
}

/** A paper that was replaced since, or has run out, carries no further. */
function isInForce(set: RecordSet, item: CarriedItem, now: string): boolean {
  const record = set.byDigest.get(item.record);
  if (record === undefined || supersededDigests(set).has(item.record)) return false;
  const { content } = record.statement.predicate;
  return typeof content.expires !== 'string' || content.expires > now;
}
