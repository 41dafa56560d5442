// SPDX-License-Identifier: Apache-2.0
import type { DecisionReply } from '@countersign/contract';
import { inputFields } from '@countersign/gateway';
import {
  canonicalBytes,
  DECISION_PARTS,
  type DecisionPart,
  encodeRow,
  fromBase64,
  fromHex,
  type Json,
  type ModelSpecContent,
  type Primitives,
  parseDecisionLeaf,
  verifyPart,
} from '@countersign/kernel';

/** A part whose bytes open the leaf's commitment, or why there are none. */
export interface OpenedPart {
  readonly name: DecisionPart;
  readonly state: 'opens' | 'destroyed' | 'differs';
  readonly bytes?: Uint8Array;
}

/**
 * Makes the bytes of each part again from what the server shows of it, and opens the leaf's commitments with them: what
 * is shown is what was answered, or it does not open.
 */
export function openParts(
  p: Primitives,
  decision: DecisionReply,
  spec: ModelSpecContent | undefined,
): readonly OpenedPart[] {
  const leaf = parseDecisionLeaf(fromBase64(decision.leaf));
  return DECISION_PARTS.map((name): OpenedPart => {
    const salt = decision.salts[name];
    if (salt === undefined) return { name, state: 'destroyed' };
    const bytes = partBytes(decision, name, spec);
    if (bytes === undefined) return { name, state: 'differs' };
    const opens = verifyPart(p, leaf, { name, salt: fromHex(salt), bytes });
    return opens ? { name, state: 'opens', bytes } : { name, state: 'differs' };
  });
}

function partBytes(
  decision: DecisionReply,
  name: DecisionPart,
  spec: ModelSpecContent | undefined,
): Uint8Array | undefined {
  if (name === 'header') return canonicalBytes(decision.header);
  const isFallback = decision.kind === 'fallback';
  if (decision.kind !== 'answer' && !isFallback)
    return name === 'inputs' ? keptBody(decision.inputs) : new Uint8Array();
  if (isFallback && !isModelAnswer(decision)) {
    if (name === 'inputs') return keptBody(decision.inputs);
    if (name === 'output') return decisionBytes(decision.output);
  }
  if (name === 'inputs') return spec === undefined ? undefined : inputBytes(decision.inputs, spec);
  if (name === 'output') return spec === undefined ? undefined : outputBytes(decision.output, spec);
  const json = name === 'reasons' ? decision.reasons : decision.protected;
  return json === undefined ? undefined : canonicalBytes(json);
}

function objectOf(json: Json | undefined): { readonly [name: string]: Json } | undefined {
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
  return isObject ? (json as { readonly [name: string]: Json }) : undefined;
}

function inputBytes(json: Json | undefined, spec: ModelSpecContent): Uint8Array | undefined {
  const row = objectOf(json);
  return row === undefined ? undefined : encodeRow(inputFields(spec.inputs, row));
}

function outputBytes(json: Json | undefined, spec: ModelSpecContent): Uint8Array | undefined {
  const row = objectOf(json);
  if (row === undefined) return undefined;
  const score = row[spec.output.name];
  const { decision } = row;
  if (typeof score !== 'number' || typeof decision !== 'string') return undefined;
  return encodeRow([
    { name: spec.output.name, value: { f64: score } },
    { name: 'decision', value: decision },
  ]);
}

/** Whether a model's score is in it: its own answer, or that of the version that answered in its place. */
export function isModelAnswer(decision: Pick<DecisionReply, 'kind' | 'header'>): boolean {
  if (decision.kind === 'answer') return true;
  return decision.kind === 'fallback' && objectOf(decision.header)?.fallback === 'previous-version';
}

function decisionBytes(json: Json | undefined): Uint8Array | undefined {
  const decision = objectOf(json)?.decision;
  return typeof decision === 'string'
    ? encodeRow([{ name: 'decision', value: decision }])
    : undefined;
}

/** Of a request that no model read the body is kept as it came. */
function keptBody(json: Json | undefined): Uint8Array | undefined {
  const body = objectOf(json)?.body;
  return typeof body === 'string'
    ? encodeRow([{ name: 'body', value: { bytes: fromBase64(body) } }])
    : undefined;
}
