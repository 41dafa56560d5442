// SPDX-License-Identifier: Apache-2.0
import type { MeReply } from '@countersign/contract';
import type { PublicKey } from '@countersign/kernel';
import type { PendingRecord } from '../../crypto/read-pending.ts';
import { usableKey } from '../../crypto/usable-key.ts';

/** What the reader can add to a record that awaits signatures. */
export interface Part {
  readonly key: PublicKey | undefined;
  readonly label: string;
  readonly note: string;
}

/** The new holder's acceptance, their old key's word for the new, or a signature of a key in force. */
export function ownPart(pending: PendingRecord, me: MeReply, origin: string): Part {
  const command = `countersign sign --add ${pending.digest.slice(0, 12)}`;
  const entry = pending.enrolment?.entry;
  const isMine = entry?.holder.kind === 'person' && entry.holder.account === me.account;
  if (entry !== undefined && isMine) {
    if (hasSignatureOf(pending, entry.key.keyid)) return afterAcceptance(pending, me, origin);
    return entry.key.webauthn?.origins.includes(origin)
      ? {
          key: entry.key,
          label: 'Accept with this passkey',
          note: 'Signed with the new key itself.',
        }
      : nothing(`Accept it with: ${command}`);
  }
  if (pending.signers.some(({ holder }) => holder === me.account)) {
    return nothing('You have signed it.');
  }
  const key = usableKey(me, origin);
  if (key !== undefined) return { key, label: 'Sign with your passkey', note: '' };
  return nothing(me.keys.length === 0 ? '' : `Sign it with: ${command}`);
}

/** Whoever still has the old key confirms their roles with it; nobody else need do so then. */
function afterAcceptance(pending: PendingRecord, me: MeReply, origin: string): Part {
  const { replaces } = pending.enrolment ?? {};
  const old = me.keys.filter(({ keyid }) => keyid === replaces);
  const key = usableKey({ keys: old }, origin);
  if (key === undefined || hasSignatureOf(pending, key.keyid)) {
    return nothing('You have accepted it.');
  }
  return { key, label: 'Confirm with your old passkey', note: 'You have accepted it.' };
}

function nothing(note: string): Part {
  return { key: undefined, label: '', note };
}

function hasSignatureOf({ record }: PendingRecord, keyid: string): boolean {
  return record.envelope.signatures.some((one) => one.keyid === keyid);
}
