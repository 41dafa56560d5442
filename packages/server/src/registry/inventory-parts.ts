// SPDX-License-Identifier: Apache-2.0
// What the inventory says of a model whatever the time is: kept for each list of the model's records, so that a record of
// one model leaves the others' as they were. What time may change (stages, legacy warrants) is never kept here.
import {
  type CountedRecord,
  type EnforcementGrade,
  enforcementGrade,
  type InventoryFacts,
  type RecordSet,
  readInventoryFacts,
  readTier,
  recordsOfType,
  supersededDigests,
  type Tier,
  type VersionContext,
  versionContext,
  weakestGrade,
} from '@countersign/kernel';
import { type Stage, stageOfUse, type UseRef } from './stage.ts';
import { type RegisteredVersion, registeredVersions } from './versions.ts';

export interface ModelParts {
  readonly name: string;
  readonly purpose: string;
  readonly owner: string;
  readonly developer: string;
  readonly origin: string;
  readonly businessLine: string;
  readonly jurisdictions: readonly string[];
  readonly facts: InventoryFacts;
  readonly entry?: string;
  readonly versions: number;
  readonly openFindings: number;
  readonly uses: readonly UseParts[];
  /** The weakest of all versions: asked for where none is in a stage. */
  readonly weakest: () => EnforcementGrade;
}

export interface UseParts {
  readonly use: string;
  readonly tier?: Tier;
  readonly fairLending?: boolean;
  /** Of a use without a version. */
  readonly intake?: Stage;
  readonly versions: readonly VersionParts[];
}

export interface VersionParts {
  readonly version: number;
  readonly enforcement: EnforcementGrade;
  /** Where a legacy warrant names the use and the version: whether and how it stands is judged each time. */
  readonly legacy?: VersionContext;
}

interface ModelRef {
  readonly workspace: string;
  readonly model: string;
}

/** A record set is never changed, and nothing here asks for the time: the same set gives the same. */
const PARTS = new WeakMap<RecordSet, Map<string, ModelParts>>();

/** @param set the firm's records and the model's own (`modelSet`) */
export function modelParts(set: RecordSet, ref: ModelRef): ModelParts {
  const of = PARTS.get(set) ?? new Map<string, ModelParts>();
  PARTS.set(set, of);
  const key = JSON.stringify([ref.workspace, ref.model]);
  const known = of.get(key);
  if (known !== undefined) return known;
  const parts = readParts(set, ref);
  of.set(key, parts);
  return parts;
}

function readParts(set: RecordSet, ref: ModelRef): ModelParts {
  const entry = latestEntry(set, ref);
  const content = entry?.statement.predicate.content;
  const text = (name: string) => {
    const value = content?.[name];
    return typeof value === 'string' ? value : '';
  };
  const versions = registeredVersions(set, ref);
  const origin = versions.at(-1)?.artifact.statement.predicate.content.origin;
  return {
    name: text('name') || ref.model,
    purpose: text('purpose'),
    owner: text('owner'),
    developer: text('developer'),
    origin: text('origin') || (typeof origin === 'string' ? origin : 'built'),
    businessLine: text('businessLine'),
    jurisdictions: textsOf(content?.jurisdictions),
    facts: factsOf(entry),
    ...(entry === undefined ? {} : { entry: entry.digest }),
    versions: versions.length,
    openFindings: openFindingCount(set, ref),
    uses: usesOf(set, ref.workspace, ref.model).map((use) =>
      useParts(set, { ...ref, use }, versions),
    ),
    weakest: () =>
      weakestGrade(
        versions.map(({ artifact, version }) => {
          const { use = '' } = artifact.statement.predicate.subjectRef;
          return gradeOf(set, { ...ref, use, version }).enforcement;
        }),
      ),
  };
}

function useParts(set: RecordSet, ref: UseRef, all: readonly RegisteredVersion[]): UseParts {
  const legacy = legacyVersions(set, ref);
  const versions = all
    .filter(({ uses }) => uses.includes(ref.use))
    .map(({ version }): VersionParts => {
      const { enforcement, context } = gradeOf(set, { ...ref, version });
      const isLegacy = context !== undefined && legacy.has(version);
      return { version, enforcement, ...(isLegacy ? { legacy: context } : {}) };
    });
  const tier = tierOfUse(set, ref);
  return {
    use: ref.use,
    ...(tier === undefined ? {} : { tier: tier.tier, fairLending: tier.fairLending }),
    ...(versions.length === 0 ? { intake: stageOfUse(set, ref) } : {}),
    versions,
  };
}

function gradeOf(
  set: RecordSet,
  ref: UseRef & { readonly version: number },
): { readonly enforcement: EnforcementGrade; readonly context?: VersionContext } {
  const found = versionContext(set, ref);
  if (!found.ok) return { enforcement: 'attested' };
  return { enforcement: enforcementGrade(set, found.context), context: found.context };
}

/** Versions of a use that any legacy warrant names. */
function legacyVersions(set: RecordSet, ref: UseRef): ReadonlySet<number> {
  return new Set(
    recordsOfType(set, 'deployment-record').flatMap(({ statement: { predicate } }) => {
      const { workspace, model, use, version } = predicate.subjectRef;
      const isMine = workspace === ref.workspace && model === ref.model && use === ref.use;
      return predicate.kind === 'legacy' && isMine ? (version ?? []) : [];
    }),
  );
}

/** An entry that was recorded before these members were read strictly says nothing by them. */
function factsOf(entry: CountedRecord | undefined): InventoryFacts {
  try {
    return entry === undefined ? {} : readInventoryFacts(entry.statement.predicate.content);
  } catch {
    return {};
  }
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
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

/** The tier signed for a use, whether or not it has a version yet. */
export function tierOfUse(set: RecordSet, ref: UseRef) {
  return readTier(set, {
    ...ref,
    version: Number.MAX_SAFE_INTEGER,
    artifactDigest: '',
    registeredAt: 0,
    registeredOn: '',
  });
}

function latestEntry(set: RecordSet, { workspace, model }: ModelRef) {
  return set.records.findLast(
    ({ statement: { predicate } }) =>
      predicate.type === 'inventory-entry' &&
      predicate.subjectRef.workspace === workspace &&
      predicate.subjectRef.model === model,
  );
}

function openFindingCount(set: RecordSet, { workspace, model }: ModelRef): number {
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
