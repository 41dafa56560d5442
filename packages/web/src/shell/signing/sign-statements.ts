// SPDX-License-Identifier: Apache-2.0
import { type RecordsReply, recordRoutes } from '@countersign/contract';
import { PAYLOAD_TYPE_STATEMENT, type PublicKey, toBase64 } from '@countersign/kernel';
import { call } from '../../api/client.ts';
import { storeText } from '../../api/store-text.ts';
import type { DraftedStatement } from '../../crypto/drafted-statement.ts';
import { signWithPasskey } from '../../crypto/sign-with-passkey.ts';

/** The time in a signature is that of signing (21 CFR 11.50(a)(2)): what was prepared earlier is prepared again. */
const PREPARED_AGE_MAX_MS = 10 * 60_000;

export type Recorded = RecordsReply['records'][number];

/**
 * Signs each statement with the passkey, one touch each, and has all recorded together or none.
 * @throws Error, PasskeyError, ApiError
 */
export async function signStatements(
  statements: readonly DraftedStatement[],
  key: PublicKey,
  text: string | undefined,
): Promise<readonly Recorded[]> {
  const claimed = statements.map(({ statement }) => Date.parse(statement.predicate.claimedAt));
  if (Date.now() - Math.min(...claimed) > PREPARED_AGE_MAX_MS) {
    throw new Error(
      'this was prepared more than ten minutes ago: go back and have it written again',
    );
  }
  const envelopes = [];
  for (const { payload } of statements) {
    const signature = await signWithPasskey(payload, key);
    const base64 = toBase64(payload);
    envelopes.push({
      payloadType: PAYLOAD_TYPE_STATEMENT,
      payload: base64,
      signatures: [signature],
    });
  }
  if (text !== undefined) await storeText(text);
  const { records } = await call(recordRoutes.post, { body: { envelopes } });
  const isAll = statements.every(({ digest }, place) => records[place]?.digest === digest);
  if (!isAll) throw new Error('the server recorded something else than was signed');
  return records;
}

/** What `countersign sign FILE.json` takes: the bytes as they were shown, for a key that only the command line has. */
export function handedStatements(
  statements: readonly DraftedStatement[],
  text: string | undefined,
): string {
  const payloads = statements.map(({ payload }) => toBase64(payload));
  const handed = { v: 1, kind: 'countersign-statements', payloads };
  return `${JSON.stringify(text === undefined ? handed : { ...handed, text }, null, 2)}\n`;
}
