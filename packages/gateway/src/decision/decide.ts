// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import { AnalysisError, isScorerFault } from '@countersign/analysis';
import {
  canonicalBytes,
  encodeRow,
  type Json,
  type Primitives,
  sha256Hex,
} from '@countersign/kernel';
import type { Choice } from '../deployment/choose-deployment.ts';
import type { Deployment } from '../deployment/load-deployment.ts';
import { GatewayError } from '../errors.ts';
import { applyFallback } from '../fallback/apply-fallback.ts';
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

/**
 * Answers one request under a deployment. Throws GatewayError `input_invalid` naming the field, or `scorer_unavailable` when
 * the model gave no answer.
 */
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
  return seal(context, header, partsOf(answer, request));
}

function partsOf(answer: Answer, request: DecideRequest): PartBytes {
  return {
    inputs: answer.inputBytes,
    output: answer.outputBytes,
    reasons: canonicalBytes(answer.reasons as unknown as Json),
    protected: canonicalBytes(request.protected),
  };
}

async function answered(deployment: Deployment, request: DecideRequest): Promise<Answer> {
  try {
    return await answerRow(deployment.served, request.inputs);
  } catch (cause) {
    if (!(cause instanceof AnalysisError)) throw cause;
    if (isScorerFault(cause)) {
      const { code: denial, message } = cause;
      throw new GatewayError('scorer_unavailable', message, { denial }, { cause });
    }
    const field = cause.details.field;
    const details = typeof field === 'string' ? { field: `inputs.${field}` } : {};
    throw new GatewayError('input_invalid', cause.message, details, { cause });
  }
}

/** A choice of a fallback, which says whose and why. */
export type FallbackChoice = Extract<Choice, { readonly by: 'fallback' }>;

/**
 * Answers one request by the fallback of a warrant that does not hold. It is marked in the header that the leaf commits
 * to, with the reason, so that it is never taken for the model's. Throws the reason itself for `refuse`.
 */
export async function fallBack(
  context: DecideContext,
  arrival: Arrival,
  at: { readonly request: DecideRequest; readonly choice: FallbackChoice },
): Promise<Decision> {
  const { request, choice } = at;
  const { ended, previous, reason } = choice;
  const why = {
    kind: 'fallback',
    code: denialOf(reason),
    message: reason.message,
    fallbackOf: ended.digest,
  } as const;
  if (ended.terms.kind === 'previous-version' && previous !== undefined) {
    const answer = await answered(previous, request);
    const header = {
      ...headerBase(context, arrival),
      ...warrantOf(previous),
      ...why,
      fallback: 'previous-version',
    };
    return seal(context, header, partsOf(answer, request));
  }
  const answer = applyFallback(ended.terms, request.inputs);
  if (answer === undefined) throw reason;
  const { artifactDigest, spec } = ended.warrant;
  const header: DecisionHeader = {
    ...headerBase(context, arrival),
    use: ended.use,
    version: ended.version,
    warrant: ended.digest,
    artifact: artifactDigest,
    spec,
    ...why,
    fallback: answer.kind,
  };
  // The model's inputs were not checked, so what came is kept as it came.
  return seal(context, header, {
    inputs: encodeRow([{ name: 'body', value: { bytes: arrival.body } }]),
    output: encodeRow([{ name: 'decision', value: answer.decision }]),
    reasons: canonicalBytes([]),
    protected: canonicalBytes(request.protected),
  });
}

/** In a word why a warrant does not hold: its own end, or what is wrong with all of them. */
function denialOf(reason: GatewayError): string {
  const { denial } = reason.details;
  return typeof denial === 'string' ? denial : reason.code;
}

/** A refused request is a decision too: it is recorded with what came and why it got no answer. */
export function refuse(
  context: DecideContext,
  arrival: Arrival,
  at: {
    readonly error: GatewayError;
    readonly deployment?: Deployment;
    readonly choice?: FallbackChoice;
  },
): Decision {
  const { error, deployment, choice } = at;
  const fallback = deployment?.grant.warrant.fallback ?? choice?.ended.warrant.fallback;
  const header: DecisionHeader = {
    ...headerBase(context, arrival),
    ...(deployment === undefined ? {} : warrantOf(deployment)),
    kind: 'refusal',
    code: error.code,
    message: error.message,
    ...(fallback === undefined ? {} : { fallback }),
    ...(choice === undefined ? {} : { fallbackOf: choice.ended.digest }),
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
