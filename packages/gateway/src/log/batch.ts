// SPDX-License-Identifier: Apache-2.0
import {
  type DecisionBatchContent,
  type Envelope,
  type Json,
  leafHash,
  merkleTree,
  PAYLOAD_TYPE_STATEMENT,
  type Predicate,
  type Primitives,
  type Receipt,
  readRecord,
  type SignedRecord,
  type Signer,
  signEnvelope,
  statementBytes,
  toBase64,
  toHex,
} from '@countersign/kernel';
import type { Decision, DecisionKind } from '../decision/decision.ts';

/** Where a gateway's chain of batches stands. A missing batch breaks `previousRoot` of the next. */
export interface ChainPosition {
  readonly epoch: number;
  readonly n: number;
  readonly previousRoot: string;
}

export interface BatchIdentity {
  readonly workspace: string;
  readonly root: string;
  readonly gateway: string;
  readonly signer: Signer;
}

/** One commit group, signed before it is written. */
export interface SignedBatch {
  readonly decisions: readonly Decision[];
  readonly header: SignedRecord;
  readonly content: DecisionBatchContent;
  readonly receipts: readonly Receipt[];
}

/** Builds the Merkle batch of a commit group and signs its header, a `decision-log` record of kind batch. */
export async function signBatch(
  p: Primitives,
  decisions: readonly Decision[],
  by: { readonly identity: BatchIdentity; readonly position: ChainPosition; readonly now: string },
): Promise<SignedBatch> {
  const tree = merkleTree(
    p,
    decisions.map(({ leaf }) => leafHash(p, leaf)),
  );
  const content = batchContent(decisions, { ...by, root: toHex(tree.root) });
  const { envelope, header } = await signHeader(p, content, by);
  const receipts = decisions.map(
    ({ header: { id }, leaf }, index): Receipt => ({
      v: 1,
      decision: id,
      leaf: toBase64(leaf),
      index,
      size: decisions.length,
      proof: tree.inclusionProof(index).map(toHex),
      header: envelope,
    }),
  );
  return { decisions, header, content, receipts };
}

function batchContent(
  decisions: readonly Decision[],
  by: {
    readonly identity: BatchIdentity;
    readonly position: ChainPosition;
    readonly root: string;
    readonly now: string;
  },
): DecisionBatchContent {
  const headers = decisions.map(({ header }) => header);
  const times = headers.map(({ received }) => received).sort();
  const count = (wanted: DecisionKind) => headers.filter(({ kind }) => kind === wanted).length;
  const answered = count('answer');
  const fallback = count('fallback');
  const warrants = new Set(headers.flatMap(({ warrant }) => warrant ?? []));
  return {
    gateway: by.identity.gateway,
    ...by.position,
    count: decisions.length,
    root: by.root,
    firstTime: times[0] ?? by.now,
    lastTime: times.at(-1) ?? by.now,
    warrants: [...warrants].sort(),
    answered,
    ...(fallback === 0 ? {} : { fallback }),
    refused: decisions.length - answered - fallback,
  };
}

async function signHeader(
  p: Primitives,
  content: DecisionBatchContent,
  by: { readonly identity: BatchIdentity; readonly now: string },
): Promise<{ readonly envelope: Envelope; readonly header: SignedRecord }> {
  const { identity } = by;
  const predicate: Predicate = {
    type: 'decision-log',
    kind: 'batch',
    scope: 'firm',
    subjectRef: { workspace: identity.workspace },
    producer: 'serving',
    actor: `service:${identity.gateway}`,
    claimedAt: by.now,
    source: [...content.warrants],
    founding: identity.root,
    content: content as unknown as { readonly [key: string]: Json },
  };
  const subject = [
    { name: `${content.gateway}/${content.epoch}/${content.n}`, digest: { sha256: content.root } },
  ];
  const payload = statementBytes({ subject, predicate });
  const envelope = await signEnvelope(PAYLOAD_TYPE_STATEMENT, payload, [identity.signer]);
  return { envelope, header: readRecord(p, envelope) };
}
