// SPDX-License-Identifier: Apache-2.0
import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
/** Within the 24 to 64 that the specification asks for. */
const SECRET_BYTES = 32;

/** A secret as Standard Webhooks 1.0.0 writes symmetric ones: `whsec_` and base64. */
export function newWebhookSecret(): string {
  return `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`;
}

export interface WebhookMessage {
  /** The same for every attempt. */
  readonly id: string;
  readonly body: string;
  /** Seconds since 1970 of this attempt. */
  readonly timestamp: number;
}

/**
 * Headers of a message by Standard Webhooks 1.0.0 (github.com/standard-webhooks/standard-webhooks, "Signature scheme"):
 * HMAC-SHA256 over `id.timestamp.body`. While a secret is replaced the message is signed with both, parted by a space.
 * @param secrets at least one, the newest first
 */
export function webhookHeaders(
  message: WebhookMessage,
  secrets: readonly string[],
): Readonly<Record<string, string>> {
  const { id, body, timestamp } = message;
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}
