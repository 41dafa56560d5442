// SPDX-License-Identifier: Apache-2.0
import {
  canonicalBytes,
  type Envelope,
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
import { VerifierError } from '../errors.ts';

export const PAYLOAD_TYPE_CASE = 'application/vnd.countersign.case+json';
export const MANIFEST_ENTRY = 'manifest.json';
export const BUNDLE_ENTRY = 'bundle.json';
export const DECISION_ENTRY = 'decision.json';

/** What a case file is about, and the digest of each other entry. The platform signs it, so nothing in it can be edited. */
export interface CaseManifest {
  readonly root: string;
  readonly made: string;
  readonly about: {
    readonly model: string;
    readonly use: string;
    readonly version: number;
    readonly decision?: string;
    readonly warrant?: string;
  };
  readonly entries: readonly {
    readonly name: string;
    readonly digest: string;
    readonly size: number;
  }[];
}

export async function signManifest(manifest: CaseManifest, signer: Signer): Promise<Uint8Array> {
  const payload = canonicalBytes({ v: 1, ...manifest } as unknown as Json);
  const envelope = await signEnvelope(PAYLOAD_TYPE_CASE, payload, [signer]);
  return canonicalBytes(envelope as unknown as Json);
}

/** The manifest's envelope; its bytes have one form, so white space cannot be changed unseen either. */
export function readManifestEnvelope(bytes: Uint8Array): Envelope {
  const json = parseStrictJson(bytes, { maxBytes: 64 * 1024 * 1024 });
  const canonical = canonicalBytes(json);
  if (canonical.length !== bytes.length || !canonical.every((byte, at) => byte === bytes[at])) {
    throw new VerifierError(
      'zip_not_canonical',
      MANIFEST_ENTRY,
      'the manifest is not in canonical form',
    );
  }
  return parseEnvelope(json);
}

/** The manifest if the platform key signed it. Its shape is our own writer's, which the signature vouches for. */
export function openManifest(
  p: Primitives,
  envelope: Envelope,
  key: PublicKey,
): CaseManifest | undefined {
  if (envelope.payloadType !== PAYLOAD_TYPE_CASE || envelope.signatures.length !== 1)
    return undefined;
  const signature = envelope.signatures[0];
  if (signature === undefined || !verifySignature(p, envelope, signature, key)) return undefined;
  const payload = fromBase64(envelope.payload);
  return parseStrictJson(payload, { maxBytes: 64 * 1024 * 1024 }) as unknown as CaseManifest;
}

export function entryOf(p: Primitives, name: string, bytes: Uint8Array) {
  return { name, digest: sha256Hex(p, bytes), size: bytes.length };
}
