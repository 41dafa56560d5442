// SPDX-License-Identifier: Apache-2.0
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  type EnvelopeSignature,
  fromBase64,
  type LoggedRecord,
  PAYLOAD_TYPE_STATEMENT,
  type RecordSet,
  readRecord,
  recordSet,
  toBase64,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { ServerError } from '../errors.ts';

const FORMAT = 'countersign-firm-records';

/**
 * The records of a firm's log in one file: gzip over JSON lines, a head with the founding digest first, then one record a
 * line with its place, time, payload bytes as text and signatures. Documents are compiled from records alone, so this is
 * all they need; no key and no blob is in it. Headers of decision batches are left out, as no document reads them.
 */
export function encodeFirmLog(root: string, records: readonly LoggedRecord[]): Uint8Array {
  const text = new TextDecoder('utf-8', { fatal: true });
  const lines = records.map(({ index, loggedAt, envelope }) =>
    JSON.stringify({
      index,
      loggedAt,
      payload: text.decode(fromBase64(envelope.payload)),
      signatures: envelope.signatures,
    }),
  );
  const head = JSON.stringify({ v: 1, format: FORMAT, root, records: records.length });
  return gzipSync(`${[head, ...lines].join('\n')}\n`, { level: 9 });
}

interface Line {
  readonly index: number;
  readonly loggedAt: string;
  readonly payload: string;
  readonly signatures: readonly EnvelopeSignature[];
}

/**
 * Reads such a file and judges every record as a server would: signatures are verified from the founding record on.
 * @throws ServerError `record_refused` where the file is none or a record does not count; KernelError for a malformed one
 */
export function decodeFirmLog(bytes: Uint8Array): RecordSet {
  const [first = '', ...lines] = gunzipSync(bytes).toString('utf8').trimEnd().split('\n');
  // Read from a file of ours; each payload is checked by the signatures over it.
  const head = JSON.parse(first) as { readonly format?: string; readonly root?: string };
  if (head.format !== FORMAT || head.root === undefined)
    throw new ServerError('record_refused', 'the file holds no records of a firm');
  const entries = lines.map((line): LoggedRecord => {
    const { index, loggedAt, payload, signatures } = JSON.parse(line) as Line;
    const envelope = {
      payloadType: PAYLOAD_TYPE_STATEMENT,
      payload: toBase64(new TextEncoder().encode(payload)),
      signatures,
    };
    return { ...readRecord(nodePrimitives, envelope), index, loggedAt };
  });
  const read = recordSet(nodePrimitives, head.root, entries);
  if (!read.ok) throw new ServerError('record_refused', read.reason);
  return read.set;
}
