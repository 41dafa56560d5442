// SPDX-License-Identifier: Apache-2.0
import type { Primitives, Receipt } from '@countersign/kernel';
import type { Pool } from 'pg';
import type { Decision } from '../decision/decision.ts';
import { GatewayError } from '../errors.ts';
import { type BatchIdentity, type ChainPosition, signBatch } from './batch.ts';
import { insertBatch, type KeyedRequest } from './insert-batch.ts';

/** Decisions in one commit group; larger groups add latency without adding throughput. */
const GROUP_MAX = 256;
/** Decisions waiting; beyond it the gateway says so instead of growing. */
const QUEUE_MAX = 10_000;
const SQL_UNIQUE_VIOLATION = '23505';
/** PostgreSQL's class of values that a column cannot hold. */
const SQL_DATA_EXCEPTION = '22';

interface Waiting {
  readonly decision: Decision;
  readonly key: KeyedRequest | undefined;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: unknown) => void;
}

export interface DecisionLogOptions {
  readonly pool: Pool;
  readonly primitives: Primitives;
  readonly identity: BatchIdentity;
  readonly now: () => string;
}

/**
 * The gateway's log. `append` resolves once the decision is durable, with its receipt. While one group is being committed
 * the next one gathers; groups are written one after another, since each names the root of the one before.
 */
export class DecisionLog {
  readonly #options: DecisionLogOptions;
  /** Undefined after a failed commit: whether it took effect is unknown, so the chain is read again. */
  #position: ChainPosition | undefined;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #closed = false;

  private constructor(options: DecisionLogOptions, position: ChainPosition) {
    this.#options = options;
    this.#position = position;
  }

  /** Opens a new epoch after the last one in the database, chained to its last root. */
  static async open(options: DecisionLogOptions): Promise<DecisionLog> {
    return new DecisionLog(options, await nextEpoch(options));
  }

  append(decision: Decision, key?: KeyedRequest): Promise<Receipt> {
    if (this.#closed)
      return Promise.reject(new GatewayError('not_durable', 'the gateway is stopping'));
    if (this.#waiting.length >= QUEUE_MAX) {
      return Promise.reject(
        new GatewayError('overloaded', `${QUEUE_MAX} decisions are waiting; try again`),
      );
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ decision, key, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  /** Resolves when everything appended so far is durable. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    // One turn of the event loop, so that requests read together share a group.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#writeGroup(this.#waiting.splice(0, GROUP_MAX));
    this.#writing = undefined;
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    try {
      const receipts = await this.#commit(group);
      for (const [index, one] of group.entries()) one.resolve(receipts[index] as Receipt);
    } catch (error) {
      if (group.length > 1 && isOfOneRow(error)) {
        // One repeated key or unfit value must not fail its neighbours: each is written by itself.
        for (const one of group) await this.#writeGroup([one]);
        return;
      }
      for (const one of group) one.reject(refusal(error));
    }
  }

  async #commit(group: readonly Waiting[]): Promise<readonly Receipt[]> {
    const { pool, primitives, identity, now } = this.#options;
    const at = now();
    const decisions = group.map(({ decision }) => decision);
    const position = this.#position ?? (await nextEpoch(this.#options));
    this.#position = undefined;
    const signed = { identity, position, now: at };
    const batch = await signBatch(primitives, decisions, signed);
    const keys = group.map(({ key }) => key);
    await insertBatch(pool, { batch, keys, workspace: identity.workspace, now: at });
    // Only now: a group that failed to commit must not leave a hole in the chain.
    this.#position = { epoch: position.epoch, n: position.n + 1, previousRoot: batch.content.root };
    return batch.receipts;
  }
}

async function nextEpoch({ pool, identity }: DecisionLogOptions): Promise<ChainPosition> {
  const { rows } = await pool.query<{ epoch: string; root: string }>(
    'SELECT epoch, root FROM decision_batch WHERE gateway = $1 ORDER BY epoch DESC, n DESC LIMIT 1',
    [identity.gateway],
  );
  const last = rows[0];
  const epoch = last === undefined ? 0 : Number(last.epoch) + 1;
  return { epoch, n: 0, previousRoot: last?.root ?? identity.root };
}

function isUniqueViolation(error: unknown): boolean {
  return sqlState(error) === SQL_UNIQUE_VIOLATION;
}

function isOfOneRow(error: unknown): boolean {
  return isUniqueViolation(error) || sqlState(error).startsWith(SQL_DATA_EXCEPTION);
}

function sqlState(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function refusal(error: unknown): GatewayError {
  if (isUniqueViolation(error)) {
    return new GatewayError(
      'key_conflict',
      'another request with this key was being answered; ask again',
      {},
      { cause: error },
    );
  }
  return new GatewayError(
    'not_durable',
    'the decision could not be recorded, so it is not given',
    {},
    { cause: error },
  );
}

/** A decision that was recorded earlier under the same key, or undefined. */
export async function findByKey(
  pool: Pool,
  workspace: string,
  request: { readonly caller: string; readonly key: string },
): Promise<{ readonly decision: string; readonly bodyDigest: string } | undefined> {
  const { rows } = await pool.query<{ decision: string; body_digest: string }>({
    name: 'find-by-key',
    text: 'SELECT decision, body_digest FROM decision_key WHERE workspace = $1 AND caller = $2 AND key = $3',
    values: [workspace, request.caller, request.key],
  });
  const row = rows[0];
  return row === undefined ? undefined : { decision: row.decision, bodyDigest: row.body_digest };
}
