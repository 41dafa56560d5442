// SPDX-License-Identifier: Apache-2.0
import {
  DOCUMENT_SIGNATURE,
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

/** Kinds that persons sign of types that are the platform's otherwise; the content rule of the type refuses the rest. */
const SIGNED_KINDS: ReadonlyMap<RecordType, string> = new Map([
  ['generated-document', DOCUMENT_SIGNATURE],
]);

/** Whether only a service's key makes a record of this type count. Derived from the kernel's rule, not listed again. */
export function isMeasured(type: RecordType): boolean {
  const kind = SIGNED_KINDS.get(type);
  const predicate: Predicate = {
    type,
    ...(kind === undefined ? {} : { kind }),
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
