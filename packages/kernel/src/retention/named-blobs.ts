// SPDX-License-Identifier: Apache-2.0
import type { Json } from '../json/parse.ts';
import { isDigest } from '../primitives.ts';
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import type { RecordType } from '../records/record-type.ts';
import type { ThingKind, ThingReference } from './thing-kinds.ts';

/** Of every digest that a record of the type names. */
const KIND_OF_TYPE: ReadonlyMap<RecordType, ThingKind> = new Map<RecordType, ThingKind>([
  ['model-artifact', 'artefact'],
  ['model-spec', 'artefact'],
  ['dataset-snapshot', 'data-snapshot'],
  ['environment-lock', 'environment'],
  ['source-revision', 'source'],
  ['run-request', 'source'],
  ['training-run', 'run-file'],
  ['generated-document', 'issued-document'],
  ['action-record', 'ingested-rows'],
  ['outcome-record', 'ingested-rows'],
  // What the firm signed to be its rules, and what it signed about deletion, is read as long as the log is.
  ['policy-document', 'record'],
  ['retention-rule', 'record'],
]);

/** The days by which special-category data is to be gone, by dataset: of `protected-data-record`s. */
export type SpecialDatasets = ReadonlyMap<string, string | undefined>;

/** Datasets that a counted record of their handling calls special-category data (Regulation (EU) 2024/1689, Art. 4a). */
export function specialDatasets(set: RecordSet): SpecialDatasets {
  const found = new Map<string, string | undefined>();
  for (const { statement } of recordsOfType(set, 'protected-data-record')) {
    const { kind, subjectRef, content } = statement.predicate;
    if (kind !== 'special-category' || subjectRef.dataset === undefined) continue;
    found.set(datasetKey(subjectRef.model, subjectRef.dataset), dayIn(content));
  }
  return found;
}

/** `deletionDate` of the content, or of a paper's front matter; the end of that day in UTC. */
function dayIn(content: CountedRecord['statement']['predicate']['content']): string | undefined {
  const { facts } = content;
  const ofPaper =
    typeof facts === 'object' && facts !== null && 'deletionDate' in facts
      ? facts.deletionDate
      : undefined;
  const day = content.deletionDate ?? ofPaper;
  if (typeof day !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(day)) return undefined;
  const end = `${day}T23:59:59.999Z`;
  return Number.isNaN(Date.parse(end)) ? undefined : end;
}

function datasetKey(model: string | undefined, dataset: string): string {
  return `${model ?? ''}/${dataset}`;
}

/** Every digest that a record names, with what it would make of bytes that are stored under it. */
export function blobsNamedBy(
  record: CountedRecord,
  special: SpecialDatasets,
): ReadonlyMap<string, ThingReference> {
  const { predicate } = record.statement;
  const { type, subjectRef } = predicate;
  const kind = KIND_OF_TYPE.get(type) ?? 'evidence-file';
  const { model, use, version, dataset } = subjectRef;
  const base = {
    record: record.digest,
    ...(model === undefined ? {} : { model }),
    ...(use === undefined ? {} : { use }),
    ...(version === undefined ? {} : { version }),
    ...(dataset === undefined ? {} : { dataset }),
  };
  const recorded = { recorded: record.loggedAt };
  const logs = type === 'training-run' ? logsOf(predicate.content.steps) : new Set<string>();
  const specialKey = dataset === undefined ? undefined : datasetKey(model, dataset);
  const isSpecial = kind === 'data-snapshot' && specialKey !== undefined && special.has(specialKey);
  const gone = isSpecial ? special.get(specialKey) : undefined;
  const moments = gone === undefined ? recorded : { ...recorded, 'deletion-date': gone };
  const found = new Map<string, ThingReference>();
  for (const digest of digestsIn([
    predicate.content,
    predicate.blobs ?? [],
    subjectRef.artifactDigest ?? null,
  ])) {
    const own = isSpecial ? 'special-category-data' : logs.has(digest) ? 'run-log' : kind;
    found.set(digest, { kind: own, ...base, moments });
  }
  return found;
}

function logsOf(steps: Json | undefined): ReadonlySet<string> {
  const list = Array.isArray(steps) ? steps : [];
  return new Set(
    list.flatMap((step: Json) =>
      typeof step === 'object' && step !== null && 'log' in step && typeof step.log === 'string'
        ? [step.log]
        : [],
    ),
  );
}

/** Every text of a JSON value that is a digest; of keys too. */
export function digestsIn(json: Json): ReadonlySet<string> {
  const found = new Set<string>();
  const open: Json[] = [json];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === 'string' && isDigest(next)) found.add(next);
    if (Array.isArray(next)) {
      for (const one of next) open.push(one as Json);
    } else if (typeof next === 'object' && next !== null) {
      for (const [key, value] of Object.entries(next)) {
        if (isDigest(key)) found.add(key);
        open.push(value as Json);
      }
    }
  }
  return found;
}
