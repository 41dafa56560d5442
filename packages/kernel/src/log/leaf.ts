// SPDX-License-Identifier: Apache-2.0
import { equalBytes } from '../bytes.ts';
import { KernelError } from '../errors.ts';
import { canonicalBytes } from '../json/canonical.ts';
import { type Json, parseStrictJson } from '../json/parse.ts';
import { type Digest, isDigest } from '../primitives.ts';
import { isUtcTime } from '../time.ts';

const LEAF_BYTES_MAX = 1024;

/** What the log commits to for one record. The record's bytes are elsewhere, under their digest. */
export interface LogLeaf {
  readonly v: 1;
  readonly type: 'record';
  /** Digest of the payload bytes as received. */
  readonly payload: Digest;
  /** `signatureSetDigest` of the envelope's signatures. */
  readonly signatures: Digest;
  /** When the log took it: UTC with milliseconds. */
  readonly time: string;
}

/** Canonical JSON, under 1 KB; throws `bad_log_leaf` naming a member that is not fit. */
export function encodeLogLeaf(leaf: LogLeaf): Uint8Array {
  const { v, type, payload, signatures, time } = checked({ ...leaf });
  return canonicalBytes({ v, type, payload, signatures, time });
}

/** Throws `bad_log_leaf` unless the bytes are exactly what `encodeLogLeaf` writes. */
export function parseLogLeaf(bytes: Uint8Array): LogLeaf {
  const json = parseStrictJson(bytes, { maxBytes: LEAF_BYTES_MAX });
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw bad('an object');
  const leaf = checked(json as { readonly [name: string]: Json }); // arrays were refused above
  if (!equalBytes(encodeLogLeaf(leaf), bytes)) throw bad('canonical, without other members');
  return leaf;
}

function checked(leaf: { readonly [name: string]: Json }): LogLeaf {
  const { v, type, payload, signatures, time } = leaf;
  if (v !== 1) throw bad('of `v` 1');
  if (type !== 'record') throw bad('of `type` `record`');
  if (typeof payload !== 'string' || !isDigest(payload)) throw bad('with a digest as `payload`');
  if (typeof signatures !== 'string' || !isDigest(signatures))
    throw bad('with a digest as `signatures`');
  if (typeof time !== 'string' || !isUtcTime(time))
    throw bad('with a UTC time in milliseconds as `time`');
  return { v, type, payload, signatures, time };
}

function bad(expected: string): KernelError {
  return new KernelError('bad_log_leaf', `a log leaf must be ${expected}`);
}
