// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { EnrolmentRequest } from '@countersign/contract';
import type { Role } from '@countersign/kernel';
import type { Page } from 'playwright-core';
import { PASSWORD, PEOPLE } from '../../server/tests/server-fixture.ts';
import { proposeByFile, signByFile } from './enrol-by-files.ts';
import { type FirmInBrowser, type Sitting, signIn, sitDown } from './firm-in-browser.ts';

/** Somebody new at a browser, signed in on the page of keys, without any key. */
export async function newcomer(firm: FirmInBrowser, account: string): Promise<Sitting> {
  const printedName = `${account.charAt(0).toUpperCase()}${account.slice(1)} Example`;
  const made = await firm.server.as('ada', {
    method: 'POST',
    url: '/v1/people',
    payload: { account, printedName, password: PASSWORD },
  });
  const sitting = await sitDown(firm);
  await sitting.page.goto('/keys');
  await signIn(sitting.page, made.json<{ email: string }>().email);
  return sitting;
}

/** The request that the page of keys hands out for the signing passkey that it makes. */
export async function requestOfNewKey(page: Page): Promise<EnrolmentRequest> {
  await page.getByRole('button', { name: 'Make a signing passkey' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download the enrolment request' }).click();
  const path = await (await download).path();
  return EnrolmentRequest.parse(JSON.parse(await readFile(path, 'utf8')));
}

/** Somebody new with a signing passkey, enrolled in a role, or proposed and left waiting. */
export async function enrolledHolder(
  firm: FirmInBrowser,
  who: { readonly account: string; readonly role: Role; readonly isLeftWaiting?: boolean },
): Promise<Sitting> {
  const { account, role, isLeftWaiting = false } = who;
  const sitting = await newcomer(firm, account);
  const { page } = sitting;
  const proposed = await proposeByFile(firm.server, await requestOfNewKey(page), { roles: [role] });
  if (isLeftWaiting) return sitting;
  await signByFile(firm.server, proposed, 'ben');
  // The administrators who propose one have confirmed that role; of any other the fixture has one holder.
  const peer = PEOPLE.find(({ roles }) => roles.includes(role));
  if (peer === undefined) throw new Error(`nobody in the fixture confirms the role ${role}`);
  if (role !== 'administrator') await signByFile(firm.server, proposed, peer.account);
  await page.reload();
  await page.getByRole('button', { name: 'Accept with this passkey' }).click();
  await page.getByRole('cell', { name: role }).waitFor();
  return sitting;
}
