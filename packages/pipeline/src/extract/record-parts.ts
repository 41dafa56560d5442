// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { canonicalBytes } from '@countersign/kernel';
import { toRecordJson } from '../file/to-record-json.ts';
import type { SnapshotOrigin } from './snapshot-origin.ts';

/** In one record; of a longer list the names and claims stand in the run's result alone. */
const PARTS_MAX = 50;

/**
 * An origin as a record holds it: of many parts their number, the SHA-256 of the list's canonical JSON, and each
 * digest: a table in thousands of files must not outgrow what a record may be, and what is kept or erased by its class
 * is found by the digests that records name.
 */
export function recordParts(origin: SnapshotOrigin): object {
  if (!('parts' in origin) || origin.parts.length <= PARTS_MAX) return origin;
  const list = canonicalBytes(toRecordJson(origin.parts));
  const listDigest = createHash('sha256').update(list).digest('hex');
  const digests = origin.parts.map(({ digest }) => digest);
  return { ...origin, parts: { count: digests.length, listDigest, digests } };
}
