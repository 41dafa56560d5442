// SPDX-License-Identifier: Apache-2.0
import { ONE_IN_FORCE } from '../evidence/evidence-items.ts';
import { registerAsOf } from '../identity/key-register.ts';
import { asOfIndex, type CountedRecord, type RecordSet } from '../records/record-set.ts';
import type { RecordType } from '../records/record-type.ts';

/** Two times of one question (Snodgrass, "Developing Time-Oriented Database Applications in SQL", 2000). */
export interface AsOf {
  /** The moment asked about, UTC with milliseconds: valid time. */
  readonly date: string;
  /** Last log position whose records may answer: transaction time. */
  readonly known: number;
}

/** What allows something, names somebody or is an act: it cannot have been so before the log held it. */
const ALLOWS: ReadonlySet<RecordType> = new Set<RecordType>([
  'founding',
  'key-enrolment',
  'key-change',
  'founding-rotation',
  'author-attribution',
  'run-request',
  'policy-document',
  'role-assignment',
  'change-record',
  'change-plan',
  'approval-record',
  'e-signature',
  'sod-check',
  'exception-record',
  'training-run',
  'model-artifact',
  'model-spec',
]);

const ENDINGS: ReadonlySet<string> = new Set(['revoke', 'suspend', 'retire']);

export function isEnding({ statement: { predicate } }: CountedRecord): boolean {
  return predicate.type === 'deployment-record' && ENDINGS.has(predicate.kind ?? '');
}

/**
 * From when a record says something is so. At the latest from when it was logged, since gates read it from then on;
 * earlier where its signer says so in `effectiveAt`, as a correction does. What allows (a warrant, an approval, a policy,
 * a key) never reaches back: nobody can be given leave afterwards.
 */
export function effectOf(record: CountedRecord): string {
  const { effectiveAt } = record.statement.predicate;
  if (!reachesBack(record) || effectiveAt === undefined) return record.loggedAt;
  return effectiveAt < record.loggedAt ? effectiveAt : record.loggedAt;
}

/** Whether a record can be about a time before its logging, as an account of something is and leave for something is not. */
export function reachesBack(record: CountedRecord): boolean {
  const { type } = record.statement.predicate;
  return type === 'deployment-record' ? isEnding(record) : !ALLOWS.has(type);
}

/** The last log position at a time; -1 before the founding. Log times never go back. */
export function indexAt(set: RecordSet, time: string): number {
  return set.records.findLast(({ loggedAt }) => loggedAt <= time)?.index ?? -1;
}

/**
 * The records that say how things stood at `date`, as the log up to `known` tells it: all that were logged by then, and
 * what was logged afterwards about that time. Every function of a record set answers for the date when it is given this
 * set and the date as now. With `known` at the date itself it is the log as it stood, so a later correction changes what
 * is known now and never what was known then.
 */
export function recordsAsOf(set: RecordSet, { date, known }: AsOf): RecordSet {
  // The very same list: what was computed of it once (records by type, what is superseded) holds of it.
  if (isWholeAsOf(set, { date, known })) return { ...set, rejected: [] };
  const told = asOfIndex(set, known);
  const last = Math.min(known, indexAt(set, date));
  const back = correctionsOf(told, date);
  const records = told.records.filter((record) => record.index <= last || back.has(record.digest));
  return {
    ...told,
    register: registerAsOf(set.register, last),
    rules: set.rules.filter(({ from }) => from <= date),
    records,
    byDigest: new Map(records.map((record) => [record.digest, record])),
    rejected: [],
  };
}

/** Whether a set tells all that it holds: no record, rule, key or ending of a key came or comes later. */
function isWholeAsOf(set: RecordSet, { date, known }: AsOf): boolean {
  const last = set.records.at(-1);
  if (last === undefined || last.index > known || last.loggedAt > date) return false;
  const then = registerAsOf(set.register, last.index);
  return (
    then.size === set.register.size &&
    [...then].every(([keyid, key]) => set.register.get(keyid) === key) &&
    set.rules.every(({ from }) => from <= date)
  );
}

/** What was logged after a date about a time up to it, as far as nothing that began later stands instead. */
function correctionsOf(told: RecordSet, date: string): ReadonlySet<string> {
  const late = told.records.filter((record) => record.loggedAt > date && effectOf(record) <= date);
  const kept = new Set<string>();
  const matters = new Set<string>();
  for (const record of late) {
    if (!isEnding(record)) matters.add(matterOf(told, record));
    // Which of two accounts of an ending counts is said by the newer one.
    else if (!isReplaced(told, record)) kept.add(record.digest);
  }
  for (const matter of matters) {
    const isOfIt = (record: CountedRecord) =>
      !isEnding(record) && matterOf(told, record) === matter;
    const incumbent = told.records.findLast((record) => record.loggedAt <= date && isOfIt(record));
    for (const digest of winning(told, late.filter(isOfIt), incumbent)) kept.add(digest);
  }
  return kept;
}

/** The correction that stands, with those that it corrects itself; none where the state of the replayed log began later. */
function winning(
  told: RecordSet,
  late: readonly CountedRecord[],
  incumbent: CountedRecord | undefined,
): readonly string[] {
  const corrected = new Set(late.flatMap((record) => lineOf(told, record).slice(1)));
  const standing = [...(incumbent === undefined ? [] : [incumbent]), ...late]
    .filter(({ digest }) => !corrected.has(digest))
    .sort((a, b) => {
      const [one, two] = [effectOf(a), effectOf(b)];
      return one === two ? a.index - b.index : one < two ? -1 : 1;
    });
  const winner = standing.at(-1);
  if (winner === undefined || winner === incumbent) return [];
  const line = lineOf(told, winner);
  return late.flatMap(({ digest }) => (line.includes(digest) ? [digest] : []));
}

function isReplaced(told: RecordSet, ending: CountedRecord): boolean {
  return told.records.some(
    (later) =>
      later.index > ending.index &&
      isEnding(later) &&
      later.statement.predicate.supersedes === ending.digest &&
      later.statement.predicate.content.warrant === ending.statement.predicate.content.warrant,
  );
}

/** The record and what it supersedes, newest first. A record can only supersede an earlier one, so the walk ends. */
function lineOf(told: RecordSet, record: CountedRecord): readonly string[] {
  const line = [record.digest];
  let at: CountedRecord | undefined = record;
  while (at !== undefined) {
    const before: string | undefined = at.statement.predicate.supersedes;
    const earlier: CountedRecord | undefined =
      before === undefined ? undefined : told.byDigest.get(before);
    if (earlier === undefined || earlier.index >= at.index) return line;
    line.push(earlier.digest);
    at = earlier;
  }
  return line;
}

/** What only one record at a time says: all papers of a kind about a subject, or the states of one thing. */
function matterOf(told: RecordSet, record: CountedRecord): string {
  const { type, kind, subjectRef } = record.statement.predicate;
  if (!ONE_IN_FORCE.has(type)) return lineOf(told, record).at(-1) ?? record.digest;
  const { workspace, model, use, version, dataset } = subjectRef;
  return JSON.stringify([type, kind, workspace, model, use, version, dataset]);
}
