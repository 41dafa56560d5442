// SPDX-License-Identifier: Apache-2.0
import {
  type Envelope,
  type EnvelopeSignature,
  envelopePayload,
  type Json,
  readRecord,
  type SignedRecord,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';

/** Larger payloads live in the blob store, under the record's own digest. */
export const PAYLOAD_BYTES_MAX = 32_768;

/** What the database holds of one record; a pure function of its envelope. */
export interface RecordRowContent {
  readonly record: SignedRecord;
  readonly payload: Uint8Array;
  /** In the order of the log leaf's digest, so that every copy of the record is the same. */
  readonly signatures: readonly EnvelopeSignature[];
  readonly links: readonly RecordLink[];
}

export interface RecordLink {
  readonly to: string;
  /** JSON pointer (RFC 6901) into the payload, list positions replaced by `*`. */
  readonly path: string;
}

/** @throws KernelError when the envelope does not hold a well-formed canonical record */
export function recordRow(envelope: Envelope): RecordRowContent {
  const record = readRecord(nodePrimitives, envelope);
  return {
    record,
    payload: envelopePayload(envelope),
    signatures: sortSignatures(envelope.signatures),
    // A statement is readonly JSON with optional members, which TypeScript does not see as Json.
    links: referencesOf(record.statement as unknown as Json),
  };
}

export function sortSignatures(
  signatures: readonly EnvelopeSignature[],
): readonly EnvelopeSignature[] {
  return [...signatures].sort((a, b) => order(a.keyid, b.keyid) || order(a.sig, b.sig));
}

/** Every digest that a payload names, each place once. */
export function referencesOf(json: Json): readonly RecordLink[] {
  const found = new Map<string, RecordLink>();
  collect(json, '', found);
  return [...found.values()];
}

function collect(json: Json, path: string, found: Map<string, RecordLink>): void {
  if (typeof json === 'string') {
    if (DIGEST.test(json)) {
      found.set(`${json}${path}`, { to: json, path });
    }
  } else if (Array.isArray(json)) {
    for (const item of json) {
      collect(item, `${path}/*`, found);
    }
  } else if (typeof json === 'object' && json !== null) {
    for (const [key, value] of Object.entries(json)) {
      collect(value, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, found);
    }
  }
}

const DIGEST = /^[0-9a-f]{64}$/;

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
