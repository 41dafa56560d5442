// SPDX-License-Identifier: Apache-2.0
import {
  canonicalBytes,
  DECISION_PARTS,
  type DecisionPart,
  type Digest,
  encodeDecisionLeaf,
  type Json,
  type Primitives,
  partCommitment,
} from '@countersign/kernel';

export const DECISION_KINDS = ['answer', 'fallback', 'refusal', 'error'] as const;
export type DecisionKind = (typeof DECISION_KINDS)[number];

/** The header part of a decision: what is said of every request, refused ones included. */
export interface DecisionHeader {
  readonly v: 1;
  readonly id: string;
  readonly kind: DecisionKind;
  readonly workspace: string;
  readonly gateway: string;
  readonly model: string;
  readonly use?: string;
  readonly version?: number;
  readonly stage: string;
  readonly warrant?: Digest;
  readonly artifact?: Digest;
  readonly spec?: Digest;
  readonly caller: string;
  /** UTC, when the request was read. */
  readonly received: string;
  readonly bodyDigest: Digest;
  /** Of a refusal its code and what was said; of a fallback why the model did not answer. */
  readonly code?: string;
  readonly message?: string;
  /** Of a fallback the kind that answered; of a refusal the kind that is declared. */
  readonly fallback?: string;
  /** Of a fallback the warrant that did not hold; `warrant` is another one only for `previous-version`. */
  readonly fallbackOf?: Digest;
}

export interface SealedPart {
  readonly name: DecisionPart;
  readonly salt: Uint8Array;
  readonly bytes: Uint8Array;
}

/** A decision with its leaf: the header and parts are stored apart, the leaf commits to each with a salt of its own. */
export interface Decision {
  readonly header: DecisionHeader;
  readonly parts: readonly SealedPart[];
  readonly leaf: Uint8Array;
}

export type PartBytes = { readonly [part in Exclude<DecisionPart, 'header'>]: Uint8Array };

export function sealDecision(
  p: Primitives,
  header: DecisionHeader,
  sealed: { readonly parts: PartBytes; readonly salts: () => Uint8Array },
): Decision {
  const bytes = { ...sealed.parts, header: canonicalBytes(header as unknown as Json) };
  const parts = DECISION_PARTS.map((name) => ({ name, salt: sealed.salts(), bytes: bytes[name] }));
  const commit = (name: DecisionPart): Digest => {
    const part = parts.find((one) => one.name === name);
    if (part === undefined) throw new Error(`no part ${name}`);
    return partCommitment(p, name, part.salt, part.bytes);
  };
  const leaf = encodeDecisionLeaf({
    header: commit('header'),
    inputs: commit('inputs'),
    output: commit('output'),
    reasons: commit('reasons'),
    protected: commit('protected'),
  });
  return { header, parts, leaf };
}
