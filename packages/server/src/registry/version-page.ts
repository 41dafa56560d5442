// SPDX-License-Identifier: Apache-2.0
import {
  appliesTo,
  type CountedRecord,
  type EnforcementGrade,
  enforcementCaveat,
  enforcementGrade,
  type Json,
  type Origin,
  originOf,
  type RecordSet,
  supersededDigests,
  type VersionContext,
  versionContext,
  versionStage,
} from '@countersign/kernel';
import { ServerError } from '../errors.ts';
import { gateMemo, modelSet } from '../records/index.ts';
import { type RecordSummary, restingOn, summaryOf } from './lineage.ts';
import type { Stage, VersionRef } from './stage.ts';
import { registeredVersions } from './versions.ts';

/** A record of the version's lineage with what it says. */
export interface LineageItem extends RecordSummary {
  readonly content: Json;
}

export interface VersionPage {
  readonly model: string;
  readonly use: string;
  readonly version: number;
  readonly artifactDigest: string;
  readonly registeredAt: number;
  readonly registeredOn: string;
  readonly stages: readonly { readonly use: string; readonly stage: Stage }[];
  readonly origin: Origin;
  /** What stands between the version and an answer without a warrant: computed by the kernel. */
  readonly enforcement: EnforcementGrade;
  /** What the grade does not cover: of a scorer that is a program. */
  readonly enforcementCaveat?: string;
  readonly artifact: LineageItem;
  readonly spec?: LineageItem;
  readonly run?: LineageItem;
  readonly request?: LineageItem;
  readonly commit?: LineageItem;
  readonly environment?: LineageItem;
  readonly snapshots: readonly LineageItem[];
  /** Evidence about the version, oldest first; `inForce` is false where a later record superseded it. */
  readonly evidence: readonly (RecordSummary & { readonly inForce: boolean })[];
  readonly changeRequests: readonly RecordSummary[];
  readonly approvals: readonly RecordSummary[];
  readonly warrants: readonly RecordSummary[];
  readonly endings: readonly RecordSummary[];
  readonly findings: readonly LineageItem[];
  /** Records that rest on this version's artefact, run or specification. */
  readonly restsOnIt: number;
}

/**
 * Everything known of a version, from records alone: what it is made of and what was done with it. `set` may be one as
 * of an earlier log position. How many answers it gave is not in the log's records; the caller adds it.
 * @throws ServerError `version_unknown`
 */
export function versionPage(
  all: RecordSet,
  ref: Omit<VersionRef, 'use'> & { readonly use?: string | undefined },
  now: string,
): VersionPage {
  // What a version is judged by is its model's; who rests on it may be of another.
  const set = modelSet(all, ref.workspace, ref.model);
  const registered = registeredVersions(set, ref).find(({ version }) => version === ref.version);
  if (registered === undefined) throw unknownVersion(ref);
  const use = ref.use ?? registered.artifact.statement.predicate.subjectRef.use ?? '';
  const found = versionContext(set, { ...ref, use });
  if (!found.ok) throw unknownVersion(ref, found.reason);
  const { context } = found;
  const own = ownRecords(set, context);
  const newest = (type: string) =>
    own.findLast(({ statement }) => statement.predicate.type === type);
  const run = newest('training-run');
  const caveat = enforcementCaveat(set, context);
  return {
    model: ref.model,
    use,
    version: ref.version,
    artifactDigest: context.artifactDigest,
    registeredAt: context.registeredAt,
    registeredOn: context.registeredOn,
    stages: registered.uses.map((one) => ({
      use: one,
      stage:
        versionStage(set, { ...ref, use: one }, { now, gates: gateMemo(all) }) ?? 'development',
    })),
    origin: originOf(registered.artifact.statement.predicate.content),
    enforcement: enforcementGrade(set, context),
    ...(caveat === undefined ? {} : { enforcementCaveat: caveat }),
    artifact: itemOf(registered.artifact),
    ...present('spec', newest('model-spec')),
    ...present('run', run),
    ...present('request', requestOf(set, run ?? registered.artifact)),
    ...present('commit', newest('source-revision')),
    ...present('environment', newest('environment-lock')),
    snapshots: snapshotsOf(set, own, context).map(itemOf),
    ...listsOf(set, own, context),
    restsOnIt: restingOn(all, [
      registered.artifact.digest,
      ...(run === undefined ? [] : [run.digest]),
    ]).length,
  };
}

function listsOf(set: RecordSet, own: readonly CountedRecord[], context: VersionContext) {
  const superseded = supersededDigests(set);
  const ofType = (...types: readonly string[]) =>
    own.filter(({ statement }) => types.includes(statement.predicate.type));
  const promotions = ofType('deployment-record');
  return {
    evidence: set.records
      .filter((record) => appliesTo(record, context) && isEvidence(record))
      .map((record) => ({ ...summaryOf(record), inForce: !superseded.has(record.digest) })),
    changeRequests: ofType('change-record').map(summaryOf),
    approvals: ofType('approval-record').map(summaryOf),
    warrants: promotions.filter(isWarrant).map(summaryOf),
    endings: promotions.filter((record) => !isWarrant(record)).map(summaryOf),
    findings: set.records
      .filter(
        (record) =>
          record.statement.predicate.type === 'finding' &&
          appliesTo(record, context) &&
          !superseded.has(record.digest),
      )
      .map(itemOf),
  };
}

/** Records of the version itself: its scope is the version, whichever use they are for. */
function ownRecords(set: RecordSet, context: VersionContext): readonly CountedRecord[] {
  return set.records.filter(({ statement: { predicate } }) => {
    const { workspace, model, version } = predicate.subjectRef;
    return (
      workspace === context.workspace && model === context.model && version === context.version
    );
  });
}

const NOT_EVIDENCE = new Set([
  'founding',
  'key-enrolment',
  'run-request',
  'change-record',
  'approval-record',
  'deployment-record',
  'decision-log',
]);

function isEvidence(record: CountedRecord): boolean {
  return !NOT_EVIDENCE.has(record.statement.predicate.type);
}

function isWarrant({ statement: { predicate } }: CountedRecord): boolean {
  return predicate.kind === 'promote' || predicate.kind === 'legacy';
}

function requestOf(set: RecordSet, run: CountedRecord | undefined): CountedRecord | undefined {
  return run?.statement.predicate.source
    .map((digest) => set.byDigest.get(digest))
    .find((record) => record?.statement.predicate.type === 'run-request');
}

/** Snapshots that were taken in the version's run: they carry its number or are named by its run. */
function snapshotsOf(
  set: RecordSet,
  own: readonly CountedRecord[],
  context: VersionContext,
): readonly CountedRecord[] {
  const named = new Set(own.flatMap(({ statement }) => statement.predicate.source));
  return set.records.filter(
    (record) =>
      record.statement.predicate.type === 'dataset-snapshot' &&
      appliesTo(record, context) &&
      (named.has(record.digest) ||
        record.statement.predicate.subjectRef.version === context.version),
  );
}

function itemOf(record: CountedRecord): LineageItem {
  return { ...summaryOf(record), content: record.statement.predicate.content };
}

function present<K extends string>(
  key: K,
  record: CountedRecord | undefined,
): { readonly [key in K]?: LineageItem } {
  // A computed key of a type parameter is widened to string, which TypeScript cannot narrow back.
  return record === undefined ? {} : ({ [key]: itemOf(record) } as { [key in K]: LineageItem });
}

function unknownVersion(
  ref: { readonly model: string; readonly version: number },
  reason = `no version ${ref.model}@${ref.version} is registered`,
): ServerError {
  return new ServerError('version_unknown', reason, { details: { ...ref } });
}
