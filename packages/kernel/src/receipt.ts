// SPDX-License-Identifier: Apache-2.0
import { fromBase64, fromHex } from './bytes.ts';
import { parseDecisionLeaf } from './decision.ts';
import {
  type Envelope,
  envelopePayload,
  parseEnvelope,
  signatureSetDigest,
  verifySignature,
} from './dsse.ts';
import { KernelError } from './errors.ts';
import type { Json } from './json/parse.ts';
import { checkpointSignedBy } from './log/checkpoint.ts';
import { parseLogLeaf } from './log/leaf.ts';
import { leafHash } from './merkle/tree-hash.ts';
import { verifyInclusion } from './merkle/verify.ts';
import { type Primitives, type PublicKey, sha256Hex } from './primitives.ts';
import type { DecisionBatchContent } from './records/contents.ts';
import {
  asArray,
  asCount,
  asDigest,
  asNonEmpty,
  asObject,
  asString,
  malformed,
  onlyKeys,
} from './records/shape.ts';
import { readRecord } from './records/statement.ts';

/** No tree of under 2^53 leaves has a longer audit path. */
const PROOF_MAX = 53;

/**
 * Proof that a decision is in a batch that a gateway signed and, with `log`, that the batch is in
 * the log.
 */
export interface Receipt {
  readonly v: 1;
  /**
   * The decision's id, for finding it. What is proven is the leaf; open its header part to prove
   * the id.
   */
  readonly decision: string;
  /** Base64 of the decision leaf. */
  readonly leaf: string;
  readonly index: number;
  readonly size: number;
  /** Hex, leaf side first. */
  readonly proof: readonly string[];
  /** The signed batch header: a decision-log record of kind `batch`. */
  readonly header: Envelope;
  readonly log?: ReceiptLog;
}

export interface ReceiptLog {
  readonly index: number;
  /** Base64 of the log leaf of the batch header. */
  readonly leaf: string;
  readonly proof: readonly string[];
  /** A signed checkpoint, as published. */
  readonly checkpoint: string;
}

export interface ReceiptTrust {
  readonly gatewayKey: PublicKey;
  /**
   * With `logKeys`; without both the log part of a receipt is not looked at and its state is
   * `batched`.
   */
  readonly logName?: string;
  /** One of these must have signed the checkpoint: a log key may have been replaced. */
  readonly logKeys?: readonly PublicKey[];
}

export type ReceiptVerdict =
  | { readonly ok: true; readonly state: 'batched' | 'checkpointed' }
  | { readonly ok: false; readonly reason: string };

/** Reads a foreign receipt; throws `record_malformed` or `bad_envelope` naming the path. */
export function parseReceipt(json: Json): Receipt {
  const at = 'receipt';
  const object = asObject(json, at);
  onlyKeys(object, ['v', 'decision', 'leaf', 'index', 'size', 'proof', 'header', 'log'], at);
  if (object.v !== 1) throw malformed(`${at}.v`, '1');
  const receipt: Receipt = {
    v: 1,
    decision: asNonEmpty(object.decision, `${at}.decision`),
    leaf: asString(object.leaf, `${at}.leaf`),
    index: asCount(object.index, `${at}.index`),
    size: asCount(object.size, `${at}.size`),
    proof: proofOf(object.proof, `${at}.proof`),
    header: parseEnvelope(object.header ?? null),
  };
  return object.log === undefined ? receipt : { ...receipt, log: logOf(object.log, `${at}.log`) };
}

/**
 * Checks a receipt with nothing but keys: the gateway's signature on the batch header, the leaf in
 * the batch and, with the log's name and key, the header in the log under a signed checkpoint.
 * Never throws for what is in the receipt.
 */
export function verifyReceipt(
  p: Primitives,
  receipt: Receipt,
  trust: ReceiptTrust,
): ReceiptVerdict {
  try {
    const reason = batchRefusal(p, receipt, trust.gatewayKey);
    if (reason !== undefined) return { ok: false, reason };
    const { logName, logKeys } = trust;
    if (receipt.log === undefined || logName === undefined || logKeys === undefined) {
      return { ok: true, state: 'batched' };
    }
    const log = { name: logName, keys: logKeys };
    const logReason = logRefusal(p, { header: receipt.header, log: receipt.log }, log);
    return logReason === undefined
      ? { ok: true, state: 'checkpointed' }
      : { ok: false, reason: logReason };
  } catch (error) {
    if (error instanceof KernelError) return { ok: false, reason: error.message };
    throw error;
  }
}

function batchRefusal(p: Primitives, receipt: Receipt, gatewayKey: PublicKey): string | undefined {
  const { header } = receipt;
  const isSigned = header.signatures.some((one) => verifySignature(p, header, one, gatewayKey));
  if (!isSigned) return 'the batch header is not signed by the gateway';
  const { predicate } = readRecord(p, header).statement;
  if (predicate.type !== 'decision-log' || predicate.kind !== 'batch') {
    return 'the header is not the record of a decision batch';
  }
  // A view for the compiler: both members are read strictly below.
  const batch = predicate.content as unknown as Pick<DecisionBatchContent, 'count' | 'root'>;
  if (asCount(batch.count, 'content.count') !== receipt.size) {
    return `the batch has ${batch.count} decisions, the receipt says ${receipt.size}`;
  }
  const leaf = fromBase64(receipt.leaf);
  parseDecisionLeaf(leaf);
  const isIncluded = verifyInclusion(p, {
    leaf: leafHash(p, leaf),
    index: receipt.index,
    size: receipt.size,
    proof: receipt.proof.map(fromHex),
    root: fromHex(asDigest(batch.root, 'content.root')),
  });
  return isIncluded ? undefined : 'the inclusion proof does not lead to the root of the batch';
}

function logRefusal(
  p: Primitives,
  receipt: { readonly header: Envelope; readonly log: ReceiptLog },
  by: { readonly name: string; readonly keys: readonly PublicKey[] },
): string | undefined {
  const { header, log } = receipt;
  const checkpoint = checkpointSignedBy(p, log.checkpoint, by);
  if (checkpoint === undefined) return `the checkpoint is not signed by \`${by.name}\``;
  const bytes = fromBase64(log.leaf);
  const leaf = parseLogLeaf(bytes);
  if (leaf.payload !== sha256Hex(p, envelopePayload(header))) {
    return 'the log leaf is of another record than the batch header';
  }
  if (leaf.signatures !== signatureSetDigest(p, header.signatures)) {
    return 'the log leaf is of other signatures than those on the batch header';
  }
  const isIncluded = verifyInclusion(p, {
    leaf: leafHash(p, bytes),
    index: log.index,
    size: checkpoint.size,
    proof: log.proof.map(fromHex),
    root: checkpoint.root,
  });
  return isIncluded ? undefined : 'the inclusion proof does not lead to the root of the log';
}

function logOf(json: Json, at: string): ReceiptLog {
  const object = asObject(json, at);
  onlyKeys(object, ['index', 'leaf', 'proof', 'checkpoint'], at);
  return {
    index: asCount(object.index, `${at}.index`),
    leaf: asString(object.leaf, `${at}.leaf`),
    proof: proofOf(object.proof, `${at}.proof`),
    checkpoint: asString(object.checkpoint, `${at}.checkpoint`),
  };
}

function proofOf(json: Json | undefined, at: string): readonly string[] {
  const proof = asArray(json, at, asDigest);
  if (proof.length > PROOF_MAX) throw malformed(at, `a list of at most ${PROOF_MAX} hashes`);
  return proof;
}
