// SPDX-License-Identifier: Apache-2.0
import {
  type Json,
  type Primitives,
  type PublicKey,
  parseReceipt,
  parseStrictJson,
  readRecord,
  verifyReceipt,
} from '@countersign/kernel';
import { z } from 'zod';
import { CliError } from '../errors.ts';
import type { DecideRow } from './read-rows.ts';

const Answer = z.looseObject({
  id: z.string(),
  basis: z.enum(['model', 'fallback']),
  version: z.int(),
  score: z.number().nullable(),
  decision: z.string(),
  reasons: z.array(z.looseObject({ code: z.string(), text: z.string() })),
  warrant: z.string(),
  fallback: z.looseObject({ kind: z.string(), code: z.string(), message: z.string() }).optional(),
  receipt: z.json(),
});

const Refusal = z.looseObject({
  error: z.looseObject({
    code: z.string(),
    message: z.string().optional(),
    id: z.string().optional(),
    fallback: z.string().optional(),
    receipt: z.json().optional(),
  }),
});

export interface DecidedRow {
  readonly line: number;
  readonly ok: boolean;
  /** Of the decision; refusals have one too, since they are in the log. */
  readonly id?: string;
  readonly key?: string;
  readonly version?: number;
  /** `fallback`: the model did not answer; `fallback`, `code` and `message` say what did, and why. */
  readonly basis?: 'model' | 'fallback';
  /** Null where no model answered. */
  readonly score?: number | null;
  readonly decision?: string;
  readonly reasons?: readonly { readonly code: string; readonly text: string }[];
  readonly warrant?: string;
  readonly receipt?: Json;
  /** Whether the receipt checks with the enrolled gateway key. */
  readonly receiptState?: string;
  readonly code?: string;
  readonly message?: string;
  readonly fallback?: string;
}

export interface GatewayAccess {
  readonly url: string;
  readonly token: string;
  readonly primitives: Primitives;
  /** Keys of enrolled gateways, from verified records. */
  readonly gatewayKeys: readonly PublicKey[];
  readonly root: string;
  readonly signal?: AbortSignal;
}

/** Asks for one decision and checks its receipt at once. A refusal is an answer; a receipt that does not check is not. */
export async function askGateway(
  access: GatewayAccess,
  model: string,
  row: DecideRow,
): Promise<DecidedRow> {
  const response = await post(access, model, row);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const json = parseAnswer(bytes, response.status);
  const key = typeof row.body.key === 'string' ? { key: row.body.key } : {};
  if (!response.ok) return { ...refusedRow(access, json, response.status), line: row.line, ...key };
  const answer = Answer.parse(json);
  const { id, basis, version, score, decision, reasons, warrant, receipt } = answer;
  const receiptState = checkReceipt(access, receipt, id);
  return {
    line: row.line,
    ok: true,
    ...key,
    id,
    basis,
    ...(answer.fallback === undefined ? {} : fallbackOf(answer.fallback)),
    version,
    score,
    decision,
    reasons,
    warrant,
    receipt,
    receiptState,
  };
}

function fallbackOf(said: {
  readonly kind: string;
  readonly code: string;
  readonly message: string;
}) {
  return { fallback: said.kind, code: said.code, message: said.message };
}

async function post(access: GatewayAccess, model: string, row: DecideRow): Promise<Response> {
  try {
    return await fetch(`${access.url}/v1/decide/${encodeURIComponent(model)}`, {
      method: 'POST',
      redirect: 'error',
      headers: { authorization: `Bearer ${access.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(row.body),
      ...(access.signal === undefined ? {} : { signal: access.signal }),
    });
  } catch (cause) {
    throw new CliError('server_unreachable', `no gateway answers at \`${access.url}\``, {
      details: { next: 'start one with `countersign serve`, or name it with COUNTERSIGN_GATEWAY' },
      cause,
    });
  }
}

function parseAnswer(bytes: Uint8Array, status: number): unknown {
  try {
    return parseStrictJson(bytes);
  } catch {
    // Scores are binary floats, which strict record JSON allows; anything else is no answer of a gateway.
    throw new CliError(
      'server_answer_invalid',
      `the gateway answered ${status} with something that is not JSON`,
    );
  }
}

function refusedRow(
  access: GatewayAccess,
  json: unknown,
  status: number,
): Omit<DecidedRow, 'line'> {
  const parsed = Refusal.safeParse(json);
  if (!parsed.success)
    throw new CliError('server_answer_invalid', `the gateway answered ${status}`);
  const { code, message, id, fallback, receipt } = parsed.data.error;
  if (code === 'request_unauthenticated') {
    throw new CliError('no_token', message ?? 'the gateway does not know this caller', {
      apiCode: code,
    });
  }
  return {
    ok: false,
    code,
    message: message ?? code,
    ...(id === undefined ? {} : { id }),
    ...(fallback === undefined ? {} : { fallback }),
    ...(receipt === undefined || id === undefined
      ? {}
      : { receipt, receiptState: checkReceipt(access, receipt, id) }),
  };
}

/** @throws CliError `record_unverified`: an answer without a good receipt must not be used */
function checkReceipt(access: GatewayAccess, json: Json, id: string): string {
  const receipt = parseReceipt(json);
  const { founding } = readRecord(access.primitives, receipt.header).statement.predicate;
  const verdicts = access.gatewayKeys.map((gatewayKey) =>
    verifyReceipt(access.primitives, receipt, { gatewayKey }),
  );
  const good = verdicts.find(({ ok }) => ok);
  if (good?.ok === true && receipt.decision === id && founding === access.root) return good.state;
  const reasons = verdicts.flatMap((verdict) => (verdict.ok ? [] : [verdict.reason]));
  const reason = reasons[0] ?? 'it is for another decision or another firm';
  throw new CliError(
    'record_unverified',
    `the receipt of decision \`${id}\` does not check: ${reason}`,
  );
}
