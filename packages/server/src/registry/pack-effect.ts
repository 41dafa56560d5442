// SPDX-License-Identifier: Apache-2.0
import {
  type CompletenessQuery,
  completeness,
  type DueStage,
  type EvidenceStatus,
  type FrameworkPack,
  originOfVersion,
  type PackChange,
  packChanges,
  type RecordSet,
  readTier,
  scopeDecisions,
  type Tier,
  type VersionContext,
  versionContext,
  versionStage,
} from '@countersign/kernel';
import { gateMemo, modelSets } from '../records/index.ts';
import { carriedEvidence } from './carried-evidence.ts';
import { reachedAt, waivedNow } from './evidence-status.ts';
import type { Stage, VersionRef } from './stage.ts';
import { registeredVersions } from './versions.ts';

/** One item that a clause asks of a version, and how it stands. */
export interface PackItem {
  readonly clause: string;
  readonly evidence: string;
  readonly kind?: string;
  readonly due: DueStage;
  readonly status: EvidenceStatus;
  /** Whether its gap blocks at the model's tier. */
  readonly blocks: boolean;
}

/** What another text of a pack would mean for one version that is in a stage, or the newest of its use. */
export interface PackEffectItem extends Pick<VersionRef, 'model' | 'use' | 'version'> {
  readonly stage: Stage;
  readonly tier: Tier;
  readonly reached: DueStage;
  /** Due, and lacking under the new text alone; or lacking under both and blocking under the new text alone. */
  readonly newlyLacks: readonly PackItem[];
  readonly noLongerLacks: readonly PackItem[];
  /** Newly asked for a stage that the version has not reached. */
  readonly askedLater: readonly PackItem[];
}

export interface PackEffect {
  readonly pack: { readonly id: string; readonly version: string };
  /** The text it was compared with; absent where the firm has none yet. */
  readonly before?: { readonly version: string };
  readonly changes: readonly PackChange[];
  /** Versions that were judged: those with the pack in scope that run, are staged, or are the newest of a use. */
  readonly versions: number;
  /** Of them: lacking something newly, and lacking something that blocks. */
  readonly lacking: number;
  readonly blocked: number;
  /** Those that are touched. */
  readonly items: readonly PackEffectItem[];
}

export interface EffectAt {
  readonly workspace: string;
  readonly now: string;
  /** Models that are judged as if the pack were in scope of their uses. */
  readonly supposed?: readonly string[] | undefined;
}

/**
 * A pack's text judged beside another for every version that has the pack in scope: what each would newly lack. Nothing
 * that runs stops by adopting a pack: this is what a version meets when it is next proposed, reviewed or shown.
 */
export function packEffect(
  set: RecordSet,
  packs: { readonly before: FrameworkPack | undefined; readonly after: FrameworkPack },
  at: EffectAt,
): PackEffect {
  const { before, after } = packs;
  const judged = [...modelSets(set, at.workspace)].flatMap(([model, own]) =>
    versionsToJudge(own, model, at).flatMap((ref) => effectOn(own, ref, { ...packs, ...at })),
  );
  const items = judged.filter(({ newlyLacks, noLongerLacks, askedLater }) =>
    [newlyLacks, noLongerLacks, askedLater].some(({ length }) => length > 0),
  );
  const isLacking = items.filter(({ newlyLacks }) => newlyLacks.length > 0);
  return {
    pack: { id: after.id, version: after.version },
    ...(before === undefined ? {} : { before: { version: before.version } }),
    changes: packChanges(before, after),
    versions: judged.length,
    lacking: isLacking.length,
    blocked: isLacking.filter(({ newlyLacks }) => newlyLacks.some(({ blocks }) => blocks)).length,
    items,
  };
}

const IN_A_STAGE: readonly Stage[] = ['production', 'suspended', 'staging'];

/** Of each use what runs or is staged, and the newest: older versions that nobody uses are history. */
function versionsToJudge(
  own: RecordSet,
  model: string,
  at: { readonly workspace: string; readonly now: string },
): readonly (VersionRef & { readonly stage: Stage })[] {
  const versions = registeredVersions(own, { workspace: at.workspace, model });
  const newest = new Map(
    versions.flatMap(({ uses, version }) => uses.map((use) => [use, version])),
  );
  return versions.flatMap(({ version, uses }) =>
    uses.flatMap((use) => {
      const ref = { workspace: at.workspace, model, use, version };
      const stage = versionStage(own, ref, { now: at.now, gates: gateMemo(own) }) ?? 'development';
      const isAsked = IN_A_STAGE.includes(stage) || newest.get(use) === version;
      return isAsked && stage !== 'retired' ? [{ ...ref, stage }] : [];
    }),
  );
}

function effectOn(
  own: RecordSet,
  ref: VersionRef & { readonly stage: Stage },
  at: EffectAt & {
    readonly before: FrameworkPack | undefined;
    readonly after: FrameworkPack;
  },
): readonly PackEffectItem[] {
  const found = versionContext(own, ref);
  if (!found.ok) return [];
  const { context } = found;
  const isInScope = scopeDecisions(own, context).get(at.after.id) === true;
  if (!isInScope && at.supposed?.includes(ref.model) !== true) return [];
  // Until model risk has signed a tier, everything is asked for as at high tier.
  const tier = readTier(own, context)?.tier ?? 'high';
  const reached = reachedAt(ref.stage);
  const query: CompletenessQuery = {
    tier,
    origin: originOfVersion(own, context),
    reached,
    now: at.now,
    waived: waivedNow(own, context, at.now),
    carried: carriedEvidence(own, context, at.now),
  };
  const was = at.before === undefined ? [] : itemsOf(own, context, at.before, query);
  const will = itemsOf(own, context, at.after, query);
  const known = new Map(was.map((item) => [keyOf(item), item]));
  const wanted = new Map(will.map((item) => [keyOf(item), item]));
  return [
    {
      model: ref.model,
      use: ref.use,
      version: ref.version,
      stage: ref.stage,
      tier,
      reached,
      newlyLacks: will.filter((item) => isWorse(item, known.get(keyOf(item)))),
      noLongerLacks: was.filter((item) => isWorse(item, wanted.get(keyOf(item)))),
      askedLater: will.filter((item) => item.status === 'not yet due' && !known.has(keyOf(item))),
    },
  ];
}

const GAPS: readonly EvidenceStatus[] = ['missing', 'stale', 'expired'];

function isWorse(item: PackItem, other: PackItem | undefined): boolean {
  if (!GAPS.includes(item.status)) return false;
  return other === undefined || !GAPS.includes(other.status) || (item.blocks && !other.blocks);
}

function keyOf({ clause, evidence, kind }: PackItem): string {
  return JSON.stringify([clause, evidence, kind]);
}

function itemsOf(
  own: RecordSet,
  context: VersionContext,
  pack: FrameworkPack,
  query: CompletenessQuery,
): readonly PackItem[] {
  return completeness(own, context, pack, query).flatMap(({ clause, blocks, evidence }) =>
    evidence
      .filter(({ status }) => status !== 'not applicable')
      .map(({ id, kind, due, status }) => ({
        clause,
        evidence: id,
        ...(kind === undefined ? {} : { kind }),
        due,
        status,
        blocks,
      })),
  );
}
