// SPDX-License-Identifier: Apache-2.0
import type { Producer } from '../records/statement.ts';
import type { EvidenceId } from './evidence-ids.ts';
import type { CheckId, GateId } from './gate-ids.ts';

export const RISK_TIERS = ['high', 'medium', 'low'] as const;
export type RiskTier = (typeof RISK_TIERS)[number];

export const CLAUSE_LEVELS = ['block', 'warn'] as const;
export type ClauseLevel = (typeof CLAUSE_LEVELS)[number];

/** When an item must exist: at intake, before submission to staging, before a staging warrant,
 * before a production warrant, or thirty days after one. In order of time. */
export const DUE_STAGES = [
  'intake',
  'candidate',
  'staging',
  'production',
  'production+30d',
] as const;
export type DueStage = (typeof DUE_STAGES)[number];

export const CLAUSE_BASES = [
  'statute',
  'regulation',
  'guidance',
  'practice',
  'state-law',
  'eu-law',
  'contract',
  'standard',
] as const;
export type ClauseBasis = (typeof CLAUSE_BASES)[number];

export const ORIGINS = ['built', 'imported', 'external'] as const;
export type Origin = (typeof ORIGINS)[number];

/** One evidence item that a clause asks for; `kind` narrows it where one kind alone will do. */
export interface EvidenceDemand {
  readonly id: EvidenceId;
  readonly kind?: string;
  readonly due?: DueStage;
  /** Where the clause concerns every version and this item some of them alone. */
  readonly appliesIf?: Applicability;
}

/** Facts of a model version that decide whether a clause or section concerns it. */
export interface Applicability {
  readonly origin?: readonly Origin[];
}

/** One requirement of a framework, in our words, with what proves it and what enforces it. */
export interface PackClause {
  readonly id: string;
  readonly ref: string;
  readonly basis: ClauseBasis;
  readonly requirement: string;
  readonly evidence: readonly EvidenceDemand[];
  readonly producers: readonly Producer[];
  readonly enforcedBy: readonly (GateId | CheckId)[];
  readonly level: Readonly<Partial<Record<RiskTier, ClauseLevel>>>;
  readonly appliesIf?: Applicability;
  /** Calendar date, `YYYY-MM-DD`, from which the clause binds where that is later than its pack; nothing is due before. */
  readonly effectiveFrom?: string;
}

export interface PackSection {
  readonly number: number;
  /** What its readers call it where that is no count: `2a`, `3.1`. Printed in place of the number. */
  readonly label?: string;
  readonly title: string;
  readonly evidence: readonly EvidenceId[];
  readonly appliesIf?: Applicability;
}

/** A document that the framework's readers ask for: its outline, as data. */
export interface PackDocument {
  readonly id: string;
  readonly title: string;
  readonly audience: string;
  readonly due: GateId;
  readonly sections: readonly PackSection[];
}

/** A regulation as versioned, dated data. Source of the shape: the catalogue, section 1.4. */
export interface FrameworkPack {
  readonly id: string;
  readonly version: string;
  readonly title: string;
  readonly authority: string;
  readonly force: string;
  /** Calendar dates, `YYYY-MM-DD`; null: still in force. */
  readonly effectiveFrom: string;
  readonly effectiveTo: string | null;
  readonly supersedes: readonly string[];
  readonly appliesIf: {
    readonly jurisdiction?: readonly string[];
    readonly sector?: readonly string[];
    readonly excludes?: readonly string[];
  };
  /** What a reader must know about the pack itself, printed in every document made from it. */
  readonly notes: readonly string[];
  readonly clauses: readonly PackClause[];
  readonly documents: readonly PackDocument[];
  readonly retention: readonly string[];
}

const DUE_BY_GATE: Readonly<Record<GateId, DueStage>> = {
  'gate/intake': 'intake',
  'gate/data': 'candidate',
  'gate/train': 'candidate',
  'gate/candidate': 'candidate',
  'gate/validation': 'staging',
  'gate/approval': 'production',
  'gate/deploy': 'production',
  'gate/change': 'production+30d',
  'gate/serve': 'production+30d',
  'gate/review': 'production+30d',
  'gate/retire': 'production+30d',
};

/**
 * When a clause wants an item: the item's own `due`, else what the clause's first gate implies;
 * a periodic review has nothing to look at before use, so it is never due earlier by implication.
 * Source: the requirement catalogue, section 1.4.
 */
export function dueOf(clause: Pick<PackClause, 'enforcedBy'>, evidence: EvidenceDemand): DueStage {
  if (evidence.due !== undefined) return evidence.due;
  if (evidence.id === 'periodic-review') return 'production+30d';
  const gate = clause.enforcedBy.find((id): id is GateId => id.startsWith('gate/'));
  return gate === undefined ? 'production+30d' : DUE_BY_GATE[gate];
}

/** True when an item due at `due` must already exist at `stage`. */
export function isDueBy(due: DueStage, stage: DueStage): boolean {
  return DUE_STAGES.indexOf(due) <= DUE_STAGES.indexOf(stage);
}

/** What failing the clause means at a tier; a tier the pack does not name blocks. */
export function levelOf(clause: Pick<PackClause, 'level'>, tier: RiskTier): ClauseLevel {
  return clause.level[tier] ?? 'block';
}

/** True when the clause or section concerns a version of this origin. */
export function concernsOrigin(
  item: { readonly appliesIf?: Applicability },
  origin: Origin,
): boolean {
  const origins = item.appliesIf?.origin;
  return origins === undefined || origins.includes(origin);
}

/** True when the clause binds on a calendar date (`YYYY-MM-DD`). */
export function bindsOn(clause: Pick<PackClause, 'effectiveFrom'>, date: string): boolean {
  return clause.effectiveFrom === undefined || clause.effectiveFrom <= date;
}

/** True when a pack is in force on a calendar date (`YYYY-MM-DD`); the last day is included. */
export function inForceOn(
  pack: Pick<FrameworkPack, 'effectiveFrom' | 'effectiveTo'>,
  date: string,
): boolean {
  return pack.effectiveFrom <= date && (pack.effectiveTo === null || date <= pack.effectiveTo);
}
