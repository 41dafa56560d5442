// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { EnrolmentRequest } from '@countersign/contract';
import type { Role } from '@countersign/kernel';
import type { Page } from 'playwright-core';
import { PASSWORD, PEOPLE, printedName } from '../../server/tests/server-fixture.ts';
import { proposeByFile, signByFile } from './enrol-by-files.ts';
import { type FirmInBrowser, type Sitting, sitDownAs } from './firm-in-browser.ts';
import { signingKey } from './signing-key.ts';

/** Somebody new at a browser, signed in on the page of keys, without any key. */
export async function newcomer(firm: FirmInBrowser, account: string): Promise<Sitting> {
  const sitting = await sitDownAs(firm, await newAccount(firm, account));
  await sitting.page.goto('/keys');
  return sitting;
}

/** The e-mail address of a new account. */
async function newAccount({ server }: FirmInBrowser, account: string): Promise<string> {
  const made = await server.as('ada', {
    method: 'POST',
    url: '/v1/people',
    payload: { account, printedName: printedName(account), password: PASSWORD },
  });
  return made.json<{ email: string }>().email;
}

/** The request that the page of keys hands out for the signing passkey that it makes. */
export async function requestOfNewKey(page: Page): Promise<EnrolmentRequest> {
  await page.getByRole('button', { name: 'Make a signing passkey' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download the enrolment request' }).click();
  const path = await (await download).path();
  return EnrolmentRequest.parse(JSON.parse(await readFile(path, 'utf8')));
}

/** Somebody new, signed in, whose authenticator holds a signing key that is enrolled in a role; no page is open yet. */
export async function enrolledHolder(
  firm: FirmInBrowser,
  who: { readonly account: string; readonly role: Role },
): Promise<Sitting> {
  const { account, role } = who;
  const { server, origin } = firm;
  const sitting = await sitDownAs(firm, await newAccount(firm, account));
  const key = signingKey(origin);
  const proposed = await proposeByFile(server, { account, key: key.entry }, { roles: [role] });
  await signByFile(server, proposed, 'ben');
  // The administrators who propose one have confirmed that role; of any other the fixture has one holder.
  const peer = PEOPLE.find(({ roles }) => roles.includes(role));
  if (peer === undefined) throw new Error(`nobody in the fixture confirms the role ${role}`);
  if (role !== 'administrator') await signByFile(server, proposed, peer.account);
  const answer = await sitting.context.request.post(`/v1/records/${proposed.digest}/signatures`, {
    headers: { origin },
    data: { signature: key.sign(proposed.envelope) },
  });
  if (!answer.ok()) throw new Error(await answer.text());
  const { state } = await answer.json();
  if (state !== 'recorded') throw new Error(`the enrolment of ${account} is ${state}`);
  await server.context.records.including([proposed.digest]);
  await sitting.devtools.send('WebAuthn.addCredential', {
    authenticatorId: sitting.authenticator,
    credential: key.credential,
  });
  return sitting;
}
