// SPDX-License-Identifier: Apache-2.0
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { launchChromium } from '../../kernel/tests/chromium.ts';
import { PASSWORD, type TestServer, testServer } from '../../server/tests/server-fixture.ts';
import { builtPages } from './built-pages.ts';

/** A founded firm on a real server and database, with its pages built and a browser in front of it. */
export interface FirmInBrowser {
  readonly server: TestServer;
  readonly browser: Browser;
  readonly origin: string;
  close(): Promise<void>;
}

export async function openFirm(): Promise<FirmInBrowser> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const [server, browser] = await Promise.all([
    builtPages().then((webDirectory) => testServer({ origin, webDirectory })),
    launchChromium(),
  ]);
  await server.app.listen({ port, host: '127.0.0.1' });
  return {
    server,
    browser,
    origin,
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo; // listening on TCP, so it is not a path
      probe.close(() => resolve(port));
    });
  });
}

/** Somebody at a browser of their own with an authenticator of their own. */
export interface Sitting {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly devtools: CDPSession;
  readonly authenticator: string;
  /** What the browser complained of: refused scripts and styles, failed requests, thrown errors. */
  readonly complaints: readonly string[];
}

export async function sitDown({ browser, origin }: FirmInBrowser): Promise<Sitting> {
  const context = await browser.newContext({ baseURL: origin, locale: 'en-GB' });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // A refusal of the API is an answer that pages show; Chromium prints each as an error too.
    const isAnswer = message.text().startsWith('Failed to load resource: the server responded');
    if (message.type() === 'error' && !isAnswer) complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith('data:'))
      complaints.push(`request to ${request.url()}`);
  });
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { context, page, devtools, authenticator: authenticatorId, complaints };
}

export async function signIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.keyboard.press('Enter');
  await page.getByRole('navigation', { name: 'Sections' }).waitFor();
}

/** A sitting that the server takes for somebody signed in by password, without the page of it. */
export async function sitDownAs(firm: FirmInBrowser, email: string): Promise<Sitting> {
  const sitting = await sitDown(firm);
  const answer = await sitting.context.request.post('/v1/auth/sign-in/email', {
    headers: { origin: firm.origin },
    data: { email, password: PASSWORD },
  });
  if (!answer.ok()) throw new Error(await answer.text());
  return sitting;
}

/** Moves on by keys alone until an element of this role and name has the focus, then presses Enter. */
export async function reachByKeyboard(
  page: Page,
  role: 'link' | 'button',
  name: RegExp | string,
): Promise<void> {
  const wanted = page.getByRole(role, { name }).first();
  await wanted.waitFor();
  for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) {
      await page.keyboard.press('Enter');
      return;
    }
    await page.keyboard.press('Tab');
  }
  throw new Error(`no ${role} \`${name}\` within ${TABS_MAX} presses of Tab`);
}
const TABS_MAX = 80;
