// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Envelope,
  type EnvelopeSignature,
  fromBase64,
  type KeyAlgorithm,
  PAYLOAD_TYPE_STATEMENT,
  type PublicKey,
  pae,
  publicKeyOf,
  statementBytes,
  subjectOf,
  toBase64,
  verifySignature,
  webauthnChallenge,
  webauthnRefusal,
} from '@countersign/kernel';
import { noblePrimitives } from '@countersign/kernel/noble';
import { nodePrimitives } from '@countersign/kernel/node';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasNoChromium, launchChromium } from './chromium.ts';

if (hasNoChromium) {
  console.warn(
    'SKIPPED: no Chromium found; install it with `apt-get install chromium` to make a real passkey',
  );
}

const COSE: { readonly [algorithm in KeyAlgorithm]: number } = {
  'ecdsa-p256-sha256': -7,
  ed25519: -8,
};

/** All bytes cross in base64. `getPublicKey` is the DER SubjectPublicKeyInfo. */
const PAGE = `<!doctype html><title>passkey</title><script>
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
async function enrol(alg, challenge) {
  const { rawId, response } = await navigator.credentials.create({ publicKey: {
    challenge: bytes(challenge),
    rp: { id: 'localhost', name: 'Countersign' },
    user: { id: bytes('AQ=='), name: 'anna', displayName: 'Anna' },
    pubKeyCredParams: [{ type: 'public-key', alg }],
    authenticatorSelection: { userVerification: 'required' },
  } });
  return {
    credentialId: base64(rawId),
    spki: base64(response.getPublicKey()),
    clientDataJSON: base64(response.clientDataJSON),
  };
}
async function approve(credentialId, challenge, userVerification) {
  const { response } = await navigator.credentials.get({ publicKey: {
    challenge: bytes(challenge),
    rpId: 'localhost',
    allowCredentials: [{ type: 'public-key', id: bytes(credentialId) }],
    userVerification,
  } });
  return {
    sig: base64(response.signature),
    authenticatorData: base64(response.authenticatorData),
    clientDataJSON: base64(response.clientDataJSON),
  };
}
</script>`;

interface Created {
  readonly credentialId: string;
  readonly spki: string;
  readonly clientDataJSON: string;
}

interface Asserted {
  readonly sig: string;
  readonly authenticatorData: string;
  readonly clientDataJSON: string;
}

const unsigned = approval('approved');
const message = pae(unsigned.payloadType, fromBase64(unsigned.payload));

describe.skipIf(hasNoChromium)('a passkey made in Chromium', () => {
  let server: Server;
  let browser: Browser;
  let origin: string;

  beforeAll(async () => {
    server = createServer((_, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8').end(PAGE);
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    origin = `http://localhost:${(server.address() as AddressInfo).port}`;
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each(['ecdsa-p256-sha256', 'ed25519'] as const)(
    'of %s approves a record, and both primitives verify it',
    async (algorithm) => {
      const page = await pageWithAuthenticator(browser, origin);
      const { publicKey, credentialId } = await enrol(page, algorithm, origin);
      const challenge = toBase64(webauthnChallenge(nodePrimitives, message));
      const signature = await sign(page, { publicKey, credentialId, challenge });
      expect(verdicts(unsigned, signature, publicKey)).toEqual([true, true]);
      expect(verdicts(approval('refused'), signature, publicKey)).toEqual([false, false]);
      const elsewhere = { ...publicKey.webauthn!, origins: ['https://localhost'] };
      const moved = { ...publicKey, webauthn: elsewhere };
      expect(verdicts(unsigned, signature, moved)).toEqual([false, false]);
      const { webauthn: _webauthn, ...plainKey } = publicKey;
      expect(verdicts(unsigned, signature, plainKey)).toEqual([false, false]);
      await page.close();
    },
  );

  it('approves nothing by a sign-in, nor by a touch without verification', async () => {
    const page = await pageWithAuthenticator(browser, origin);
    const { publicKey, credentialId } = await enrol(page, 'ecdsa-p256-sha256', origin);
    const by = { publicKey, credentialId };
    const random = randomBytes(32).toString('base64');
    const signIn = await sign(page, { ...by, challenge: random });
    expect(refusal(signIn, publicKey)).toBe('another_challenge');
    expect(verdicts(unsigned, signIn, publicKey)).toEqual([false, false]);
    const challenge = toBase64(webauthnChallenge(nodePrimitives, message));
    const touch = await sign(page, { ...by, challenge, verification: 'discouraged' });
    expect(refusal(touch, publicKey)).toBe('user_not_verified');
    expect(verdicts(unsigned, touch, publicKey)).toEqual([false, false]);
    await page.close();
  });
});

async function pageWithAuthenticator(browser: Browser, origin: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(origin);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'usb',
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return page;
}

async function enrol(
  page: Page,
  algorithm: KeyAlgorithm,
  origin: string,
): Promise<{ readonly publicKey: PublicKey; readonly credentialId: string }> {
  const call = `enrol(${COSE[algorithm]}, ${JSON.stringify(randomBytes(32).toString('base64'))})`;
  const { spki, credentialId } = await page.evaluate<Created>(call);
  const key = publicKeyOf(nodePrimitives, algorithm, fromBase64(spki));
  const webauthn = { rpId: 'localhost', origins: [origin], credentialId };
  return { publicKey: { ...key, webauthn }, credentialId };
}

async function sign(
  page: Page,
  by: {
    readonly publicKey: PublicKey;
    readonly credentialId: string;
    readonly challenge: string;
    readonly verification?: 'required' | 'discouraged';
  },
): Promise<EnvelopeSignature> {
  const given = [by.credentialId, by.challenge, by.verification ?? 'required'];
  const call = `approve(...${JSON.stringify(given)})`;
  const { sig, ...webauthn } = await page.evaluate<Asserted>(call);
  return { keyid: by.publicKey.keyid, sig, webauthn };
}

function verdicts(envelope: Envelope, signature: EnvelopeSignature, key: PublicKey): boolean[] {
  const signed = { ...envelope, signatures: [signature] };
  return [nodePrimitives, noblePrimitives].map((p) => verifySignature(p, signed, signature, key));
}

function refusal({ sig, webauthn }: EnvelopeSignature, publicKey: PublicKey) {
  const assertion = {
    authenticatorData: fromBase64(webauthn!.authenticatorData),
    clientDataJSON: fromBase64(webauthn!.clientDataJSON),
    signature: fromBase64(sig),
  };
  return webauthnRefusal(nodePrimitives, assertion, { message, publicKey });
}

function approval(meaning: string): Envelope {
  const subjectRef = { workspace: 'main', model: 'retail-pd' };
  const payload = statementBytes({
    subject: [subjectOf(nodePrimitives, subjectRef)],
    predicate: {
      type: 'approval-record',
      scope: 'version',
      subjectRef,
      producer: 'human',
      actor: 'anna',
      claimedAt: '2026-03-01T09:00:00.000Z',
      source: [],
      founding: 'f'.repeat(64),
      content: { role: 'validator', meaning },
    },
  });
  return { payloadType: PAYLOAD_TYPE_STATEMENT, payload: toBase64(payload), signatures: [] };
}
