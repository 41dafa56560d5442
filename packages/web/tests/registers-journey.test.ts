// SPDX-License-Identifier: Apache-2.0
// What is asked of the whole firm: the picture of connected models, the registers, any day as it was known then and now, and
// the exam package. One firm with something everywhere; every page in both colour schemes; no pointer.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodePrimitives } from '@countersign/kernel/node';
import { verifyExamPackage } from '@countersign/verifier';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasNoChromium } from '../../kernel/tests/chromium.ts';
import {
  type FirmInBrowser,
  openFirm,
  reachByKeyboard,
  type Sitting,
  signIn,
  sitDown,
} from './firm-in-browser.ts';
import { type SeededRegisters, seedRegisters } from './seed-registers.ts';
import { overflowOf, seriousFindings } from './serious-findings.ts';

const SHOTS = process.env.COUNTERSIGN_SHOTS;
/** Pictures are of a firm in its size; what is tested does not take one. */
const MODELS = SHOTS === undefined ? 60 : 180;
const WIDTHS = [360, 768, 1440] as const;

interface PageToSee {
  readonly name: string;
  readonly path: (seeded: SeededRegisters) => string;
  /** Text that stands there once the page has come. */
  readonly shows: RegExp;
  /** A table of many rows: its picture is of the window. */
  readonly isLong?: boolean;
}

const PAGES: readonly PageToSee[] = [
  { name: 'graph', isLong: true, path: () => '/inventory/graph', shows: /\d+ models, \d+ links/ },
  {
    name: 'graph-shared',
    isLong: true,
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
    audit = await sitDown(firm);
    await audit.page.goto('/inventory');
    await signIn(audit.page, firm.server.person('audit').email);
  }, 180_000);
  afterAll(async () => {
    await firm?.close();
  });

  test.each(PAGES)('$name has no serious finding and fits its window', async (seen) => {
    const { page } = audit;
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.goto(seen.path(seeded));
      await page.getByText(seen.shows).first().waitFor();
      await page.evaluate('document.fonts.ready');
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        if (SHOTS !== undefined) {
          const path = join(SHOTS, `${seen.name}-${colorScheme}-${width}.png`);
          await page.screenshot({ path, fullPage: seen.isLong !== true });
        }
        const at = `${seen.name}, ${colorScheme}, ${width}`;
        expect(await overflowOf(page), `${at}: wider than its window`).toBeLessThanOrEqual(0);
      }
      expect(await seriousFindings(page), `${seen.name}, ${colorScheme}`).toEqual([]);
    }
  });

  test('the picture narrows to a shared source by keys, and the table leads to a model', async () => {
    const { page } = audit;
    await page.goto('/inventory');
    await reachByKeyboard(page, 'link', 'As a graph');
    await page.getByText(/\d+ models, \d+ links; \d+ more without a link/).waitFor();
    const picture = page.getByRole('region', { name: /^Models and their links as a picture/ });
    expect(await picture.getByRole('link').count()).toBeGreaterThan(MODELS / 2);
    await reachByKeyboard(page, 'link', 'bureau-file');
    await page.getByText(`${MODELS / 3} models, `).waitFor();
    expect(new URL(page.url()).searchParams.get('shared')).toBe('source:bureau-file');
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
    expect(new URL(page.url()).searchParams.get('state')).toBe('running');
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
