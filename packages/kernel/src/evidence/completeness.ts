// SPDX-License-Identifier: Apache-2.0
import type { Tier } from '../gates/policy.ts';
import type { RecordSet } from '../records/record-set.ts';
import { type EvidenceId, REGISTER_EVIDENCE } from './evidence-ids.ts';
import {
  attachmentsFor,
  type EvidenceQuery,
  evidenceItems,
  isStale,
  type VersionContext,
} from './evidence-items.ts';
import { catalogueLacks } from './feature-catalogue.ts';
import { hazardReports } from './hazard-reports.ts';
import {
  bindsOn,
  concernsOrigin,
  type DueStage,
  dueOf,
  type FrameworkPack,
  isDueBy,
  levelOf,
  type Origin,
  type PackClause,
} from './pack.ts';

export type EvidenceStatus =
  | 'met'
  | 'carried'
  | 'stale'
  | 'expired'
  | 'missing'
  | 'waived'
  | 'not yet due'
  | 'not applicable';

export interface EvidenceResult {
  readonly id: string;
  readonly kind?: string;
  readonly due: DueStage;
  readonly status: EvidenceStatus;
  readonly records: readonly string[];
}

export interface ClauseResult {
  readonly clause: string;
  /** The worst status of the clause's items. */
  readonly status: EvidenceStatus;
  /** Whether a gap in this clause blocks at the model's tier. */
  readonly blocks: boolean;
  readonly evidence: readonly EvidenceResult[];
}

/** Worst first. */
const SEVERITY: readonly EvidenceStatus[] = [
  'missing',
  'expired',
  'stale',
  'waived',
  'met',
  'carried',
  'not yet due',
  'not applicable',
];

/** The worst of several statuses: a clause, or a section of a document, is as good as its worst item. */
export function worstStatus(statuses: readonly EvidenceStatus[]): EvidenceStatus | undefined {
  return SEVERITY.find((status) => statuses.includes(status));
}

export interface CompletenessQuery {
  readonly tier: Tier;
  readonly origin: Origin;
  /** The last due point that has been reached. */
  readonly reached: DueStage;
  readonly now: string;
  /** Evidence that a signed waiver does without, with the waiver's digest. It does not cover what is stale. */
  readonly waived?: ReadonlyMap<EvidenceId, string>;
  /** What was written about the version in production and stands for this one too, by its digest; for what is missing. */
  readonly carried?: ReadonlyMap<EvidenceId, string>;
}

/** Status of every clause of a pack for one version. Judges only what is due. */
export function completeness(
  set: RecordSet,
  context: VersionContext,
  pack: FrameworkPack,
  query: CompletenessQuery,
): readonly ClauseResult[] {
  return pack.clauses.map((clause) => clauseResult(set, context, clause, query));
}

function clauseResult(
  set: RecordSet,
  context: VersionContext,
  clause: PackClause,
  query: CompletenessQuery,
): ClauseResult {
  const applies = concernsOrigin(clause, query.origin);
  const binds = bindsOn(clause, query.now.slice(0, 'YYYY-MM-DD'.length));
  const evidence = clause.evidence.map((item) => {
    const due = dueOf(clause, item);
    const reached = binds && isDueBy(due, query.reached);
    const found =
      applies && concernsOrigin(item, query.origin)
        ? unlessWaived(
            unlessCarried(
              itemStatus(set, context, {
                query: item,
                now: query.now,
                reached,
                reachedStage: query.reached,
                origin: query.origin,
              }),
              query.carried?.get(item.id),
            ),
            query.waived?.get(item.id),
          )
        : NONE;
    const standing = binds ? found : unlessGap(found);
    return {
      id: item.id,
      due,
      ...standing,
      ...(item.kind === undefined ? {} : { kind: item.kind }),
    };
  });
  return {
    clause: clause.id,
    status: worstStatus(evidence.map(({ status }) => status)) ?? 'not applicable',
    blocks: levelOf(clause, query.tier) === 'block',
    evidence,
  };
}

