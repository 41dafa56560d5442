// SPDX-License-Identifier: Apache-2.0
import { fromBase64, fromHex, toHex } from '../bytes.ts';
import { type Envelope, parseEnvelope, signatureSetDigest } from '../dsse.ts';
import type { Json } from '../json/parse.ts';
import { type Checkpoint, checkpointSignedBy } from '../log/checkpoint.ts';
import { parseLogLeaf } from '../log/leaf.ts';
import { leafHash } from '../merkle/tree-hash.ts';
import { verifyInclusion } from '../merkle/verify.ts';
import type { Primitives } from '../primitives.ts';
import { type LoggedRecord, logKeysOf, type RecordSet, recordSet } from '../records/record-set.ts';
import {
  asArray,
  asCount,
  asNonEmpty,
  asObject,
  asString,
  malformed,
  onlyKeys,
} from '../records/shape.ts';
import { readRecord } from '../records/statement.ts';

/** One record with the proof that it is in the log. */
export interface ProvenRecord {
  readonly envelope: Envelope;
  readonly index: number;
  /** The log leaf, base64 of its canonical bytes. */
  readonly leaf: string;
  /** Inclusion proof against the bundle's checkpoint, hex hashes (RFC 6962, section 2.1.1). */
  readonly proof: readonly string[];
}

/** Records with proofs against one signed checkpoint: what a gateway, `approve` and a case file are given. */
export interface ProofBundle {
  readonly v: 1;
  readonly checkpoint: string;
  readonly records: readonly ProvenRecord[];
}

export function readProofBundle(json: Json): ProofBundle {
  const object = asObject(json, 'bundle');
  onlyKeys(object, ['v', 'checkpoint', 'records'], 'bundle');
  if (object.v !== 1) throw malformed('bundle.v', '1');
  return {
    v: 1,
    checkpoint: asNonEmpty(object.checkpoint, 'bundle.checkpoint'),
    records: asArray(object.records, 'bundle.records', (item, path) => {
      const record = asObject(item, path);
      onlyKeys(record, ['envelope', 'index', 'leaf', 'proof'], path);
      return {
        envelope: parseEnvelope(record.envelope ?? null),
        index: asCount(record.index, `${path}.index`),
        leaf: asNonEmpty(record.leaf, `${path}.leaf`),
        proof: asArray(record.proof, `${path}.proof`, asString),
      };
    }),
  };
}

export type BundleResult =
  | { readonly ok: true; readonly set: RecordSet; readonly checkpoint: Checkpoint }
  | { readonly ok: false; readonly reason: string };

/**
 * Verifies a bundle against the digest of the founding record: the checkpoint is signed by a log key that the firm's
 * records name, every record is in the log, and every record that counts is signed by who must sign it.
 * The bundle's maker is not trusted; it can only leave records out.
 */
export function verifyBundle(p: Primitives, bundle: ProofBundle, root: string): BundleResult {
  try {
    return verify(p, bundle, root);
  } catch (error) {
    return {
      ok: false,
      reason: error instanceof Error ? error.message : 'the bundle is unreadable',
    };
  }
}

function verify(p: Primitives, bundle: ProofBundle, root: string): BundleResult {
  const logged = bundle.records.map((record) => boundRecord(p, record));
  const result = recordSet(p, root, logged);
  if (!result.ok) return result;
  const early = backwards(logged);
  if (early !== undefined)
    return { ok: false, reason: `the log's times go back at entry ${early.index}` };
  // The records say which key signs for the log: enrolling it took a quorum, so they need no proof for that.
  const checkpoint = checkpointOf(p, bundle.checkpoint, result.set);
  if (checkpoint === undefined) {
    return { ok: false, reason: 'the checkpoint is not signed by a log key of this firm' };
  }
  for (const { leaf, index, proof, envelope } of bundle.records) {
    const included = verifyInclusion(p, {
      leaf: leafHash(p, fromBase64(leaf)),
      index,
      size: checkpoint.size,
      proof: proof.map(fromHex),
      root: checkpoint.root,
    });
    if (included) continue;
    const { digest } = readRecord(p, envelope);
    return { ok: false, reason: `record ${digest} is not in the log at ${toHex(checkpoint.root)}` };
  }
  return { ok: true, set: result.set, checkpoint };
}

/** Delays, windows and expiries are judged by the log's times: were they free to go back, so would be the order of things. */
function backwards(logged: readonly LoggedRecord[]): LoggedRecord | undefined {
  const sorted = [...logged].sort((a, b) => a.index - b.index);
  return sorted.find(({ loggedAt }, at) => loggedAt < (sorted[at - 1]?.loggedAt ?? loggedAt));
}

function boundRecord(p: Primitives, record: ProvenRecord): LoggedRecord {
  const signed = readRecord(p, record.envelope);
  const leaf = parseLogLeaf(fromBase64(record.leaf));
  const isBound =
    leaf.payload === signed.digest &&
    leaf.signatures === signatureSetDigest(p, record.envelope.signatures);
  if (!isBound) {
    throw malformed(
      'bundle.records',
      `with log leaves of their own; that of ${signed.digest} is for other bytes`,
    );
  }
  return { ...signed, index: record.index, loggedAt: leaf.time };
}

/** A checkpoint is trusted when a log key that the firm's records name, and have not retired, signed it. */
export function checkpointOf(p: Primitives, text: string, set: RecordSet): Checkpoint | undefined {
  return checkpointSignedBy(p, text, { name: set.founding.logOrigin, keys: logKeysOf(set) });
}
