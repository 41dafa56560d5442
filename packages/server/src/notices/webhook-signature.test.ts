// SPDX-License-Identifier: Apache-2.0
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { newWebhookSecret, webhookHeaders } from './webhook-signature.ts';

/** The published vector of Standard Webhooks (its libraries' tests). */
const VECTOR = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: 1_614_265_330,
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};

test('the published vector is signed as published', () => {
  expect(webhookHeaders(VECTOR, [VECTOR.secret])).toEqual({
    'webhook-id': VECTOR.id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': VECTOR.signature,
  });
});

test('the library of the specification verifies a message with a secret of ours, and no other', () => {
  const secret = newWebhookSecret();
  const message = { id: 'one', body: '{"a":1}', timestamp: Math.floor(Date.now() / 1000) };
  const headers = { ...webhookHeaders(message, [secret]) };
  expect(new Webhook(secret).verify(message.body, headers)).toEqual({ a: 1 });
  expect(() => new Webhook(newWebhookSecret()).verify(message.body, headers)).toThrow();
  expect(() => new Webhook(secret).verify('{"a":2}', headers)).toThrow();
});

test('while a secret is replaced, receivers that hold either verify it', () => {
  const [now, before] = [newWebhookSecret(), newWebhookSecret()];
  const message = { id: 'two', body: '{}', timestamp: Math.floor(Date.now() / 1000) };
  const headers = { ...webhookHeaders(message, [now, before]) };
  for (const secret of [now, before]) {
    expect(new Webhook(secret).verify(message.body, headers)).toEqual({});
  }
});
