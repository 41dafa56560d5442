// SPDX-License-Identifier: Apache-2.0
import { fromBase64, fromUtf8 } from '../bytes.ts';
import { type Envelope, signEnvelope, verifySignature } from '../dsse.ts';
import { canonicalBytes } from '../json/canonical.ts';
import { parseStrictJson } from '../json/parse.ts';
import type { Primitives, PublicKey, Signer } from '../primitives.ts';
import {
  asArray,
  asCount,
  asDigest,
  asObject,
  asTime,
  malformed,
  onlyKeys,
} from '../records/shape.ts';

export const PAYLOAD_TYPE_STATUS = 'application/vnd.countersign.status+json';

/**
 * The signed status: which warrants live, as of a checkpoint of the log. A gateway answers only while it holds one
 * no older than its freshness bound, so a revocation bites even when nothing can be reached.
 */
export interface Status {
  readonly founding: string;
  readonly size: number;
  /** Root of the log at `size`, hex. */
  readonly root: string;
  readonly time: string;
  readonly live: readonly string[];
}

/** Signed with each of the log's keys: two while one replaces the other. */
export async function signStatus(status: Status, signers: readonly Signer[]): Promise<Envelope> {
  const { founding, size, root, time, live } = status;
  const payload = canonicalBytes({ v: 1, founding, size, root, time, live: [...live].sort() });
  return signEnvelope(PAYLOAD_TYPE_STATUS, payload, signers);
}

/** The status that an envelope holds, or undefined when none of the log's keys signed it. */
export function openStatus(
  p: Primitives,
  envelope: Envelope,
  logKeys: readonly PublicKey[],
): Status | undefined {
  if (envelope.payloadType !== PAYLOAD_TYPE_STATUS) return undefined;
  const isSigned = envelope.signatures.some((one) =>
    logKeys.some((key) => verifySignature(p, envelope, one, key)),
  );
  if (!isSigned) return undefined;
  const object = asObject(parseStrictJson(fromUtf8(fromBase64(envelope.payload))), 'status');
  onlyKeys(object, ['v', 'founding', 'size', 'root', 'time', 'live'], 'status');
  if (object.v !== 1) throw malformed('status.v', '1');
  return {
    founding: asDigest(object.founding, 'status.founding'),
    size: asCount(object.size, 'status.size'),
    root: asDigest(object.root, 'status.root'),
    time: asTime(object.time, 'status.time'),
    live: asArray(object.live, 'status.live', asDigest),
  };
}
