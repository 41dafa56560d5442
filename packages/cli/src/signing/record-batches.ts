// SPDX-License-Identifier: Apache-2.0
import { recordRoutes } from '@countersign/contract';
import { PAYLOAD_TYPE_STATEMENT, signEnvelope, statementBytes } from '@countersign/kernel';
import type { Session } from '../session.ts';
import { type Draft, personStatement } from './person-statement.ts';

/** Records in one request, and their bytes before base64: below what the API takes. */
const RECORDS_MAX = 100;
const BYTES_MAX = 4 * 1024 * 1024;

/**
 * Signs many records with one opening of the person's key and sends them in as few requests as the API takes. Drafts of
 * one group stay together: all of them are recorded or none. What was recorded before a failure stays; a caller that
 * leaves out what stands may do it all again. Digests in the order of the drafts.
 */
export async function recordBatches(
  session: Session,
  groups: readonly (readonly Draft[])[],
): Promise<readonly string[]> {
  const signer = await session.signer();
  const by = { account: session.account(), founding: session.root(), now: session.now() };
  const total = groups.reduce((sum, group) => sum + group.length, 0);
  const digests: string[] = [];
  let batch: Uint8Array[] = [];
  let size = 0;
  const send = async () => {
    if (batch.length === 0) return;
    const envelopes = await Promise.all(
      batch.map((bytes) => signEnvelope(PAYLOAD_TYPE_STATEMENT, bytes, [signer])),
    );
    const { records } = await session.client().call(recordRoutes.post, { body: { envelopes } });
    digests.push(...records.map(({ digest }) => digest));
    session.progress(`${digests.length} of ${total} records`);
    batch = [];
    size = 0;
  };
  for (const group of groups) {
    const payloads = group.map((draft) => statementBytes(personStatement(draft, by)));
    const more = payloads.reduce((sum, { length }) => sum + length, 0);
    if (batch.length + payloads.length > RECORDS_MAX || size + more > BYTES_MAX) await send();
    batch.push(...payloads);
    size += more;
  }
  await send();
  return digests;
}
