// SPDX-License-Identifier: Apache-2.0
import { toBase64, toHex, utf8 } from '../src/bytes.ts';
import { encodeDecisionLeaf, partCommitment } from '../src/decision.ts';
import {
  type Envelope,
  envelopePayload,
  PAYLOAD_TYPE_STATEMENT,
  signatureSetDigest,
  signEnvelope,
} from '../src/dsse.ts';
import { signCheckpoint } from '../src/log/checkpoint.ts';
import { encodeLogLeaf } from '../src/log/leaf.ts';
import { type MerkleTree, merkleTree } from '../src/merkle/tree.ts';
import { leafHash } from '../src/merkle/tree-hash.ts';
import { nodePrimitives as p } from '../src/node.ts';
import { sha256Hex } from '../src/primitives.ts';
import type { Receipt, ReceiptTrust } from '../src/receipt.ts';
import type { DecisionBatchContent } from '../src/records/contents.ts';
import {
  type Predicate,
  type Statement,
  statementBytes,
  subjectOf,
} from '../src/records/statement.ts';
import { ed25519Key } from './test-keys.ts';

export const gateway = ed25519Key(21);
export const log = { name: 'log.countersign.example', ...ed25519Key(22) };
export const trust: Required<ReceiptTrust> = {
  gatewayKey: gateway.publicKey,
  logName: log.name,
  logKeys: [log.publicKey],
};

const TIME = '2026-11-22T10:00:00.000Z';
const SIZE = 5;
const INDEX = 3;

/** Five decisions in a signed batch, and the batch as the second of three entries in a log. */
export async function receipt(
  change: Partial<Predicate> = {},
  content: object = {},
): Promise<Receipt> {
  const leaves = Array.from({ length: SIZE }, (_, i) => decisionLeaf(i));
  const batch = merkleTree(
    p,
    leaves.map((leaf) => leafHash(p, leaf)),
  );
  const payload = statementBytes(batchStatement(batch, { change, content }));
  const header = await signEnvelope(PAYLOAD_TYPE_STATEMENT, payload, [gateway.signer]);
  return {
    v: 1,
    decision: 'decision-3',
    leaf: toBase64(leaves[INDEX]!),
    index: INDEX,
    size: SIZE,
    proof: batch.inclusionProof(INDEX).map(toHex),
    header,
    log: await logPart(header),
  };
}

export async function logPart(header: Envelope): Promise<NonNullable<Receipt['log']>> {
  const leaf = encodeLogLeaf({
    v: 1,
    type: 'record',
    payload: sha256Hex(p, envelopePayload(header)),
    signatures: signatureSetDigest(p, header.signatures),
    time: TIME,
  });
  const tree = merkleTree(
    p,
    [utf8('before'), leaf, utf8('after')].map((one) => leafHash(p, one)),
  );
  const checkpoint = { origin: log.name, size: tree.size, root: tree.root };
  return {
    index: 1,
    leaf: toBase64(leaf),
    proof: tree.inclusionProof(1).map(toHex),
    checkpoint: await signCheckpoint(p, checkpoint, log),
  };
}

function decisionLeaf(i: number): Uint8Array {
  const part = (name: Parameters<typeof partCommitment>[1]) =>
    partCommitment(p, name, new Uint8Array(16).fill(i), utf8(`${name} of decision ${i}`));
  return encodeDecisionLeaf({
    header: part('header'),
    inputs: part('inputs'),
    output: part('output'),
    reasons: part('reasons'),
    protected: part('protected'),
  });
}

function batchStatement(
  batch: MerkleTree,
  altered: { readonly change: Partial<Predicate>; readonly content: object },
): Statement {
  const content: DecisionBatchContent = {
    gateway: gateway.publicKey.keyid,
    epoch: 1,
    n: 7,
    count: batch.size,
    previousRoot: '0'.repeat(64),
    root: toHex(batch.root),
    firstTime: TIME,
    lastTime: TIME,
    warrants: [],
    answered: 4,
    refused: 1,
  };
  const subjectRef = { workspace: 'main', model: 'consumer-credit' };
  return {
    subject: [subjectOf(p, subjectRef)],
    predicate: {
      type: 'decision-log',
      kind: 'batch',
      scope: 'model',
      subjectRef,
      producer: 'serving',
      actor: 'service:gateway',
      claimedAt: TIME,
      source: [],
      founding: 'f'.repeat(64),
      content: { ...content, ...altered.content },
      ...altered.change,
    },
  };
}
