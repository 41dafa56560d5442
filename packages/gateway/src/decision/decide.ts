// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import { AnalysisError } from '@countersign/analysis';
import {
  canonicalBytes,
  encodeRow,
  type Json,
  type Primitives,
  sha256Hex,
} from '@countersign/kernel';
import type { Deployment } from '../deployment/load-deployment.ts';
import { GatewayError } from '../errors.ts';
import type { DecideRequest } from '../http/requests.ts';
import type { KeyedRequest } from '../log/insert-batch.ts';
import { type Answer, answerRow } from './answer.ts';
import { type Decision, type DecisionHeader, type PartBytes, sealDecision } from './decision.ts';

/** What is fixed for a gateway while it runs; clock, ids and randomness come in here. */
export interface DecideContext {
  readonly primitives: Primitives;
  readonly workspace: string;
  readonly gateway: string;
  readonly stage: string;
  /** Key of the HMACs of business keys and subjects: 32 random bytes of this firm. */
  readonly hmacKey: Uint8Array;
  readonly now: () => string;
  readonly newId: () => string;
  /** 16 random bytes. */
  readonly newSalt: () => Uint8Array;
}

/** What is known of a request before it has been understood. */
export interface Arrival {
  readonly model: string;
  readonly caller: string;
  readonly received: string;
  readonly body: Uint8Array;
}

const NOTHING = new Uint8Array();
/** Of a request that could not be understood this much is kept to show what came. */
const BODY_KEPT_MAX = 64 * 1024;

function headerBase(context: DecideContext, arrival: Arrival) {
  return {
    v: 1,
    id: context.newId(),
    workspace: context.workspace,
    gateway: context.gateway,
    model: arrival.model,
    stage: context.stage,
    caller: arrival.caller,
    received: arrival.received,
    bodyDigest: sha256Hex(context.primitives, arrival.body),
  } as const;
}

function warrantOf({ grant, use, version }: Deployment) {
  const { artifactDigest, spec } = grant.warrant;
  return { use, version, warrant: grant.digest, artifact: artifactDigest, spec };
}

/** Answers one request under a deployment. Throws GatewayError `input_invalid` naming the field. */
export async function decide(
  context: DecideContext,
  arrival: Arrival,
  at: { readonly request: DecideRequest; readonly deployment: Deployment },
): Promise<Decision> {
  const { request, deployment } = at;
  const answer = await answered(deployment, request);
  const header: DecisionHeader = {
    ...headerBase(context, arrival),
    ...warrantOf(deployment),
    kind: 'answer',
  };
  return seal(context, header, {
    inputs: answer.inputBytes,
    output: answer.outputBytes,
    reasons: canonicalBytes(answer.reasons as unknown as Json),
    protected: canonicalBytes(request.protected),
  });
}

async function answered(deployment: Deployment, request: DecideRequest): Promise<Answer> {
  try {
    return await answerRow(deployment.served, request.inputs);
  } catch (cause) {
    if (!(cause instanceof AnalysisError)) throw cause;
    const field = cause.details.field;
    const details = typeof field === 'string' ? { field: `inputs.${field}` } : {};
    throw new GatewayError('input_invalid', cause.message, details, { cause });
  }
}

/** A refused request is a decision too: it is recorded with what came and why it got no answer. */
export function refuse(
  context: DecideContext,
  arrival: Arrival,
  at: { readonly error: GatewayError; readonly deployment?: Deployment },
): Decision {
  const { error, deployment } = at;
  const fallback = deployment?.grant.warrant.fallback;
  const header: DecisionHeader = {
    ...headerBase(context, arrival),
    ...(deployment === undefined ? {} : warrantOf(deployment)),
    kind: 'refusal',
    code: error.code,
    message: error.message,
    ...(fallback === undefined ? {} : { fallback }),
  };
  const kept = arrival.body.subarray(0, BODY_KEPT_MAX);
  return seal(context, header, {
    inputs: encodeRow([{ name: 'body', value: { bytes: kept } }]),
    output: NOTHING,
    reasons: NOTHING,
    protected: NOTHING,
  });
}

function seal(context: DecideContext, header: DecisionHeader, parts: PartBytes): Decision {
  return sealDecision(context.primitives, header, { parts, salts: context.newSalt });
}

export function keyedRequest(
  context: DecideContext,
  caller: string,
  request: DecideRequest,
): KeyedRequest | undefined {
  const { business, subject } = request;
  if (request.key === undefined && business === undefined && subject === undefined)
    return undefined;
  return {
    caller,
    // Look-up by business key or subject needs a row even where the caller gave no idempotency key.
    key: request.key ?? `-${context.newId()}`,
    ...(business === undefined ? {} : { businessHmac: hmac(context, `business\n${business}`) }),
    ...(subject === undefined ? {} : { subjectHmac: hmac(context, `subject\n${subject}`) }),
  };
}

function hmac(context: DecideContext, text: string): string {
  return createHmac('sha256', context.hmacKey).update(text).digest('hex');
}
