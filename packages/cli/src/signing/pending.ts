// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { type PendingReply, recordRoutes } from '@countersign/contract';
import {
  fromBase64,
  type Json,
  PAYLOAD_TYPE_STATEMENT,
  parseEnvelope,
  parseStrictJson,
  readRecord,
  type SignedRecord,
  signEnvelope,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { atFile, CliError, usage } from '../errors.ts';
import type { Session } from '../session.ts';
import { describeStatement } from './describe-statement.ts';
import { describeInForce } from './policy-in-force.ts';
import type { Recorded } from './sign-and-record.ts';

export type Pending = PendingReply['records'][number];

/** A record that awaits signatures, by the beginning of its digest or by the text it was made of. */
export async function findPending(
  session: Session,
  wanted: { readonly prefix: string } | { readonly text: string },
): Promise<SignedRecord> {
  const { records } = await session.client().call(recordRoutes.pending);
  const found = records.map(readPending).filter((one) => isWanted(one, wanted));
  const [first, second] = found;
  if (first === undefined) {
    throw new CliError('not_found', 'no such record awaits a signature', {
      details: { next: 'list what waits with `countersign inbox`' },
    });
  }
  if (second !== undefined)
    throw usage('more than one record of it awaits a signature; name one by its digest');
  return first;
}

/** A record that was handed over as an envelope: what is signed is read from its bytes. @throws CliError `file_invalid` */
export function readHanded(file: string, text: string): SignedRecord {
  try {
    return readRecord(nodePrimitives, parseEnvelope(parseStrictJson(text)));
  } catch (cause) {
    throw atFile(file, 1, cause instanceof Error ? cause.message : 'it is no envelope', cause);
  }
}

/** Read from the signed bytes, not from the server's rendering of them. */
function readPending(pending: Pending): SignedRecord {
  // The schema has checked members and types; the kernel reads strictly.
  const record = readRecord(nodePrimitives, parseEnvelope(pending.envelope as unknown as Json));
  if (record.digest === pending.digest) return record;
  throw new CliError(
    'record_unverified',
    `the server names other bytes \`${pending.digest.slice(0, 12)}\``,
  );
}

function isWanted(
  record: SignedRecord,
  wanted: { readonly prefix: string } | { readonly text: string },
): boolean {
  if ('prefix' in wanted) return record.digest.startsWith(wanted.prefix);
  const digest = createHash('sha256').update(wanted.text, 'utf8').digest('hex');
  const { textDigest, text } = record.statement.predicate.content;
  if (textDigest === digest) return true;
  return typeof text === 'object' && text !== null && 'digest' in text && text.digest === digest;
}

/** As the server allows a record that it is sent. */
const CLOCK_SKEW_MS = 5 * 60 * 1000;

/**
 * Shows the record and adds the person's signature to it.
 * @param keyFile another than the person's own, such as one that is being enrolled
 */
export async function addSignatureTo(
  session: Session,
  record: SignedRecord,
  keyFile?: string,
): Promise<Recorded> {
  for (const line of describeStatement(record.statement, session.account())) session.io.err(line);
  for (const line of await describeInForce(session, record)) session.io.err(line);
  if (record.statement.predicate.founding !== session.root()) {
    throw new CliError(
      'record_unverified',
      'the record belongs to another founding record; do not sign it',
    );
  }
  // Whoever signs second lends their clock too: what a first signer dated ahead is not theirs to confirm.
  const { claimedAt } = record.statement.predicate;
  if (Date.parse(claimedAt) > Date.parse(session.now()) + CLOCK_SKEW_MS) {
    throw new CliError(
      'record_unverified',
      `the record claims the time ${claimedAt}, which is to come by your clock; do not sign it`,
    );
  }
  const signer = await session.signer(keyFile);
  if (record.envelope.signatures.some(({ keyid }) => keyid === signer.keyid)) {
    throw new CliError('refused', 'this key has signed it already; somebody else signs next', {
      details: { next: 'they find it with `countersign inbox`' },
    });
  }
  const payload = fromBase64(record.envelope.payload);
  const signed = await signEnvelope(PAYLOAD_TYPE_STATEMENT, payload, [signer]);
  const [signature] = signed.signatures;
  const outcome = await session
    .client()
    .call(recordRoutes.sign, { params: { digest: record.digest }, body: { signature } });
  return { ...outcome, type: record.statement.predicate.type };
}
