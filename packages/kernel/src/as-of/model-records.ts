// SPDX-License-Identifier: Apache-2.0
import type { CountedRecord, RecordSet } from '../records/record-set.ts';

export interface ModelRef {
  readonly workspace: string;
  readonly model: string;
}

/** Names of models that any record of a workspace is about, sorted. */
export function modelsOf(set: RecordSet, workspace: string): readonly string[] {
  const names = new Set<string>();
  for (const { statement } of set.records) {
    const { subjectRef } = statement.predicate;
    if (subjectRef.workspace === workspace && subjectRef.model !== undefined) {
      names.add(subjectRef.model);
    }
  }
  return [...names].sort();
}

/**
 * A record set for each model: the firm's own records and the model's. It is what a gateway is given to judge a warrant
 * by, and keeps a question about every model from reading every record for each.
 */
export function setsByModel(set: RecordSet, workspace: string): ReadonlyMap<string, RecordSet> {
  const firm: CountedRecord[] = [];
  const own = new Map<string, CountedRecord[]>();
  for (const record of set.records) {
    const { model, workspace: of } = record.statement.predicate.subjectRef;
    if (model === undefined) firm.push(record);
    else if (of === workspace) push(own, model, record);
  }
  return new Map(
    [...own]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([model, records]) => {
        const all = [...firm, ...records].sort((a, b) => a.index - b.index);
        return [
          model,
          { ...set, records: all, byDigest: new Map(all.map((one) => [one.digest, one])) },
        ];
      }),
  );
}

function push(into: Map<string, CountedRecord[]>, model: string, record: CountedRecord): void {
  const records = into.get(model);
  if (records === undefined) into.set(model, [record]);
  else records.push(record);
}
