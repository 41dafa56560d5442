// SPDX-License-Identifier: Apache-2.0
import type { RecordType } from '../records/record-type.ts';
import type { Predicate } from '../records/statement.ts';

const TRUST_TYPES: ReadonlySet<RecordType> = new Set<RecordType>([
  'founding',
  'key-enrolment',
  'key-change',
  'founding-rotation',
]);

/**
 * Whether a record says whom the firm trusts. Whoever is handed records to judge by must be handed all of these: one
 * that is held back leaves a suspended key in force.
 */
export function isTrustRecord({ type, kind }: Pick<Predicate, 'type' | 'kind'>): boolean {
  return TRUST_TYPES.has(type) || (type === 'policy-document' && kind === 'identity-provider');
}
