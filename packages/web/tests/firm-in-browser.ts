// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { launchChromium } from '../../kernel/tests/chromium.ts';
import { PASSWORD, type TestServer, testServer } from '../../server/tests/server-fixture.ts';

const WEB = join(import.meta.dirname, '..');

/** A founded firm on a real server and database, with its pages built and a browser in front of it. */
export interface FirmInBrowser {
  readonly server: TestServer;
  readonly browser: Browser;
  readonly origin: string;
  close(): Promise<void>;
}

export async function openFirm(): Promise<FirmInBrowser> {
  const webDirectory = await mkdtemp(join(tmpdir(), 'countersign-web-'));
  await build(webDirectory);
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const server = await testServer({ origin, webDirectory });
  await server.app.listen({ port, host: '127.0.0.1' });
  const browser = await launchChromium();
  return {
    server,
    browser,
    origin,
    close: async () => {
      await browser.close();
      await server.close();
      await rm(webDirectory, { recursive: true, force: true });
    },
  };
}

/** As it is released: vite takes the test runner's NODE_ENV for a wish for React's development build. */
async function build(directory: string): Promise<void> {
  const vite = join(WEB, '../../node_modules/vite/bin/vite.js');
  const args = [vite, 'build', '--logLevel', 'error', '--emptyOutDir', '--outDir', directory];
  const env = { ...process.env, NODE_ENV: 'production' };
  await promisify(execFile)(process.execPath, args, { cwd: WEB, env });
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
