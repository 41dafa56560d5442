// SPDX-License-Identifier: Apache-2.0
import { concatBytes, equalBytes, utf8 } from './bytes.ts';
import { KernelError } from './errors.ts';
import { canonicalBytes } from './json/canonical.ts';
import { type Json, parseStrictJson } from './json/parse.ts';
import { type Digest, isDigest, type Primitives, sha256Hex } from './primitives.ts';

/** What a decision consists of. Each part is stored by itself and can be destroyed by itself. */
export const DECISION_PARTS = ['header', 'inputs', 'output', 'reasons', 'protected'] as const;

export type DecisionPart = (typeof DECISION_PARTS)[number];
export type DecisionCommitments = { readonly [part in DecisionPart]: Digest };

const PART_DOMAIN = 'countersign/part/v1\n';
const SALT_BYTES = 16;
const LEAF_BYTES_MAX = 1024;

/**
 * SHA-256("countersign/part/v1\n" || name || "\n" || salt || bytes). The salt (16 random bytes,
 * stored with the part) keeps a destroyed part from being guessed back out of its commitment.
 * Throws `bad_decision` for another salt length.
 */
export function partCommitment(
  p: Primitives,
  name: DecisionPart,
  salt: Uint8Array,
  bytes: Uint8Array,
): Digest {
  if (salt.length !== SALT_BYTES) {
    throw bad(`the salt of part \`${name}\` must have ${SALT_BYTES} bytes`);
  }
  return sha256Hex(p, concatBytes(utf8(`${PART_DOMAIN}${name}\n`), salt, bytes));
}

/**
 * The leaf of a decision in its batch: canonical JSON; throws `bad_decision` for a commitment that
 * is no digest.
 */
export function encodeDecisionLeaf(commitments: DecisionCommitments): Uint8Array {
  const { header, inputs, output, reasons } = commitments;
  for (const part of DECISION_PARTS) {
    if (!isDigest(commitments[part])) throw bad(`the commitment of \`${part}\` must be a digest`);
  }
  const parts = { header, inputs, output, reasons, protected: commitments.protected };
  return canonicalBytes({ v: 1, type: 'decision', ...parts });
}

/**
 * The commitments of a leaf; throws `bad_decision` unless the bytes are exactly what
 * `encodeDecisionLeaf` writes.
 */
export function parseDecisionLeaf(bytes: Uint8Array): DecisionCommitments {
  const json = parseStrictJson(bytes, { maxBytes: LEAF_BYTES_MAX });
  const commitments = {
    header: member(json, 'header'),
    inputs: member(json, 'inputs'),
    output: member(json, 'output'),
    reasons: member(json, 'reasons'),
    protected: member(json, 'protected'),
  };
  if (!equalBytes(encodeDecisionLeaf(commitments), bytes)) {
    throw bad('a decision leaf must be canonical, of `v` 1, without other members');
  }
  return commitments;
}

/** True if an opened part is what the leaf commits to. */
export function verifyPart(
  p: Primitives,
  commitments: DecisionCommitments,
  opened: { readonly name: DecisionPart; readonly salt: Uint8Array; readonly bytes: Uint8Array },
): boolean {
  if (opened.salt.length !== SALT_BYTES) return false;
  return partCommitment(p, opened.name, opened.salt, opened.bytes) === commitments[opened.name];
}

function member(json: Json, name: DecisionPart): string {
  const object = typeof json === 'object' && json !== null && !Array.isArray(json) ? json : {};
  const value = (object as { readonly [name: string]: Json })[name]; // arrays were replaced above
  if (typeof value !== 'string') throw bad(`a decision leaf must have \`${name}\``);
  return value;
}

function bad(message: string): KernelError {
  return new KernelError('bad_decision', message);
}
