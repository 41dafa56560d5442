// SPDX-License-Identifier: Apache-2.0
import { fromBase64, fromHex, toHex } from '../bytes.ts';
import { type Envelope, parseEnvelope, signatureSetDigest } from '../dsse.ts';
import type { Founding } from '../identity/founding.ts';
import { foundRegister } from '../identity/key-register.ts';
import type { Json } from '../json/parse.ts';
import { type Checkpoint, verifyCheckpoint } from '../log/checkpoint.ts';
import { parseLogLeaf } from '../log/leaf.ts';
import { leafHash } from '../merkle/tree-hash.ts';
import { verifyInclusion } from '../merkle/verify.ts';
import type { Primitives } from '../primitives.ts';
import { type LoggedRecord, type RecordSet, recordSet } from '../records/record-set.ts';
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
 * Verifies a bundle against the digest of the founding record: the checkpoint is signed by the log key that the founding
 * names, every record is in the log, and every record that counts is signed by who must sign it.
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
  const records = bundle.records.map((record) => ({
    record,
    signed: readRecord(p, record.envelope),
  }));
  const foundingRecord = records.find(({ signed }) => signed.digest === root);
  if (foundingRecord === undefined)
    return { ok: false, reason: `founding record ${root} is not in it` };
  const founded = foundRegister(p, foundingRecord.signed);
  if ('refused' in founded) return { ok: false, reason: `founding record: ${founded.refused}` };
  const checkpoint = checkpointOf(p, bundle.checkpoint, founded.founding);
  if (checkpoint === undefined) {
    return {
      ok: false,
      reason: 'the checkpoint is not signed by the log key of the founding record',
    };
  }
  const logged: LoggedRecord[] = [];
  for (const { record, signed } of records) {
    const leaf = parseLogLeaf(fromBase64(record.leaf));
    const bound =
      leaf.payload === signed.digest &&
      leaf.signatures === signatureSetDigest(p, record.envelope.signatures);
    if (!bound) return { ok: false, reason: `the log leaf of ${signed.digest} is for other bytes` };
    const included = verifyInclusion(p, {
      leaf: leafHash(p, fromBase64(record.leaf)),
      index: record.index,
      size: checkpoint.size,
      proof: record.proof.map(fromHex),
      root: checkpoint.root,
    });
    if (!included)
      return {
        ok: false,
        reason: `record ${signed.digest} is not in the log at ${toHex(checkpoint.root)}`,
      };
    logged.push({ ...signed, index: record.index, loggedAt: leaf.time });
  }
  const result = recordSet(p, root, logged);
  return result.ok ? { ok: true, set: result.set, checkpoint } : result;
}

/** A checkpoint is trusted when the log key that the founding record names signed it. */
export function checkpointOf(
  p: Primitives,
  text: string,
  founding: Founding,
): Checkpoint | undefined {
  const entry = founding.keys.find(
    ({ holder }) => holder.kind === 'service' && holder.service === 'log',
  );
  if (entry === undefined) return undefined;
  return verifyCheckpoint(p, text, { name: founding.logOrigin, publicKey: entry.key });
}
