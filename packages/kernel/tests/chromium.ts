// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Debian's package and its usual namesakes; Playwright's own download may be barred. */
const executablePath = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path));

/** In CI a missing browser is a failure. */
export const hasNoChromium = executablePath === undefined && process.env.CI === undefined;

export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: executablePath ?? '/usr/bin/chromium',
    args: [
      // Root cannot set up Chromium's own sandbox, and pages hold nothing but our own scripts.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--no-first-run',
      '--disable-sync',
      '--disable-component-update',
    ],
  });
}
