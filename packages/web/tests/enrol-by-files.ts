// SPDX-License-Identifier: Apache-2.0
import type { EnrolmentRequest } from '@countersign/contract';
import { addSignature, type Envelope, keyEntryJson, type Role } from '@countersign/kernel';
import type { TestServer } from '../../server/tests/server-fixture.ts';

/** An enrolment that `ada` proposes by her key file from somebody's request, as `countersign keys enrol` does. */
export async function proposeByFile(
  server: TestServer,
  request: Pick<EnrolmentRequest, 'account' | 'key'>,
  grant: { readonly roles: readonly Role[]; readonly replaces?: string },
): Promise<{ readonly digest: string; readonly envelope: Envelope }> {
  const { keyid, algorithm, spki, webauthn } = request.key;
  const key = keyEntryJson({
    key: { keyid, algorithm, spki, ...(webauthn === undefined ? {} : { webauthn }) },
    holder: { kind: 'person', account: request.account, roles: grant.roles },
  });
  const envelope = await server.sign(
    {
      type: 'key-enrolment',
      actor: 'ada',
      scope: 'firm',
      subjectRef: { workspace: 'main' },
      content: {
        key,
        proofing: 'met in person, passport seen',
        ...(grant.replaces === undefined ? {} : { replaces: grant.replaces }),
      },
    },
    ['ada'],
  );
  const answer = await server.as('ada', {
    method: 'POST',
    url: '/v1/records',
    payload: { envelopes: [envelope] },
  });
  if (answer.statusCode !== 200) throw new Error(answer.body);
  const { records } = answer.json<{ records: readonly [{ digest: string }] }>();
  return { digest: records[0].digest, envelope };
}

/** Adds a person's signature by key file to a record that awaits it. */
export async function signByFile(
  server: TestServer,
  proposed: { readonly digest: string; readonly envelope: Envelope },
  account: string,
): Promise<{ readonly state: string; readonly needs?: string }> {
  const bare = { ...proposed.envelope, signatures: [] };
  const signed = await addSignature(bare, await server.signer(account));
  const answer = await server.as(account, {
    method: 'POST',
    url: `/v1/records/${proposed.digest}/signatures`,
    payload: { signature: signed.signatures[0] },
  });
  if (answer.statusCode !== 200) throw new Error(answer.body);
  return answer.json();
}
