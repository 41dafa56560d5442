// SPDX-License-Identifier: Apache-2.0
// What is asked of the whole firm: the picture of connected models, the registers, any day as it was known then and now, and
// the exam package. One firm with something everywhere; every page in both colour schemes; no pointer.
import { readFile } from 'node:fs/promises';
import { nodePrimitives } from '@countersign/kernel/node';
import { verifyExamPackage } from '@countersign/verifier';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasNoChromium } from '../../kernel/tests/chromium.ts';
import { expectSound } from './axe-findings.ts';
import {
  type FirmInBrowser,
  openFirm,
  reachByKeyboard,
  type Sitting,
  sitDownAs,
} from './firm-in-browser.ts';
import { type SeededRegisters, seedRegisters } from './seed-registers.ts';

const SHOTS = process.env.COUNTERSIGN_SHOTS;
/** Pictures are of a firm in its size; what is tested does not take one. */
const MODELS = SHOTS === undefined ? 60 : 180;
/** Of a machine that does other things too. */
const WAIT = { timeout: 20_000 };

interface PageToSee {
  readonly name: string;
  readonly path: (seeded: SeededRegisters) => string;
  /** Text that stands there once the page has come. */
  readonly shows: RegExp;
  /** A table of many rows: its picture is of the window. */
  readonly isLong?: boolean;
  /** The picture comes later than the text. */
  readonly draws?: boolean;
}

const PAGES: readonly PageToSee[] = [
  {
    name: 'graph',
    isLong: true,
    draws: true,
    path: () => '/inventory/graph',
    shows: /\d+ models, \d+ links/,
  },
  {
    name: 'graph-shared',
    isLong: true,
    draws: true,
    path: () => '/inventory/graph?shared=source%3Abureau-file',
    shows: /\d+ models, \d+ links/,
  },
  { name: 'overlays', isLong: true, path: () => '/registers/overlays', shows: /\d+ overlays/ },
  { name: 'overrides', path: () => '/registers/overrides', shows: /Nobody has acted against/ },
  { name: 'exceptions', path: () => '/registers/exceptions', shows: /Nothing was excused/ },
  { name: 'envelopes', path: () => '/registers/envelopes', shows: /Monthly refit/ },
  {
    name: 'attestations',
    isLong: true,
    path: () => '/registers/attestations',
    shows: /1 of \d+ confirmed/,
  },
  { name: 'workload', path: () => '/registers/workload', shows: /1 validator/ },
  { name: 'deputies', path: () => '/registers/deputies', shows: /2 deputations/ },
  { name: 'committees', path: () => '/registers/committees', shows: /No committee has decided/ },
  { name: 'as-of', isLong: true, path: () => '/as-of', shows: /\d+ warrants/ },
  { name: 'exam', path: () => '/exam', shows: /versions of \d+ models/ },
];

