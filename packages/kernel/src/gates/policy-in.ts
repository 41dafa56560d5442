// SPDX-License-Identifier: Apache-2.0
import type { CountedRecord } from '../records/record-set.ts';
import { type Policy, readPolicy } from './policy.ts';

// A record never changes, and every judgement reads the same few policies again: each is read once. One that cannot be read
// is not remembered, so that each reader gets an error of its own.
const READ = new WeakMap<CountedRecord, Policy>();

/** The promotion policy in a `policy-document` of that kind. @throws KernelError `record_malformed` */
export function policyIn(record: CountedRecord): Policy {
  const known = READ.get(record);
  if (known !== undefined) return known;
  const policy = readPolicy(record.statement.predicate.content.policy, 'content.policy');
  READ.set(record, policy);
  return policy;
}
