// SPDX-License-Identifier: Apache-2.0
import type { CountedRecord } from '../records/record-set.ts';
import { type PackParse, parsePack } from './parse-pack.ts';

// A record never changes, and every judgement reads the same few packs again: each is read once.
const READ = new WeakMap<CountedRecord, PackParse>();

/** The framework pack in a `policy-document` of that kind. */
export function packIn(record: CountedRecord): PackParse {
  const known = READ.get(record);
  if (known !== undefined) return known;
  const parsed = parsePack(record.statement.predicate.content.pack);
  READ.set(record, parsed);
  return parsed;
}
