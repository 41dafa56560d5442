// SPDX-License-Identifier: Apache-2.0
import {
  bindsOn,
  blockingGaps,
  type ClauseResult,
  completeness,
  DUE_STAGES,
  type DueStage,
  dutiesOf,
  type EvidenceId,
  type EvidenceResult,
  originOfVersion,
  type PackClause,
  packsInScope,
  type RecordSet,
  readPolicy,
  readTier,
  type Tier,
  type VersionContext,
  versionContext,
  versionStage,
  waivedEvidence,
} from '@countersign/kernel';
import { ServerError } from '../errors.ts';
import { carriedEvidence } from './carried-evidence.ts';
import { type EvidenceTold, evidenceTold } from './evidence-told.ts';
import { type NewlyAsked, newlyAsked } from './newly-asked.ts';
import { packsInForce, policyDocuments } from './packs.ts';
import type { Stage, VersionRef } from './stage.ts';

export interface EvidenceStatusReport extends NewlyAsked {
  readonly framework: string;
  readonly packVersion: string;
  readonly pack: string;
  readonly inScope: boolean;
  readonly tier: Tier;
  readonly reached: DueStage;
  readonly clauses: readonly (Omit<ClauseResult, 'evidence'> & {
    readonly ref: string;
    readonly requirement: string;
    /** Calendar date, where the clause does not bind yet. */
    readonly bindsFrom?: string;
    readonly evidence: readonly (EvidenceResult & EvidenceTold)[];
  })[];
  readonly blocking: number;
}

/** How far a version has come, as due points of evidence count it. */
const REACHED: { readonly [stage in Stage]: DueStage } = {
  proposed: 'intake',
  development: 'candidate',
  staging: 'staging',
  production: 'production',
  suspended: 'production',
  retired: 'production',
};

/** The last due point that a version in a stage has reached. */
export function reachedAt(stage: Stage): DueStage {
  return REACHED[stage];
}

/**
 * Evidence completeness of a version under the packs in scope, clause by clause, with the statuses of design.md,
 * section 2. Pure: `set` may be one as of an earlier log position.
 * @throws ServerError `version_unknown`, `pack_unknown`
 */
export function evidenceStatus(
  set: RecordSet,
  ref: VersionRef,
  question: {
    readonly now: string;
    readonly framework?: string | undefined;
    /** Judge what is due by then; the version's own stage without it. */
    readonly reached?: DueStage | undefined;
  },
): readonly EvidenceStatusReport[] {
  const found = versionContext(set, ref);
  if (!found.ok) {
    throw new ServerError('version_unknown', found.reason, { details: { version: ref.version } });
  }
  const scoped = new Set(packsInScope(set, found.context).map(({ pack }) => pack.id));
  const packs = packsInForce(set).filter(({ pack }) =>
    question.framework === undefined ? scoped.has(pack.id) : pack.id === question.framework,
  );
  if (question.framework !== undefined && packs.length === 0) {
    throw new ServerError(
      'pack_unknown',
      `no framework pack \`${question.framework}\` is in force`,
    );
  }
  // Until model risk has signed a tier, everything is asked for as at high tier.
  const tier = readTier(set, found.context)?.tier ?? 'high';
  const waived = waivedNow(set, found.context, question.now);
  const carried = carriedEvidence(set, found.context, question.now);
  const reached =
    question.reached ?? reachedAt(versionStage(set, ref, { now: question.now }) ?? 'development');
  return packs.map(({ pack, digest }) => {
    const results = completeness(set, found.context, pack, {
      tier,
      origin: originOfVersion(set, found.context),
      reached,
      now: question.now,
      waived,
      carried,
    });
    const clauses = new Map(pack.clauses.map((clause) => [clause.id, clause]));
    return {
      framework: pack.id,
      packVersion: pack.version,
      pack: digest,
      inScope: scoped.has(pack.id),
      tier,
      reached,
      clauses: results.map((result) => ({
        ...result,
        evidence: result.evidence.map((item) => ({
          ...item,
          ...evidenceTold(set, found.context, item),
        })),
        ref: clauses.get(result.clause)?.ref ?? '',
        requirement: clauses.get(result.clause)?.requirement ?? '',
        ...bindsFrom(clauses.get(result.clause), question.now),
      })),
      blocking: blockingGaps(results).length,
      ...newlyAsked(set, { digest, pack }),
    };
  });
}

function bindsFrom(clause: PackClause | undefined, now: string): { readonly bindsFrom?: string } {
  const from = clause?.effectiveFrom;
  if (from === undefined || bindsOn({ effectiveFrom: from }, now.slice(0, from.length))) return {};
  return { bindsFrom: from };
}

/** What signed waivers do without under the newest policy; nothing while there is no policy or no tier. */
export function waivedNow(set: RecordSet, context: VersionContext, now: string) {
  const newest = policyDocuments(set, 'promotion-policy').at(-1);
  const tier = readTier(set, context);
  if (newest === undefined || tier === undefined) return new Map<EvidenceId, string>();
  const policy = readPolicy(newest.statement.predicate.content.policy, 'content.policy');
  return waivedEvidence({ set, context, policy, ...tier, duties: dutiesOf(set, context), now });
}

export function isDueStage(text: string): text is DueStage {
  return DUE_STAGES.some((stage) => stage === text);
}
