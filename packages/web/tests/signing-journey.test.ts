// SPDX-License-Identifier: Apache-2.0
// Somebody new at a browser: signs in, makes a signing passkey, has it enrolled, approves by keyboard alone; then the
// approval is checked offline, and every way to pass something else for it is tried.
import type { EnrolmentRequest } from '@countersign/contract';
import {
  judgeChangeRequest,
  PAYLOAD_TYPE_STATEMENT,
  pae,
  parseStrictJson,
  readProofBundle,
  recordsOfType,
  toBase64,
  verifyBundle,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { verifyCaseFile } from '@countersign/verifier';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasNoChromium } from '../../kernel/tests/chromium.ts';
import { PASSWORD } from '../../server/tests/server-fixture.ts';
import { chooseOption } from './choose-option.ts';
import { proposeByFile, signByFile } from './enrol-by-files.ts';
import { enrolledHolder, newcomer, requestOfNewKey } from './enrolled-holder.ts';
import {
  type FirmInBrowser,
  openFirm,
  reachByKeyboard,
  type Sitting,
  signIn,
  sitDown,
} from './firm-in-browser.ts';
import { MODEL, type ReadyChange, readyChange } from './ready-change.ts';

/** Of a machine that does other things too. */
const WAIT = { timeout: 20_000 };

if (hasNoChromium) {
  console.warn('SKIPPED: no Chromium found; install it with `apt-get install chromium`');
}

