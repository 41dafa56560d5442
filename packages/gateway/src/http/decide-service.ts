// SPDX-License-Identifier: Apache-2.0
import type { Primitives, Receipt } from '@countersign/kernel';
import type { Pool } from 'pg';
import {
  type Arrival,
  type DecideContext,
  decide,
  type FallbackChoice,
  fallBack,
  keyedRequest,
  refuse,
} from '../decision/decide.ts';
import type { Decision } from '../decision/decision.ts';
import type { Deployments } from '../deployment/deployments.ts';
import type { Held } from '../deployment/held.ts';
import type { Deployment } from '../deployment/load-deployment.ts';
import { GatewayError, type GatewayErrorCode } from '../errors.ts';
import { type DecisionLog, findByKey } from '../log/decision-log.ts';
import type { KeyedRequest } from '../log/insert-batch.ts';
import { readDecision } from '../log/read-decision.ts';
import { answerOf, type DecideAnswer } from './answers.ts';
import type { DecideRequest } from './requests.ts';

export interface DecideServiceOptions {
  readonly context: DecideContext;
  readonly deployments: Deployments;
  readonly log: DecisionLog;
  readonly pool: Pool;
  readonly report: (error: unknown, requestId: string) => void;
}

export interface Question {
  readonly model: string;
  readonly caller: string;
  readonly body: Uint8Array;
  readonly parse: (body: Uint8Array) => DecideRequest;
}

export type Outcome =
  | { readonly ok: true; readonly answer: DecideAnswer }
  | {
      readonly ok: false;
      readonly error: GatewayError;
      readonly id?: string;
      readonly receipt?: Receipt;
      readonly fallback?: string;
    };

/** Takes a request from its bytes to a durable answer or a durable refusal. */
export class DecideService {
  readonly #options: DecideServiceOptions;

  constructor(options: DecideServiceOptions) {
    this.#options = options;
  }

  get primitives(): Primitives {
    return this.#options.context.primitives;
  }

  held(): Held {
    return this.#options.deployments.held();
  }

  report(error: unknown, requestId: string): void {
    this.#options.report(error, requestId);
  }

  /**
   * The common request is new, so its key is not looked up first: the commit refuses a repeated one, and only then is the
   * earlier answer read. That saves a round trip to the database for every answer.
   */
  async answer(question: Question): Promise<Outcome> {
    const { context } = this.#options;
    const arrival: Arrival = { ...question, received: context.now() };
    const known: { request?: DecideRequest; deployment?: Deployment; choice?: FallbackChoice } = {};
    try {
      const request = question.parse(question.body);
      known.request = request;
      const choice = this.#options.deployments.choose(question.model, request.use);
      if (choice.by === 'nobody') throw choice.reason;
      if (choice.by === 'model') known.deployment = choice.deployment;
      else known.choice = choice;
      const decision =
        choice.by === 'model'
          ? await this.#byModel(arrival, request, choice.deployment)
          : await fallBack(context, arrival, { request, choice });
      const receipt = await this.#append(decision, keyedRequest(context, question.caller, request));
      return { ok: true, answer: answerOf(decision.parts, receipt) };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return this.#repeatOrRefuse(question, arrival, { ...known, error });
    }
  }

  /** A model that gives no answer leaves the request to its fallback, which is marked as one and says why. */
  async #byModel(
    arrival: Arrival,
    request: DecideRequest,
    deployment: Deployment,
  ): Promise<Decision> {
    const { context, deployments } = this.#options;
    try {
      return await decide(context, arrival, { request, deployment });
    } catch (error) {
      const isSilent = error instanceof GatewayError && error.code === 'scorer_unavailable';
      if (!isSilent) throw error;
      const choice = deployments.insteadOf(deployment, error);
      return fallBack(context, arrival, { request, choice });
    }
  }

  /** What was answered under the key before is answered again, whatever would be said of it now. */
  async #repeatOrRefuse(
    question: Question,
    arrival: Arrival,
    at: {
      readonly request?: DecideRequest;
      readonly deployment?: Deployment;
      readonly choice?: FallbackChoice;
      readonly error: GatewayError;
    },
  ): Promise<Outcome> {
    const { request, ...refusal } = at;
    try {
      const earlier = request === undefined ? undefined : await this.#earlier(question, request);
      if (earlier !== undefined) return { ok: true, answer: earlier };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return this.#refuse(arrival, { ...refusal, error });
    }
    return this.#refuse(arrival, refusal);
  }

  /** The answer that was given to the same key and body before; throws `key_conflict` for another body. */
  async #earlier(question: Question, request: DecideRequest): Promise<DecideAnswer | undefined> {
    if (request.key === undefined) return undefined;
    const { context, pool } = this.#options;
    const { workspace, primitives } = context;
    const key = { caller: question.caller, key: request.key };
    const found = await durable(() => findByKey(pool, workspace, key));
    if (found === undefined) return undefined;
    const digest = Buffer.from(primitives.sha256(question.body)).toString('hex');
    if (found.bodyDigest !== digest) {
      throw new GatewayError(
        'key_conflict',
        `key \`${request.key}\` was used for another request; use a new one`,
        {
          field: 'key',
        },
      );
    }
    const at = { workspace, id: found.decision };
    const stored = await durable(() => readDecision(pool, primitives, at));
    return stored === undefined ? undefined : answerOf(stored.parts, stored.receipt);
  }

  #append(decision: Decision, key?: KeyedRequest): Promise<Receipt> {
    return this.#options.log.append(decision, key);
  }

  /** Records the refusal. If even that cannot be made durable the caller still learns why there is no answer. */
  async #refuse(
    arrival: Arrival,
    at: {
      readonly error: GatewayError;
      readonly deployment?: Deployment;
      readonly choice?: FallbackChoice;
    },
  ): Promise<Outcome> {
    const { error, deployment, choice } = at;
    if (UNRECORDED.has(error.code)) return { ok: false, error };
    const decision = refuse(this.#options.context, arrival, at);
    const fallback = deployment?.grant.warrant.fallback ?? choice?.ended.warrant.fallback;
    try {
      const receipt = await this.#append(decision);
      const { id } = decision.header;
      return { ok: false, error, id, receipt, ...(fallback === undefined ? {} : { fallback }) };
    } catch (failure) {
      this.report(failure, decision.header.id);
      return { ok: false, error };
    }
  }
}

/** Refusals that could not be recorded, or whose record would count for nothing. */
const UNRECORDED: ReadonlySet<GatewayErrorCode> = new Set([
  'not_durable',
  'overloaded',
  'key_not_in_force',
]);

async function durable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new GatewayError(
      'not_durable',
      'the decision log cannot be read, so nothing is answered',
      {},
      { cause },
    );
  }
}
