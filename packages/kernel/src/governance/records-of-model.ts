// SPDX-License-Identifier: Apache-2.0
import type { CountedRecord, RecordSet } from '../records/record-set.ts';

interface Grouped {
  readonly records: ReadonlyMap<string | undefined, readonly CountedRecord[]>;
  readonly sets: Map<string, RecordSet>;
}

/** Asked once for every model of an inventory of one list of records, which never changes. */
const GROUPED = new WeakMap<readonly CountedRecord[], Grouped>();

/** The records of a set that are of one model or of none, in log order: what a judgement of that model can rest on. */
export function setOfModel(set: RecordSet, model: string): RecordSet {
  const grouped = GROUPED.get(set.records) ?? { records: group(set.records), sets: new Map() };
  GROUPED.set(set.records, grouped);
  const known = grouped.sets.get(model);
  if (known !== undefined) return known;
  const own = grouped.records.get(model) ?? [];
  const shared = grouped.records.get(undefined) ?? [];
  const made = { ...set, records: [...shared, ...own].sort((a, b) => a.index - b.index) };
  grouped.sets.set(model, made);
  // Of the smaller set, what is of the model is all of it.
  GROUPED.set(made.records, { records: group(made.records), sets: new Map([[model, made]]) });
  return made;
}

function group(
  records: readonly CountedRecord[],
): ReadonlyMap<string | undefined, readonly CountedRecord[]> {
  const found = new Map<string | undefined, CountedRecord[]>();
  for (const record of records) {
    const { model } = record.statement.predicate.subjectRef;
    const list = found.get(model);
    if (list === undefined) found.set(model, [record]);
    else list.push(record);
  }
  return found;
}