describe.skipIf(hasNoChromium)('the whole firm in the browser', { timeout: 120_000 }, () => {
  let firm: FirmInBrowser;
  let seeded: SeededRegisters;
  let audit: Sitting;

  beforeAll(async () => {
    firm = await openFirm();
    seeded = await seedRegisters(firm.server, { models: MODELS, changeRequests: 2 * MODELS });
    audit = await sitDownAs(firm, firm.server.person('audit').email);
  }, 180_000);
  afterAll(async () => {
    await firm?.close();
  });

  test.each(PAGES)('$name has no serious finding and fits its window', async (seen) => {
    const { page } = audit;
    await page.goto(seen.path(seeded));
    await page.getByText(seen.shows).first().waitFor();
    if (seen.draws === true) await boxesOf(page).first().waitFor();
    await expectSound(page, seen.name, { isLong: seen.isLong === true });
  });

  test('the picture narrows to a shared source by keys, and the table leads to a model', async () => {
    const { page } = audit;
    await page.goto('/inventory');
    await reachByKeyboard(page, 'link', 'As a graph');
    await page.getByText(/\d+ models, \d+ links; \d+ more without a link/).waitFor();
    await expect.poll(() => boxesOf(page).count(), WAIT).toBeGreaterThan(MODELS / 2);
    await reachByKeyboard(page, 'link', 'bureau-file');
    await page.getByText(`${MODELS / 3} models, `).waitFor();
    await expect.poll(() => asked(page, 'shared'), WAIT).toBe('source:bureau-file');
    await page.getByLabel('Text').fill('model 001');
    await page.getByText(/^1 model, 0 links/).waitFor();
    const table = page.getByRole('table', { name: 'models and their links' });
    await table.getByRole('link', { name: 'Model 001' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Model 001', level: 1 }).waitFor();
  });

  test('a register is filtered, ordered and exported as its address says', async () => {
    const { page } = audit;
    await page.goto('/registers/overlays?q=model-00&sort=-size');
    await page.getByText(`9 overlays of ${MODELS}`).waitFor();
    const first = page.locator('tbody tr[data-index="0"]');
    await first.getByText('+9 %').waitFor();
    const download = page.waitForEvent('download');
    await reachByKeyboard(page, 'button', 'Export 9 as CSV');
    const text = await readFile(await (await download).path(), 'utf8');
    expect(text.split('\r\n')).toHaveLength(11);
    expect(text).toMatch(/model-009,O-1,self-employed,'\+9 %,exec,active,/);
    await reachByKeyboard(page, 'link', 'Deputies');
    await page.getByText('2 deputations').waitFor();
    await page.getByLabel('State').selectOption('running');
    await page.getByText('1 deputation of 2').waitFor();
    await expect.poll(() => asked(page, 'state'), WAIT).toBe('running');
  });

  test('a day is told as it was known then, and otherwise as it is known now', async () => {
    const { page } = audit;
    const { day, ended } = seeded;
    await page.goto(`/as-of?date=${day}&known=${day}`);
    await page.getByText(/\d+ warrants/).waitFor();
    expect(await page.getByText('had ended').count()).toBe(0);
    await page.goto(`/as-of?date=${day}`);
    await page.getByRole('switch', { name: 'Only what is told otherwise now (1)' }).focus();
    await page.keyboard.press('Space');
    await page.getByText(/^1 warrant of/).waitFor();
    await page.getByText('known since to have ended before').waitFor();
    await page.getByText(/by risk: drift since Monday/).waitFor();
    await reachByKeyboard(page, 'link', 'full warrant');
    await page.waitForURL(`**/records/${ended}`);
  });

  test('the exam package of a day comes out of the browser and verifies', async () => {
    const { page } = audit;
    const today = new Date().toISOString().slice(0, 10);
    await page.goto(`/exam?date=${today}&from=${today}`);
    const download = page.waitForEvent('download');
    await reachByKeyboard(page, 'button', `Download exam-${today}.zip`);
    const bytes = await readFile(await (await download).path());
    await page.getByText(`${bytes.length.toLocaleString('en-GB')} bytes`).waitFor();
    const { root } = firm.server.context;
    const report = verifyExamPackage(nodePrimitives, new Uint8Array(bytes), root);
    expect(report.problems).toEqual([]);
    expect(report.established.join('\n')).toMatch(/complete: each of the/);
    await page.getByText(`countersign verify exam-${today}.zip --root ${root}`).waitFor();
  });

  test('nothing was loaded from elsewhere, and nothing failed', () => {
    expect(audit.complaints).toEqual([]);
    expect(firm.server.failures).toEqual([]);
  });
});

/** What the address says of it. */
function asked(page: Page, name: string): string | null {
  return new URL(page.url()).searchParams.get(name);
}

/** Of the models in the picture. */
function boxesOf(page: Page): Locator {
  const picture = page.getByRole('region', { name: /^Models and their links as a picture/ });
  return picture.getByRole('link');
}