/** Of a clause that does not bind yet: what is there is told, and what is lacking is nobody's fault. */
function unlessGap(found: Found): Found {
  const isGap = ['missing', 'expired', 'stale'].includes(found.status);
  return isGap ? { ...found, status: 'not yet due' } : found;
}

type Found = { readonly status: EvidenceStatus; readonly records: readonly string[] };
const NONE: Found = { status: 'not applicable', records: [] };

function itemStatus(
  set: RecordSet,
  context: VersionContext,
  at: {
    readonly query: EvidenceQuery;
    readonly now: string;
    readonly reached: boolean;
    readonly reachedStage: DueStage;
    readonly origin: Origin;
  },
): Found {
  const items = itemsFor(set, context, at.query, at.origin);
  const latest = items.at(-1);
  if (latest === undefined) {
    if (REGISTER_EVIDENCE.has(at.query.id))
      return { status: at.reached ? 'met' : 'not yet due', records: [] };
    return { status: at.reached ? 'missing' : 'not yet due', records: [] };
  }
  const records = items.map(({ digest }) => digest);
  const { subjectRef, content, scope } = latest.statement.predicate;
  if (isStale(subjectRef, context)) return { status: 'stale', records };
  // A catalogue that the platform found incomplete is no catalogue, whatever paper lies beside it.
  if (items.some((item) => catalogueLacks(item).length > 0)) {
    return { status: at.reached ? 'missing' : 'not yet due', records };
  }
  const risk = at.query.id === 'risk-file' ? riskStatus(set, context, at.reachedStage) : undefined;
  if (risk !== undefined) return { status: risk, records };
  if (typeof content.expires === 'string' && content.expires <= at.now) {
    return { status: 'expired', records };
  }
  const carried =
    scope !== 'version' && latest.loggedAt < context.registeredOn && context.version > 1;
  return { status: carried ? 'carried' : 'met', records };
}

/**
 * A file of hazards is stale once production showed a breach that it did not know of, and no file for production while a
 * control is not shown to work: before that there is nothing yet to show it by. Undefined where it stands as it is.
 */
function riskStatus(
  set: RecordSet,
  context: VersionContext,
  reached: DueStage,
): EvidenceStatus | undefined {
  const states = hazardReports(set, context).map(({ state }) => state);
  if (states.includes('reopened')) return 'stale';
  const isShown = states.every((state) => state === 'verified');
  return isShown || !isDueBy('production', reached) ? undefined : 'missing';
}

/**
 * An electronic signature is read from the approval that carries it, not signed again (frameworks.md, 13). Where no run
 * of ours made the version, what somebody vouches for stands in where nothing was recorded; it never hides a record.
 */
function itemsFor(set: RecordSet, context: VersionContext, query: EvidenceQuery, origin: Origin) {
  const asked: EvidenceQuery = query.id === 'e-signature' ? { id: 'approval-record' } : query;
  const items = evidenceItems(set, context, asked);
  return items.length > 0 || origin === 'built' ? items : attachmentsFor(set, context, query);
}

function unlessCarried(found: Found, record: string | undefined): Found {
  // What is there and falls short was measured of this version: nothing written about another stands for it.
  if (record === undefined || found.status !== 'missing' || found.records.length > 0) return found;
  return { status: 'carried', records: [record] };
}

function unlessWaived(found: Found, waiver: string | undefined): Found {
  if (waiver === undefined || !['missing', 'expired'].includes(found.status)) return found;
  return { status: 'waived', records: [...found.records, waiver] };
}

/** Clauses whose due evidence is not there and whose gap blocks. */
export function blockingGaps(results: readonly ClauseResult[]): readonly ClauseResult[] {
  return results.filter(
    ({ blocks, status }) => blocks && ['missing', 'stale', 'expired'].includes(status),
  );
}
