// SPDX-License-Identifier: Apache-2.0
// What the pages are judged by finds what it is for.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasNoChromium, launchChromium } from '../../kernel/tests/chromium.ts';
import { expectSound, type Judged } from './axe-findings.ts';

/** Follows the system while it is open, as ours do. */
const FOLLOWS = `
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const follow = () => document.documentElement.dataset.mantineColorScheme = dark.matches ? 'dark' : 'light';
  dark.addEventListener('change', follow);
  follow();`;

interface Unsound {
  readonly what: string;
  readonly css?: string;
  readonly body?: string;
  readonly said: RegExp;
  readonly judged?: Judged;
}

const UNSOUND: readonly Unsound[] = [
  { what: 'a nameless button', body: '<button></button>', said: /light, 1440.*button-name/s },
  {
    what: 'a nameless button that telephones alone show',
    css: '@media (min-width: 500px) { button { display: none } }',
    body: '<button></button>',
    said: /light, 360.*button-name/s,
    judged: { isForTelephone: true },
  },
  { what: 'pale text in light', css: 'p { color: #ddd }', said: /light.*color-contrast/s },
  {
    what: 'pale text in dark alone',
    css: '@media (prefers-color-scheme: dark) { p { color: #333 } }',
    said: /dark.*color-contrast/s,
  },
  {
    what: 'pale text that fades in once it is dark',
    css: '@media (prefers-color-scheme: dark) { p { color: #333 } } p { transition: color 300ms }',
    said: /dark.*color-contrast/s,
  },
  {
    what: 'a nameless button in dark alone, where all is asked for',
    css: '@media (prefers-color-scheme: light) { button { display: none } }',
    body: '<button></button>',
    said: /dark.*button-name/s,
    judged: { isWhollyDark: true },
  },
  {
    what: 'what a telephone is too narrow for',
    css: 'p { width: 400px }',
    said: /360: wider than/,
  },
  {
    what: 'what is too wide beside the sections alone',
    css: '@media (min-width: 881px) and (max-width: 1000px) { p { width: 1000px } }',
    said: /900: wider than/,
  },
];

describe.skipIf(hasNoChromium)('a page as it stands', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
  });

  test('is sound if nothing is wrong with it', async () => {
    await expectSound(await pageOf({}), 'sound', { isForTelephone: true, isWhollyDark: true });
  });

  test.each(UNSOUND)('is not sound with $what', async (unsound) => {
    const page = await pageOf(unsound);
    await expect(expectSound(page, 'unsound', unsound.judged)).rejects.toThrow(unsound.said);
  });

  async function pageOf({ css = '', body = '' }: Pick<Unsound, 'css' | 'body'>) {
    const page = await browser.newPage();
    await page.setContent(`<!doctype html><html lang="en"><head><title>A page</title>
      <meta name="viewport" content="width=device-width">
      <style>body { background: #fff; color: #000 } p { color: #000 }
      @media (prefers-color-scheme: dark) { body { background: #000; color: #fff } p { color: #fff } }
      ${css}</style></head>
      <body><main><h1>A page</h1><p>Words of it.</p>${body}</main><script>${FOLLOWS}</script></body></html>`);
    return page;
  }
});
