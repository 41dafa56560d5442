// SPDX-License-Identifier: Apache-2.0
import { accountOf, type EnrolledKey, keyStanding } from '../identity/key-register.ts';
import { ROLES } from '../identity/roles.ts';
import { rulesAt } from '../identity/trust-state.ts';
import { type RecordSet, recordsOfType } from '../records/record-set.ts';
import { contentOf, sourceOf, subjectFields } from './exam-question.ts';

/** Every key known at the date with who holds it, its roles and standing; the firm's rules; duties assigned by model. */
export function rolesAndKeys(told: RecordSet, date: string) {
  const keys = [...told.register.values()].sort(
    (a, b) => a.enrolledIndex - b.enrolledIndex || (a.key.keyid < b.key.keyid ? -1 : 1),
  );
  const { from, quorum, delayHours, record, kind } = rulesAt(told, date);
  return {
    keys: keys.map((key) => keyLine(key, date)),
    rules: { from, quorum, delayHours, record, kind },
    assignments: recordsOfType(told, 'role-assignment').map((one) => ({
      ...sourceOf(one),
      ...subjectFields(one),
      ...contentOf(one),
    })),
  };
}

function keyLine(key: EnrolledKey, date: string) {
  const { holder } = key;
  return {
    key: key.key.keyid,
    algorithm: key.key.algorithm,
    holder: accountOf(key),
    kind: holder.kind,
    roles: holder.kind === 'person' ? holder.roles : [],
    standing: keyStanding(key, date),
    effectiveFrom: key.effectiveFrom,
    record: key.enrolledBy,
    endings: key.endings.map(({ kind, at, record }) => ({ kind, at, record })),
  };
}

/** Accounts whose keys in force hold each role at the date: who could act in it. */
export function holdersByRole(told: RecordSet, date: string) {
  const inForce = [...told.register.values()].filter(
    (key) => keyStanding(key, date) === 'in force',
  );
  return ROLES.map((role) => ({
    role,
    accounts: [
      ...new Set(
        inForce
          .filter(({ holder }) => holder.kind === 'person' && holder.roles.includes(role))
          .map(accountOf),
      ),
    ].sort(),
  }));
}
