// SPDX-License-Identifier: Apache-2.0
import { type EnrolmentRequest, recordRoutes } from '@countersign/contract';
import {
  type Draft,
  keyEntryJson,
  PAYLOAD_TYPE_STATEMENT,
  type PublicKey,
  type Role,
  toBase64,
} from '@countersign/kernel';
import { call } from '../../api/client.ts';
import { draftStatement } from '../../crypto/drafted-statement.ts';
import { signWithPasskey } from '../../crypto/sign-with-passkey.ts';

/** What an administrator adds to somebody's request. */
export interface Proposal {
  readonly request: EnrolmentRequest;
  readonly roles: readonly Role[];
  /** Empty for none. */
  readonly team: string;
  readonly proofing: string;
  /** Key id of the key that it takes the place of; empty for none. */
  readonly replaces: string;
}

export interface Proposer {
  readonly key: PublicKey;
  readonly account: string;
  readonly workspace: string;
  readonly root: string;
}

/** Signs the enrolment by the administrator's passkey and sends it to wait for the others. @throws PasskeyError, ApiError */
export async function signProposal(proposal: Proposal, by: Proposer): Promise<void> {
  const now = new Date().toISOString();
  const statesman = { account: by.account, founding: by.root, now };
  const { payload } = draftStatement(enrolmentDraft(proposal, by.workspace), statesman);
  const signature = await signWithPasskey(payload, by.key);
  const envelope = {
    payloadType: PAYLOAD_TYPE_STATEMENT,
    payload: toBase64(payload),
    signatures: [signature],
  };
  await call(recordRoutes.post, { body: { envelopes: [envelope] } });
}

function enrolmentDraft(proposal: Proposal, workspace: string): Draft {
  const { request, roles, team, proofing, replaces } = proposal;
  const { webauthn, ...plain } = request.key;
  const key = keyEntryJson({
    key: webauthn === undefined ? plain : { ...plain, webauthn },
    holder: {
      kind: 'person',
      account: request.account,
      roles,
      ...(team === '' ? {} : { team }),
    },
  });
  return {
    type: 'key-enrolment',
    scope: 'firm',
    subjectRef: { workspace },
    content: { key, proofing, ...(replaces === '' ? {} : { replaces }) },
  };
}
