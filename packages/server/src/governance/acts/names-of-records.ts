// SPDX-License-Identifier: Apache-2.0
import { isDigest, type Json, type RecordSet, type Statement } from '@countersign/kernel';

const NAMES_MAX = 500;

/** What the records are that statements name by digest, as people know them: `validation report by vera`. */
export function namesOfRecords(
  set: RecordSet,
  statements: readonly Statement[],
): Readonly<Record<string, string>> {
  const named = statements.flatMap(({ predicate }) => [
    ...predicate.source,
    ...(predicate.supersedes === undefined ? [] : [predicate.supersedes]),
    ...digestsIn(predicate.content),
  ]);
  const names = [...new Set(named)].slice(0, NAMES_MAX).flatMap((digest) => {
    const record = set.byDigest.get(digest);
    if (record === undefined) return [];
    const { type, kind, actor } = record.statement.predicate;
    const what = type.replaceAll('-', ' ').replaceAll('artifact', 'artefact');
    return [[digest, `${kind === undefined ? what : `${what} (${kind})`} by ${actor}`] as const];
  });
  return Object.fromEntries(names);
}

function digestsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return isDigest(value) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((one: Json) => digestsIn(one));
}
