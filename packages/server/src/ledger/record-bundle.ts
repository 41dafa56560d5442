// SPDX-License-Identifier: Apache-2.0
import {
  canonicalBytes,
  concatBytes,
  type EnvelopeSignature,
  type Json,
  parseStrictJson,
  utf8,
} from '@countersign/kernel';
import { ServerError } from '../errors.ts';

/** One record as the published log keeps it. */
export interface BundledRecord {
  /** Undefined when it is larger than a row may be: then it is a blob under the leaf's payload digest. */
  readonly payload: Uint8Array | undefined;
  readonly signatures: readonly EnvelopeSignature[];
}

const MAGIC = utf8('countersign/records/v1\n');
const IN_BLOB_STORE = 0xffffffff;

/**
 * Bytes of the records of one checkpoint step: the magic line, then for each record its payload and the
 * canonical JSON of its sorted signatures, each after its length as a big-endian uint32. A payload length of
 * 2^32-1 says that the payload is a blob. The leaves commit to all of it, so nothing here needs a checksum.
 */
export function encodeRecordBundle(records: readonly BundledRecord[]): Uint8Array {
  return concatBytes(
    MAGIC,
    ...records.flatMap(({ payload, signatures }) => {
      // Signatures are plain JSON; WebAuthn parts are an optional member of it.
      const signed = canonicalBytes(signatures as unknown as Json);
      const head = uint32(payload === undefined ? IN_BLOB_STORE : payload.length);
      return [head, payload ?? new Uint8Array(0), uint32(signed.length), signed];
    }),
  );
}

/** @throws ServerError `ledger_corrupt`; KernelError for signatures that are not JSON */
export function decodeRecordBundle(bundle: Uint8Array): readonly BundledRecord[] {
  const reader = { bundle, at: MAGIC.length };
  if (!MAGIC.every((byte, index) => bundle[index] === byte)) {
    throw new ServerError('ledger_corrupt', 'a record bundle does not begin with its magic line');
  }
  const records: BundledRecord[] = [];
  while (reader.at < bundle.length) {
    const length = readUint32(reader);
    const payload = length === IN_BLOB_STORE ? undefined : readBytes(reader, length);
    const signatures = parseStrictJson(readBytes(reader, readUint32(reader)));
    if (!Array.isArray(signatures)) {
      throw new ServerError('ledger_corrupt', 'a record bundle holds signatures that are no list');
    }
    // Shape is checked against the leaf's digest, which only the canonical form of real signatures meets.
    records.push({ payload, signatures: signatures as unknown as readonly EnvelopeSignature[] });
  }
  return records;
}

/**
 * `records/<start>-<end>`, start in the grouping of C2SP tile paths. The end is part of the name because an
 * attempt that crashed may have left a bundle with the same start, which must not be taken for the real one.
 */
export function bundlePath(start: number, end: number): string {
  return `${bundlePrefix(start)}${end}`;
}

export function bundlePrefix(start: number): string {
  const digits = String(start);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g) ?? [];
  return `records/${groups.map((group, i) => (i + 1 < groups.length ? `x${group}` : group)).join('/')}-`;
}

interface Reader {
  readonly bundle: Uint8Array;
  at: number;
}

function readBytes(reader: Reader, length: number): Uint8Array {
  const end = reader.at + length;
  if (end > reader.bundle.length) {
    throw new ServerError('ledger_corrupt', 'a record bundle ends within a record');
  }
  const bytes = reader.bundle.subarray(reader.at, end);
  reader.at = end;
  return bytes;
}

function readUint32(reader: Reader): number {
  const bytes = readBytes(reader, 4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
