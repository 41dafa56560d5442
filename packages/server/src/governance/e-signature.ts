// SPDX-License-Identifier: Apache-2.0
import {
  accountOf,
  type CountedRecord,
  type ESignatureContent,
  readApprovalContent,
} from '@countersign/kernel';

/**
 * The electronic signature that an approval carries (21 CFR 11.50: printed name, time, meaning), read from the approval
 * and signed nowhere else. Undefined when the actor's key did not sign it.
 */
export function eSignatureOf(approval: CountedRecord): ESignatureContent | undefined {
  const { actor, content, claimedAt } = approval.statement.predicate;
  const key = approval.signers.find((one) => accountOf(one) === actor);
  const signature = approval.envelope.signatures.find(({ keyid }) => keyid === key?.key.keyid);
  if (key === undefined || signature === undefined) return undefined;
  const { printedName, meaning } = readApprovalContent(content);
  return {
    approval: approval.digest,
    signer: actor,
    printedName,
    meaning,
    time: claimedAt,
    factors:
      signature.webauthn === undefined
        ? ['passphrase-protected key']
        : ['passkey', 'user verification'],
    keyid: key.key.keyid,
    signature: signature.sig,
  };
}
