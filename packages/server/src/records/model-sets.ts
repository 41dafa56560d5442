// SPDX-License-Identifier: Apache-2.0
import {
  type CountedRecord,
  type GateMemo,
  type KeyRegister,
  type RecordSet,
  setsByModel,
} from '@countersign/kernel';

type SetsByModel = ReadonlyMap<string, RecordSet>;

/** Of one workspace of one log: the newest set that was asked about, and its parts. */
interface Known {
  readonly set: RecordSet;
  readonly parts: SetsByModel;
}

const OF_SET = new WeakMap<RecordSet, Map<string, SetsByModel>>();
/** By the key register, which stays the same object as the log grows until trust changes, and with it every part. */
const NEWEST = new WeakMap<KeyRegister, Map<string, Known>>();

/**
 * The kernel's `setsByModel`, once for each set. Of a log that has grown, models that nothing was recorded about keep the
 * very set that they had, so that what was computed of it may be kept by it (`WeakMap`): a function of a record set gives
 * the same for the same set.
 */
export function modelSets(set: RecordSet, workspace: string): SetsByModel {
  const known = OF_SET.get(set)?.get(workspace);
  if (known !== undefined) return known;
  const newest = NEWEST.get(set.register)?.get(workspace);
  const grown = newest === undefined ? undefined : grownBy(newest, set, workspace);
  const parts = grown ?? sameWhereUnchanged(setsByModel(set, workspace), newest, set);
  remember(OF_SET, set, { workspace, value: parts });
  if (newest === undefined || newest.set.records.length <= set.records.length) {
    remember(NEWEST, set.register, { workspace, value: { set, parts } });
  }
  return parts;
}

/** The firm's records and those of one model; none at all where nothing is recorded about it. */
export function modelSet(set: RecordSet, workspace: string, model: string): RecordSet {
  return modelSets(set, workspace).get(model) ?? { ...set, records: [], byDigest: new Map() };
}

/**
 * The parts of a set that goes on where the newest one ended with records of models alone; undefined for any other set,
 * and where a record of the firm came in, which is of every part. Records come in at the end alone.
 */
function grownBy(newest: Known, set: RecordSet, workspace: string): SetsByModel | undefined {
  const { records } = newest.set;
  const isLater = records.length > 0 && set.records[records.length - 1] === records.at(-1);
  if (!isLater || !isSameTrust(newest.set, set)) return undefined;
  const added = set.records.slice(records.length);
  if (added.some(({ statement }) => statement.predicate.subjectRef.model === undefined)) {
    return undefined;
  }
  const own = Map.groupBy(
    added.filter(({ statement }) => statement.predicate.subjectRef.workspace === workspace),
    ({ statement }) => statement.predicate.subjectRef.model ?? '',
  );
  // A model that nobody knew has the firm's records too, and a place by its name.
  if ([...own.keys()].some((model) => !newest.parts.has(model))) return undefined;
  return new Map(
    [...newest.parts].map(([model, part]) => [model, extended(part, own.get(model), set)]),
  );
}

function extended(
  part: RecordSet,
  added: readonly CountedRecord[] | undefined,
  set: RecordSet,
): RecordSet {
  if (added === undefined) return part;
  const byDigest = new Map(part.byDigest);
  for (const record of added) byDigest.set(record.digest, record);
  return { ...set, records: [...part.records, ...added], byDigest };
}

function isSameTrust(a: RecordSet, b: RecordSet): boolean {
  return a.rules === b.rules && a.providers === b.providers && a.founding === b.founding;
}

function sameWhereUnchanged(
  parts: SetsByModel,
  newest: Known | undefined,
  set: RecordSet,
): SetsByModel {
  if (newest === undefined || !isSameTrust(newest.set, set)) return parts;
  return new Map(
    [...parts].map(([model, part]) => {
      const before = newest.parts.get(model);
      return [model, before !== undefined && isSame(before, part) ? before : part];
    }),
  );
}

/** Records come in at the end alone: as many with the same last one are the same. */
function isSame(before: RecordSet, now: RecordSet): boolean {
  return (
    before.records.length === now.records.length && before.records.at(-1) === now.records.at(-1)
  );
}

function remember<Key extends object, Value>(
  into: WeakMap<Key, Map<string, Value>>,
  key: Key,
  { workspace, value }: { readonly workspace: string; readonly value: Value },
): void {
  const of = into.get(key) ?? new Map<string, Value>();
  of.set(workspace, value);
  into.set(key, of);
}

const GATES = new WeakMap<CountedRecord, GateMemo>();

/** What is remembered of the gates of a log's warrants, whoever asked: they look only at what was logged before each. */
export function gateMemo(set: RecordSet): GateMemo {
  const [first] = set.records;
  const known = first === undefined ? undefined : GATES.get(first);
  if (known !== undefined) return known;
  const gates: GateMemo = new Map();
  if (first !== undefined) GATES.set(first, gates);
  return gates;
}
