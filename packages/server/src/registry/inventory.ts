// SPDX-License-Identifier: Apache-2.0
import {
  type EnforcementGrade,
  type InventoryFacts,
  type LegacyStanding,
  type LegacyWarrant,
  legacyStanding,
  type RecordSet,
  type Tier,
  type VersionContext,
  versionStage,
  weakestGrade,
} from '@countersign/kernel';
import { gateMemo, modelSet, modelSets } from '../records/index.ts';
import { type ModelParts, modelParts, type UseParts } from './inventory-parts.ts';
import type { Stage, UseRef } from './stage.ts';

export interface InventoryUse {
  readonly use: string;
  readonly tier?: Tier;
  readonly fairLending?: boolean;
  /** Stage of the use: that of its furthest version, or of its intake while there is none. */
  readonly stage: Stage;
  /** Of its own, where the inventory entry says so. */
  readonly owner?: string;
  readonly population?: string;
  readonly limits?: string;
  readonly versions: readonly InventoryVersion[];
}

export interface InventoryVersion {
  readonly version: number;
  readonly stage: Stage;
  readonly enforcement: EnforcementGrade;
  /** In use before the firm came here, with the day by which it has to be through the gates. */
  readonly legacy?: Pick<LegacyWarrant, 'inUseSince' | 'expires'> &
    Pick<LegacyStanding, 'state'> & { readonly warrant: string };
}

export interface InventoryModel extends Omit<InventoryFacts, 'useTerms'> {
  readonly model: string;
  readonly name: string;
  readonly purpose: string;
  readonly owner: string;
  readonly developer: string;
  readonly origin: string;
  readonly businessLine: string;
  readonly jurisdictions: readonly string[];
  /** The weakest of the versions that are in a stage, or of all while none is; `attested` while there is none. */
  readonly enforcement: EnforcementGrade;
  /** Digest of the inventory entry; absent when a version was registered without one. */
  readonly entry?: string;
  readonly versions: number;
  readonly openFindings: number;
  readonly uses: readonly InventoryUse[];
}

/** Every model of a workspace, by name, as the records of `set` show it. */
export function inventory(
  set: RecordSet,
  at: { readonly workspace: string; readonly now: string },
): readonly InventoryModel[] {
  // Each model by its own records: the same answers, in a time that grows with the log and not with its square.
  return [...modelSets(set, at.workspace)].map(([model, own]) => modelOf(own, model, at));
}

export function inventoryModel(
  set: RecordSet,
  model: string,
  at: { readonly workspace: string; readonly now: string },
): InventoryModel {
  return modelOf(modelSet(set, at.workspace, model), model, at);
}

function modelOf(
  set: RecordSet,
  model: string,
  at: { readonly workspace: string; readonly now: string },
): InventoryModel {
  const { facts: said, weakest, uses: parts, ...own } = modelParts(set, { ...at, model });
  const { useTerms = [], ...facts } = said;
  const uses = parts.map((one) => ({
    ...inventoryUse(set, one, { workspace: at.workspace, model, now: at.now }),
    ...useTerms.find((terms) => terms.use === one.use),
  }));
  return { model, ...own, ...facts, enforcement: gradeOf(uses, weakest), uses };
}

const IN_A_STAGE: readonly Stage[] = ['production', 'staging', 'suspended'];

function gradeOf(uses: readonly InventoryUse[], weakest: ModelParts['weakest']): EnforcementGrade {
  const staged = uses.flatMap((use) =>
    use.versions.filter(({ stage }) => IN_A_STAGE.includes(stage)),
  );
  return staged.length > 0 ? weakestGrade(staged.map(({ enforcement }) => enforcement)) : weakest();
}

/** Furthest first: what a use is in is what its furthest version is in. */
const FURTHEST: readonly Stage[] = [
  'production',
  'suspended',
  'staging',
  'development',
  'retired',
  'proposed',
];

function inventoryUse(
  set: RecordSet,
  { intake = 'proposed', ...parts }: UseParts,
  at: Pick<UseRef, 'workspace' | 'model'> & { readonly now: string },
): InventoryUse {
  const { workspace, model, now } = at;
  const versions = parts.versions.map(({ version, enforcement, legacy }) => {
    const ref = { workspace, model, use: parts.use, version };
    const stage = versionStage(set, ref, { now, gates: gateMemo(set) }) ?? 'development';
    return { version, stage, enforcement, ...legacyOf(set, legacy, now) };
  });
  const furthest = FURTHEST.find((stage) => versions.some((one) => one.stage === stage));
  return { ...parts, stage: furthest ?? intake, versions };
}

function legacyOf(
  set: RecordSet,
  context: VersionContext | undefined,
  now: string,
): Pick<InventoryVersion, 'legacy'> {
  const standing = context === undefined ? undefined : legacyStanding(set, context, now);
  if (standing === undefined) return {};
  const { digest, warrant, state } = standing;
  const { inUseSince, expires } = warrant;
  return { legacy: { warrant: digest, inUseSince, expires, state } };
}
