// SPDX-License-Identifier: Apache-2.0
import {
  canonicalJson,
  checkpointSignedBy,
  type Envelope,
  encodeRow,
  envelopePayload,
  fromBase64,
  fromHex,
  leafHash,
  merkleRoot,
  type Primitives,
  type PublicKey,
  parseEnvelope,
  parseReceipt,
  parseStrictJson,
  type ReceiptTrust,
  sha256Hex,
  toHex,
  utf8,
  verifyInclusion,
  verifyReceipt,
  verifySignature,
} from '../src/index.ts';

/** JSON, so that it can be handed to a page. */
export interface Questions {
  /** Text of an envelope. */
  readonly envelope: string;
  readonly keys: readonly PublicKey[];
  readonly receipt: string;
  readonly trust: Required<ReceiptTrust>;
}

/**
 * What the kernel says about the questions, by the given primitives: the same text wherever it
 * runs.
 */
export function answers(p: Primitives, questions: Questions): string {
  const envelope = parseEnvelope(parseStrictJson(questions.envelope));
  const payload = envelopePayload(envelope);
  const receipt = parseReceipt(parseStrictJson(questions.receipt));
  const { logName: name, logKeys: keys } = questions.trust;
  const checkpoint = checkpointSignedBy(p, receipt.log!.checkpoint, { name, keys });
  const claim = {
    leaf: leafHash(p, fromBase64(receipt.log!.leaf)),
    index: receipt.log!.index,
    size: checkpoint!.size,
    proof: receipt.log!.proof.map(fromHex),
    root: checkpoint!.root,
  };
  return canonicalJson({
    recordDigest: sha256Hex(p, payload),
    signatures: signaturesHold(p, envelope, questions.keys),
    signaturesOfAnotherPayload: signaturesHold(p, { ...envelope, payload: 'e30=' }, questions.keys),
    inclusion: verifyInclusion(p, claim),
    inclusionElsewhere: verifyInclusion(p, { ...claim, index: claim.index + 1 }),
    checkpoint: { size: checkpoint!.size, root: toHex(checkpoint!.root) },
    checkpointOfAnotherLog:
      checkpointSignedBy(p, receipt.log!.checkpoint, { name: 'another', keys }) === undefined,
    receipt: { ...verifyReceipt(p, receipt, questions.trust) },
    receiptElsewhere: { ...verifyReceipt(p, { ...receipt, index: 0 }, questions.trust) },
    root: toHex(
      merkleRoot(
        p,
        Array.from({ length: 77 }, (_, i) => leafHash(p, Uint8Array.of(i))),
      ),
    ),
    row: toHex(
      encodeRow([
        { name: 'é', value: { f64: Number.NaN } },
        { name: 'b', value: { i64: -1n } },
      ]),
    ),
    numbers: canonicalJson(parseStrictJson('[1e-7,0.1,5e-324,-0,123456789.125]')),
    refusal: refusalOf(() => parseStrictJson(utf8('{"a":1,\n"a":2}'))),
  });
}

function signaturesHold(p: Primitives, envelope: Envelope, keys: readonly PublicKey[]): boolean[] {
  return envelope.signatures.map((signature, i) =>
    verifySignature(p, envelope, signature, keys[i]!),
  );
}

function refusalOf(run: () => unknown): string {
  try {
    run();
    return 'none';
  } catch (error) {
    return String(error);
  }
}
