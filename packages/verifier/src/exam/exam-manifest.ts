// SPDX-License-Identifier: Apache-2.0
import {
  canonicalBytes,
  fromBase64,
  type Json,
  type Primitives,
  type PublicKey,
  parseEnvelope,
  parseStrictJson,
  type Signer,
  sha256Hex,
  signEnvelope,
  verifySignature,
} from '@countersign/kernel';
import type { ZipEntry } from '../zip/canonical-zip.ts';

export const PAYLOAD_TYPE_EXAM = 'application/vnd.countersign.exam+json';
export const EXAM_MANIFEST_ENTRY = 'manifest.json';

const MANIFEST_BYTES_MAX = 64 * 1024 * 1024;

/** Signed by the platform: which firm's package it is, and the digest of each other entry. It names no time of its making. */
export interface ExamManifest {
  readonly v: 1;
  readonly root: string;
  readonly entries: readonly {
    readonly name: string;
    readonly digest: string;
    readonly size: number;
  }[];
}

export async function signExamManifest(
  p: Primitives,
  root: string,
  at: { readonly entries: readonly ZipEntry[]; readonly signer: Signer },
): Promise<Uint8Array> {
  const entries = at.entries
    .map(({ name, bytes }) => ({ name, digest: sha256Hex(p, bytes), size: bytes.length }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const payload = canonicalBytes({ v: 1, root, entries });
  const envelope = await signEnvelope(PAYLOAD_TYPE_EXAM, payload, [at.signer]);
  return canonicalBytes(envelope as unknown as Json);
}

/** The manifest if one of the keys signed it; its shape is our own writer's, which the signature vouches for. */
export function openExamManifest(
  p: Primitives,
  bytes: Uint8Array,
  keys: readonly PublicKey[],
): ExamManifest | undefined {
  const envelope = parseEnvelope(parseStrictJson(bytes, { maxBytes: MANIFEST_BYTES_MAX }));
  const [signature] = envelope.signatures;
  if (envelope.payloadType !== PAYLOAD_TYPE_EXAM || signature === undefined) return undefined;
  if (!keys.some((key) => verifySignature(p, envelope, signature, key))) return undefined;
  const payload = parseStrictJson(fromBase64(envelope.payload), { maxBytes: MANIFEST_BYTES_MAX });
  return payload as unknown as ExamManifest;
}
