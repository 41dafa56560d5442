// SPDX-License-Identifier: Apache-2.0
import {
  type EnrolledKey,
  type Predicate,
  type RecordType,
  ROLES,
  signerRefusal,
} from '@countersign/kernel';

/** Two persons who hold every role there is: what they cannot make count, no person can. */
const EVERYBODY: readonly EnrolledKey[] = ['a', 'b'].map((account) => ({
  key: { keyid: account, algorithm: 'ed25519', spki: '' },
  holder: { kind: 'person', account, roles: ROLES },
  effectiveFrom: '',
  enrolledBy: '',
  enrolledIndex: 0,
  endings: [],
}));

/** Whether only a service's key makes a record of this type count. Derived from the kernel's rule, not listed again. */
export function isMeasured(type: RecordType): boolean {
  const predicate: Predicate = {
    type,
    scope: 'firm',
    subjectRef: { workspace: 'main' },
    producer: 'human',
    actor: 'a',
    claimedAt: '2026-01-01T00:00:00.000Z',
    source: [],
    content: {},
  };
  return signerRefusal(predicate, EVERYBODY) !== undefined;
}
