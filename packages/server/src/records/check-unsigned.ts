// SPDX-License-Identifier: Apache-2.0
import {
  accountOf,
  type EnrolledKey,
  isInForce,
  PAYLOAD_TYPE_STATEMENT,
  type SignedRecord,
  type Statement,
  sha256Hex,
  statementBytes,
  toBase64,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { checkContent } from './content-rules.ts';
import type { Sender } from './ingest.ts';
import { lackingSignatures } from './lacking-signatures.ts';
import { checkReferences } from './references.ts';

/**
 * Judges statements as `ingestRecords` will once their author has signed them with the keys in force: by the same rules,
 * nothing is recorded. Whose signatures are needed beside the author's, or undefined.
 * @param toCome digests of bytes that will be stored before the records are sent
 * @throws ServerError `not_a_signer` without a key in force; else as `ingestRecords`
 */
export async function checkUnsigned(
  context: ServerContext,
  author: Sender,
  at: { readonly statements: readonly Statement[]; readonly toCome?: ReadonlySet<string> },
): Promise<string | undefined> {
  const keys = keysInForce(context, author.account);
  if (keys.length === 0) {
    throw new ServerError(
      'not_a_signer',
      `\`${author.account}\` has no signing key in force: make a passkey on the page of signing keys and have it enrolled`,
    );
  }
  const signers = keys.map((key) => ({ account: author.account, key }));
  const records = at.statements.map((statement) => unsigned(context, statement));
  let needs: string | undefined;
  for (const record of records) {
    await checkReferences(context, record, records, at.toCome);
    await checkContent(context, { record, signers, sender: author });
    needs = (await lackingSignatures(context, record, signers)) ?? needs;
  }
  return needs;
}

function keysInForce(context: ServerContext, account: string): readonly EnrolledKey[] {
  const now = context.now();
  return [...context.records.register().values()].filter(
    (key) => key.holder.kind === 'person' && accountOf(key) === account && isInForce(key, now),
  );
}

function unsigned(context: ServerContext, statement: Statement): SignedRecord {
  const payload = statementBytes(statement);
  return {
    digest: sha256Hex(context.primitives, payload),
    statement,
    envelope: {
      payloadType: PAYLOAD_TYPE_STATEMENT,
      payload: toBase64(payload),
      signatures: [],
    },
  };
}
