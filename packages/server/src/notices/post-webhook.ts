// SPDX-License-Identifier: Apache-2.0
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type CheckedAddress, checkedAddress, type Resolve } from './address-guard.ts';
import { type WebhookMessage, webhookHeaders } from './webhook-signature.ts';

export interface SendResult {
  readonly ok: boolean;
  /** For people and the register; holds nothing that the other side chose but a status. */
  readonly result: string;
  /** Trying again would change nothing. */
  readonly isFinal?: boolean;
  /** The address, not the receiver, was refused: an event of its own for the audit. */
  readonly isRefusedAddress?: boolean;
  /** The way to the other side is closed; other messages would meet the same. */
  readonly isUnreachable?: boolean;
}

export interface WebhookTarget {
  readonly url: string;
  readonly allowPrivate: boolean;
  /** The newest first. */
  readonly secrets: readonly string[];
}

/** From the first look-up to the answer's head. */
const TIMEOUT_MS = 10_000;

/**
 * Calls a webhook once. The name is resolved once, its addresses are judged, and the connection goes to the address that
 * was judged; redirects are not followed; of the answer nothing but the status is read.
 */
export async function postWebhook(
  target: WebhookTarget,
  message: WebhookMessage,
  at: { readonly resolve: Resolve; readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<SendResult> {
  const signal = AbortSignal.any([at.signal, AbortSignal.timeout(at.timeoutMs ?? TIMEOUT_MS)]);
  const url = new URL(target.url);
  const { allowPrivate } = target;
  const address = await Promise.race([
    checkedAddress(url.hostname, { allowPrivate, resolve: at.resolve }),
    aborted(signal),
  ]);
  if (!address.ok) {
    const { isRefused } = address;
    return {
      ok: false,
      result: address.reason,
      ...(isRefused ? { isFinal: true, isRefusedAddress: true } : { isUnreachable: true }),
    };
  }
  try {
    return judge(await post(url, { address, target, message, signal }));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    const reason = signal.aborted ? 'it did not answer in time' : `the connection failed${code}`;
    return { ok: false, result: reason, isUnreachable: true };
  }
}

/** A look-up cannot be called off: nobody waits for it any more. */
function aborted(signal: AbortSignal): Promise<CheckedAddress> {
  const late: CheckedAddress = {
    ok: false,
    reason: 'its name was not resolved in time',
    isRefused: false,
  };
  return new Promise((resolve) => {
    if (signal.aborted) resolve(late);
    else signal.addEventListener('abort', () => resolve(late), { once: true });
  });
}

interface Post {
  readonly address: Extract<CheckedAddress, { ok: true }>;
  readonly target: WebhookTarget;
  readonly message: WebhookMessage;
  readonly signal: AbortSignal;
}

/** The status of the answer. */
function post(url: URL, { address, target, message, signal }: Post): Promise<number> {
  const { body } = message;
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const answered = (answer: IncomingMessage): void => {
      // Its body is for nobody: what a receiver says must not travel into a register that others read.
      answer.destroy();
      resolve(answer.statusCode ?? 0);
    };
    const call = send(url, {
      method: 'POST',
      agent: false,
      signal,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'countersign',
        ...webhookHeaders(message, target.secrets),
      },
      // Not asked for a host that is an address; that one was judged as it stands.
      lookup: (_name, options, done) => {
        const { address: ip, family } = address;
        if (options.all === true) done(null, [{ address: ip, family }]);
        else done(null, ip, family);
      },
    });
    call.on('response', answered);
    call.on('error', reject);
    call.end(body);
  });
}

function judge(status: number): SendResult {
  if (status >= 200 && status < 300) return { ok: true, result: `answered ${status}` };
  if (status >= 300 && status < 400) {
    return { ok: false, result: `answered ${status}: redirects are not followed`, isFinal: true };
  }
  // Standard Webhooks: a receiver that is gone for good says 410.
  return { ok: false, result: `answered ${status}`, isFinal: status === 410 };
}
