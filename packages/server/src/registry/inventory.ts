// SPDX-License-Identifier: Apache-2.0
import { type RecordSet, readTier, supersededDigests, type Tier } from '@countersign/kernel';
import { type Stage, stageOf, stageOfUse } from './stage.ts';
import { registeredVersions } from './versions.ts';

export interface InventoryUse {
  readonly use: string;
  readonly tier?: Tier;
  readonly fairLending?: boolean;
  /** Stage of the use: that of its furthest version, or of its intake while there is none. */
  readonly stage: Stage;
  readonly versions: readonly { readonly version: number; readonly stage: Stage }[];
}

export interface InventoryModel {
  readonly model: string;
  readonly name: string;
  readonly purpose: string;
  readonly owner: string;
  readonly developer: string;
  readonly origin: string;
  readonly businessLine: string;
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
  return modelNames(set, at.workspace).map((model) => inventoryModel(set, model, at));
}

/** Names of models that any record is about, sorted. */
export function modelNames(set: RecordSet, workspace: string): readonly string[] {
  const names = new Set<string>();
  for (const { statement } of set.records) {
    const { subjectRef } = statement.predicate;
    if (subjectRef.workspace === workspace && subjectRef.model !== undefined) {
      names.add(subjectRef.model);
    }
  }
  return [...names].sort();
}

export function inventoryModel(
  set: RecordSet,
  model: string,
  at: { readonly workspace: string; readonly now: string },
): InventoryModel {
  const entry = latestEntry(set, at.workspace, model);
  const content = entry?.statement.predicate.content;
  const text = (name: string) => {
    const value = content?.[name];
    return typeof value === 'string' ? value : '';
  };
  return {
    model,
    name: text('name') || model,
    purpose: text('purpose'),
    owner: text('owner'),
    developer: text('developer'),
    origin: text('origin') || 'built',
    businessLine: text('businessLine'),
    ...(entry === undefined ? {} : { entry: entry.digest }),
    versions: registeredVersions(set, { workspace: at.workspace, model }).length,
    openFindings: openFindingCount(set, at.workspace, model),
    uses: usesOf(set, at.workspace, model).map((use) =>
      inventoryUse(set, { workspace: at.workspace, model, use }, at.now),
    ),
  };
}

/** Uses that the inventory entry or any later record of the model names, sorted. */
export function usesOf(set: RecordSet, workspace: string, model: string): readonly string[] {
  const uses = new Set<string>();
  for (const { statement } of set.records) {
    const { subjectRef, type, content } = statement.predicate;
    if (subjectRef.workspace !== workspace || subjectRef.model !== model) continue;
    if (subjectRef.use !== undefined) uses.add(subjectRef.use);
    if (type === 'inventory-entry' && Array.isArray(content.uses)) {
      for (const use of content.uses) if (typeof use === 'string') uses.add(use);
    }
  }
  return [...uses].sort();
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
  ref: { readonly workspace: string; readonly model: string; readonly use: string },
  now: string,
): InventoryUse {
  const versions = registeredVersions(set, ref)
    .filter(({ uses }) => uses.includes(ref.use))
    .map(({ version }) => ({
      version,
      stage: stageOf(set, { ...ref, version }, now) ?? 'development',
    }));
  const furthest = FURTHEST.find((stage) => versions.some((one) => one.stage === stage));
  const tier = tierOfUse(set, ref);
  return {
    use: ref.use,
    ...(tier === undefined ? {} : { tier: tier.tier, fairLending: tier.fairLending }),
    stage: furthest ?? stageOfUse(set, ref),
    versions,
  };
}

/** The tier signed for a use, whether or not it has a version yet. */
export function tierOfUse(
  set: RecordSet,
  ref: { readonly workspace: string; readonly model: string; readonly use: string },
) {
  return readTier(set, {
    ...ref,
    version: Number.MAX_SAFE_INTEGER,
    artifactDigest: '',
    registeredAt: 0,
    registeredOn: '',
  });
}

function latestEntry(set: RecordSet, workspace: string, model: string) {
  return set.records.findLast(
    ({ statement: { predicate } }) =>
      predicate.type === 'inventory-entry' &&
      predicate.subjectRef.workspace === workspace &&
      predicate.subjectRef.model === model,
  );
}

function openFindingCount(set: RecordSet, workspace: string, model: string): number {
  const superseded = supersededDigests(set);
  return set.records.filter(
    ({ digest, statement: { predicate } }) =>
      predicate.type === 'finding' &&
      predicate.subjectRef.workspace === workspace &&
      predicate.subjectRef.model === model &&
      predicate.content.status !== 'closed' &&
      !superseded.has(digest),
  ).length;
}