describe.skipIf(hasNoChromium)('somebody new at a browser', { timeout: 120_000 }, () => {
  let firm: FirmInBrowser;
  let ready: ReadyChange;
  let lena: Sitting;
  let email: string;
  let request: EnrolmentRequest;
  let approval: string;

  beforeAll(async () => {
    firm = await openFirm();
    ready = await readyChange(firm.server);
    const made = await firm.server.as('ada', {
      method: 'POST',
      url: '/v1/people',
      payload: { account: 'lena', printedName: 'Lena Example', password: PASSWORD },
    });
    email = made.json<{ email: string }>().email;
    lena = await sitDown(firm);
  });
  afterAll(async () => {
    await firm?.close();
  });

  test('is asked to sign in at any address, and comes back to it', async () => {
    await lena.page.goto('/keys');
    await lena.page.getByRole('heading', { name: /^Sign in to First River Bank/ }).waitFor();
    await signIn(lena.page, email);
    await lena.page.getByRole('heading', { name: 'Signing keys', level: 1 }).waitFor();
    expect(new URL(lena.page.url()).pathname).toBe('/keys');
  });

  test('makes a passkey that signs, and hands out the request to enrol it', async () => {
    request = await requestOfNewKey(lena.page);
    expect(request).toMatchObject({
      account: 'lena',
      founding: firm.server.context.root,
      key: { webauthn: { rpId: 'localhost', origins: [firm.origin] } },
    });
    const { credentials } = await lena.devtools.send('WebAuthn.getCredentials', {
      authenticatorId: lena.authenticator,
    });
    expect(credentials).toHaveLength(1);
  });

  test('accepts the enrolment with the new passkey once administrators have proposed it', async () => {
    const proposed = await proposeByFile(firm.server, request, { roles: ['legal'] });
    await signByFile(firm.server, proposed, 'ben');
    const { page } = lena;
    await page.reload();
    await page.getByText('Enrol a key of lena as legal').waitFor();
    await page.getByRole('button', { name: 'Accept with this passkey' }).click();
    await page.getByText('You have accepted it.').waitFor();
    const last = await signByFile(firm.server, proposed, 'legal');
    expect(last).toMatchObject({ state: 'recorded' });
    await page.reload();
    await page.getByRole('cell', { name: 'legal' }).waitFor();
    await expect.poll(() => page.getByText('in force').count(), WAIT).toBe(1);
  });

  test('finds the request, reads it verified in the browser, and approves it without a pointer', async () => {
    const { page } = lena;
    await page.goto('/inbox');
    await reachByKeyboard(page, 'link', /^Read and decide/);
    await page.getByRole('heading', { name: 'Verified in this browser' }).waitFor();
    await expect.poll(() => page.getByText(/the server agrees/).count(), WAIT).toBe(1);
    await reachByKeyboard(page, 'link', 'Approve…');
    await reachByKeyboard(page, 'button', 'Show what I sign');
    await page.getByText('Digest of all this').waitFor();
    const facts = page.locator('.facts').last();
    for (const said of ['Lena Example', 'lawful in its use'])
      await expect.poll(() => facts.innerText(), WAIT).toContain(said);
    await verifies(lena, false);
    await reachByKeyboard(page, 'button', 'Sign the approval');
    await page.getByText(/^Nothing was signed/).waitFor();
    await verifies(lena, true);
    await reachByKeyboard(page, 'button', 'Sign the approval');
    await page.getByRole('heading', { name: 'Approved' }).waitFor();
    approval = (await page.getByRole('status').locator('code').innerText()).trim();
    expect(approval).toMatch(/^[0-9a-f]{64}$/);
    await page.keyboard.press('Enter');
    await page.getByText('You have signed as legal').waitFor();
  });

  test('and the approval counts offline: in the proofs, and in a case file that verifies alone', async () => {
    const { server } = firm;
    const bundle = await server.as('audit', { url: `/v1/bundles/${ready.changeRequest}` });
    const proofs = readProofBundle(parseStrictJson(new Uint8Array(bundle.rawPayload)));
    const result = verifyBundle(nodePrimitives, proofs, server.context.root);
    if (!result.ok) throw new Error(result.reason);
    const now = new Date().toISOString();
    const verdict = judgeChangeRequest(result.set, ready.changeRequest, { phase: 'promote', now });
    expect(verdict.approvals.find(({ role }) => role === 'legal')).toMatchObject({
      given: [{ account: 'lena', record: approval }],
      refused: [],
    });
    const [record] = recordsOfType(result.set, 'approval-record');
    expect(record?.envelope.signatures[0]).toHaveProperty('webauthn');
    expect(record?.statement.predicate.content.evidence).toEqual(
      expect.arrayContaining([...ready.evidence]),
    );

    const exported = await server.as('audit', { url: `/v1/export?version=${MODEL}@1` });
    const file = new Uint8Array(exported.rawPayload);
    const report = verifyCaseFile(nodePrimitives, file, server.context.root);
    expect(report, JSON.stringify(report)).toMatchObject({
      ok: true,
      about: { model: MODEL, version: 1 },
    });
  });

  test('a passkey for signing in signs no approval', async () => {
    const { page } = lena;
    await page.goto('/account');
    await page.getByLabel('Name of a new one').fill('laptop');
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByRole('button', { name: 'remove the passkey laptop' }).waitFor();
    const { credentials } = await lena.devtools.send('WebAuthn.getCredentials', {
      authenticatorId: lena.authenticator,
    });
    const forSignIn = credentials.find(
      ({ credentialId }) => credentialId !== request.key.webauthn?.credentialId,
    );
    expect(forSignIn).toBeDefined();
    const forged = await forge(firm, lena, {
      credentialId: forSignIn?.credentialId ?? '',
      userVerification: 'required',
      change: ready.changeRequest,
      keyid: request.key.keyid,
    });
    expect(forged.status).toBe(422);
    expect(forged.body).toContain('signature_invalid');
  });

  test('a touch without verification signs no approval; the same with it does', async () => {
    await verifies(lena, false);
    const touched = await forge(firm, lena, {
      credentialId: request.key.webauthn?.credentialId ?? '',
      userVerification: 'discouraged',
      change: ready.changeRequest,
      keyid: request.key.keyid,
    });
    expect(touched.status).toBe(422);
    expect(touched.body).toContain('signature_invalid');
    await verifies(lena, true);
    const verified = await forge(firm, lena, {
      credentialId: request.key.webauthn?.credentialId ?? '',
      userVerification: 'required',
      change: ready.changeRequest,
      keyid: request.key.keyid,
    });
    expect(verified.status).toBe(200);
  });

  test('an administrator proposes from a request by passkey, and every part is signed at the page of keys', async () => {
    const adam = await enrolledHolder(firm, { account: 'adam', role: 'administrator' });
    const nora = await newcomer(firm, 'nora');
    const noras = await requestOfNewKey(nora.page);
    const { page } = adam;
    await page.goto('/keys');
    await page.getByLabel('Enrolment request').fill(JSON.stringify(noras));
    await chooseOption(page, 'Roles', { type: 'legal', option: /^legal$/ });
    await page.getByLabel('How the person was identified').fill('met in person, passport seen');
    await page.getByRole('button', { name: 'Sign the proposal' }).click();
    await page.getByText('Proposed and signed by you.').waitFor();
    await nora.page.reload();
    await nora.page.getByRole('button', { name: 'Accept with this passkey' }).click();
    await nora.page.getByText('You have accepted it.').waitFor();
    await lena.page.goto('/keys');
    await lena.page.getByRole('button', { name: 'Sign with your passkey' }).click();
    await lena.page.getByText('You have signed it.').waitFor();
    const [pending] = (await firm.server.as('ben', { url: '/v1/pending' })).json().records;
    const last = await signByFile(firm.server, pending, 'ben');
    expect(last).toMatchObject({ state: 'recorded' });
    await nora.page.reload();
    await nora.page.getByRole('cell', { name: 'legal' }).waitFor();
    const { statement } = (
      await firm.server.as('audit', { url: `/v1/records/${pending.digest}` })
    ).json();
    expect(statement.predicate).toMatchObject({
      actor: 'adam',
      content: { key: { account: 'nora', keyid: noras.key.keyid, roles: ['legal'] } },
    });
    expect([...adam.complaints, ...nora.complaints]).toEqual([]);
  });

  test('a new passkey takes the place of the old one, whose word for it needs no peer', async () => {
    const { page } = lena;
    await page.goto('/keys');
    const proposed = await proposeByFile(firm.server, await requestOfNewKey(page), {
      roles: ['legal'],
      replaces: request.key.keyid,
    });
    await signByFile(firm.server, proposed, 'ben');
    await page.reload();
    await page.getByRole('button', { name: 'Accept with this passkey' }).click();
    await page.getByRole('button', { name: 'Confirm with your old passkey' }).click();
    await page.getByRole('row', { name: /retired/ }).waitFor();
    await expect.poll(() => page.getByRole('row', { name: /in force/ }).count(), WAIT).toBe(1);
    const { verdict } = (
      await firm.server.as('audit', { url: `/v1/change-requests/${ready.changeRequest}` })
    ).json();
    const legal = verdict.approvals.find((one: { role: string }) => one.role === 'legal');
    expect(legal).toMatchObject({ given: [{ account: 'lena' }], refused: [] });
  });

  test('a token is shown once and revoked, and other sessions are ended', async () => {
    const { page } = lena;
    const elsewhere = await sitDown(firm);
    await elsewhere.page.goto('/sign-in');
    await signIn(elsewhere.page, email);
    await page.goto('/account');
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('nightly');
    await chooseOption(page, 'May', { type: 'read', option: /^read$/ });
    await page.getByRole('button', { name: 'Make a token' }).click();
    const token = await page.getByRole('status').locator('code').innerText();
    const me = () =>
      fetch(`${firm.origin}/v1/me`, { headers: { authorization: `Bearer ${token}` } });
    expect((await me()).status).toBe(200);
    await page.getByRole('button', { name: 'revoke the token nightly' }).click();
    await page
      .getByRole('button', { name: 'revoke the token nightly' })
      .waitFor({ state: 'detached' });
    expect((await me()).status).toBe(401);
    await page.getByRole('button', { name: 'End every other session' }).click();
    await page
      .getByRole('button', { name: 'End every other session' })
      .waitFor({ state: 'detached' });
    await elsewhere.page.goto('/account');
    await elsewhere.page.getByRole('heading', { name: /^Sign in to/ }).waitFor();
  });

  test('a passkey for signing in opens a session', async () => {
    const { page } = lena;
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('heading', { name: 'Inbox' }).waitFor();
  });

  test('a server that lies is found out: about bytes, about its verdict, about the founding record', async () => {
    const { page } = lena;
    const open = async (): Promise<void> => {
      await page.goto(`/changes/${ready.changeRequest}`);
    };
    await lying(page, '**/v1/bundles/*', (text) => text.replace(/"sig":"[A-Za-z0-9]/, '"sig":"!'));
    await open();
    await page.getByText('Not verified').waitFor();
    await lying(page, '**/v1/bundles/*', (text) => text.replace(/"leaf":"..../, '"leaf":"AAAA'));
    await open();
    await page.getByText('Not verified').waitFor();
    await lying(page, `**/v1/change-requests/${ready.changeRequest}`, (text) =>
      text.replaceAll('"outcome":"fail"', '"outcome":"pass"'),
    );
    await open();
    await page.getByText('The server says something else than its records show').waitFor();
    await page.getByText(/^reproducible: fail as computed here, pass as the server says/).waitFor();
    const root = firm.server.context.root;
    await lying(page, '**/v1/me', (text) => text.replaceAll(root, 'f'.repeat(64)));
    await page.goto('/account');
    await page.getByText(/The server now names another founding record \(ffffffffffff/).waitFor();
  });

  test('nothing was loaded from elsewhere, and the policy of the page refused nothing of ours', () => {
    expect(lena.complaints).toEqual([]);
    expect(firm.server.failures).toEqual([]);
  });
});

/** Has the browser told something else than the server answered; the lie before it ends. */
async function lying(page: Page, address: string, change: (text: string) => string): Promise<void> {
  await page.unrouteAll();
  await page.route(address, async (route) => {
    const answer = await route.fetch();
    const text = await answer.text();
    const body = change(text);
    expect(body).not.toBe(text);
    await route.fulfill({ response: answer, body });
  });
}

/** Whether the authenticator recognises whoever touches it. */
async function verifies(
  { devtools, authenticator }: Sitting,
  isUserVerified: boolean,
): Promise<void> {
  await devtools.send('WebAuthn.setUserVerified', {
    authenticatorId: authenticator,
    isUserVerified,
  });
}

/** An approval as the page would draft it, signed in the page with a credential and a verification of our choice. */
async function forge(
  firm: FirmInBrowser,
  { page }: Sitting,
  how: {
    readonly credentialId: string;
    readonly userVerification: 'required' | 'discouraged';
    readonly change: string;
    readonly keyid: string;
  },
): Promise<{ readonly status: number; readonly body: string }> {
  const view = (await firm.server.as('audit', { url: `/v1/change-requests/${how.change}` })).json();
  const unsigned = await firm.server.sign(
    {
      type: 'approval-record',
      actor: 'lena',
      scope: 'version',
      subjectRef: view.subject,
      subjectDigest: how.change,
      source: [how.change],
      content: {
        changeRequest: how.change,
        gate: 'gate/production-approval',
        role: 'legal',
        decision: 'approve',
        meaning: 'lawful in its use',
        printedName: 'Lena Example',
        statement: 'Forged.',
        evidence: view.evidence,
      },
    },
    [],
  );
  const payload = new Uint8Array(Buffer.from(unsigned.payload, 'base64'));
  const challenge = nodePrimitives.sha256(pae(PAYLOAD_TYPE_STATEMENT, payload));
  return page.evaluate(
    async ({ challenge: wanted, unsigned: envelope, how: by }) => {
      const bytes = (text: string) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
      const base64 = (buffer: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
      const credential = (await navigator.credentials.get({
        publicKey: {
          challenge: bytes(wanted),
          rpId: 'localhost',
          allowCredentials: [{ type: 'public-key', id: bytes(by.credentialId) }],
          userVerification: by.userVerification,
        },
      })) as PublicKeyCredential;
      const assertion = credential.response as AuthenticatorAssertionResponse;
      const signature = {
        keyid: by.keyid,
        sig: base64(assertion.signature),
        webauthn: {
          authenticatorData: base64(assertion.authenticatorData),
          clientDataJSON: base64(assertion.clientDataJSON),
        },
      };
      const answer = await fetch('/v1/records', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ envelopes: [{ ...envelope, signatures: [signature] }] }),
      });
      return { status: answer.status, body: await answer.text() };
    },
    { challenge: toBase64(challenge), unsigned, how },
  );
}
