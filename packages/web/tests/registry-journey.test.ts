// SPDX-License-Identifier: Apache-2.0
// The head of model risk at the registry, without a pointer: from 180 models to one version and the records behind it;
// tables of 10,000 rows; a server that lies; and how long pages and answers take.
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasNoChromium } from '../../kernel/tests/chromium.ts';
import {
  type FirmInBrowser,
  openFirm,
  reachByKeyboard,
  type Sitting,
  sitDownAs,
} from './firm-in-browser.ts';
import { readyChange } from './ready-change.ts';
import { seedLineage, seedRegistry } from './seed-registry.ts';

const MODELS = 180;
/** Of a machine that does other things too. */
const WAIT = { timeout: 20_000 };
/** What is promised is measured in bench/; here only what is slower by a magnitude fails, on any machine. */
const HOPELESS_MS = 2_000;

describe.skipIf(hasNoChromium)('the registry in the browser', { timeout: 120_000 }, () => {
  let firm: FirmInBrowser;
  let risk: Sitting;
  let beforeFindings: number;

  beforeAll(async () => {
    firm = await openFirm();
    await readyChange(firm.server);
    beforeFindings = (await firm.server.context.records.current()).records.at(-1)?.index ?? 0;
    await seedLineage(firm.server);
    await seedRegistry(firm.server, { models: MODELS });
    risk = await sitDownAs(firm, firm.server.person('risk').email);
    await risk.page.goto('/inventory');
  }, 180_000);
  afterAll(async () => {
    await firm?.close();
  });

  test('is walked by keys from the inventory to the record behind a box of the lineage', async () => {
    const { page } = risk;
    await page.getByText(`${MODELS + 1} uses of ${MODELS + 1} models`).waitFor();
    await page.getByLabel('Text').focus();
    await page.keyboard.type('unsecured retail');
    await page.getByText(`1 use of 1 model, of ${MODELS + 1} in all`).waitFor();
    await expect.poll(() => page.url(), WAIT).toMatch(/\?q=unsecured(\+|%20)retail$/);
    await reachByKeyboard(page, 'link', 'Consumer credit scorecard');
    await page.getByText(/^Verified in this browser: \d+ records/).waitFor();
    const connected = page.getByRole('region', { name: 'Connected models (1)' });
    await connected.getByText('feeds model-001: the score').waitFor();
    await reachByKeyboard(page, 'link', 'credit@1');
    await page.getByRole('heading', { name: 'credit@1', level: 1 }).waitFor();
    await page.getByText(/^Verified in this browser: \d+ records/).waitFor();
    const duties = page.getByRole('region', { name: 'Separation of duties' });
    await duties.getByRole('row', { name: /dev Authored the commit/ }).waitFor();
    await duties.getByRole('row', { name: /dev Requested the run/ }).waitFor();
    const metrics = page.getByRole('region', { name: 'Metrics' });
    await metrics.getByRole('row', { name: /approval-ratio 0.74 >= 0.8 fail/ }).waitFor();
    const evidence = page.getByRole('region', { name: 'Evidence by clause' });
    await evidence
      .getByText(/sr-26-2/)
      .first()
      .waitFor();
    const picture = page.getByRole('region', { name: /^Lineage as a picture/ });
    await expect
      .poll(() => picture.getByRole('link').allInnerTexts(), WAIT)
      .toEqual(
        expect.arrayContaining([
          'commit\n4f9d2c1e7a',
          'run\nrun-1',
          'dataset snapshot\napplications holdout',
        ]),
      );
    await reachByKeyboard(page, 'link', /^run run-1$/);
    await page.getByRole('heading', { name: 'Training run', level: 1 }).waitFor();
    await page.getByRole('region', { name: /^What rests on it/ }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'credit@1', level: 1 }).waitFor();
  });

  test('the data of a version tells what was measured, and its columns are filtered by the address', async () => {
    const { page } = risk;
    await page.goto('/models/credit/versions/1');
    await reachByKeyboard(page, 'link', 'What was measured of applications');
    await page.getByRole('heading', { name: 'Data of credit@1', level: 1 }).waitFor();
    const region = (name: string) => page.getByRole('region', { name });
    const quality = region('Quality checks (2, 1 to look at)');
    await quality.getByRole('row', { name: /nearly determine bad 1: collection_call/ }).waitFor();
    const splits = region('Independence of the splits');
    await splits.getByRole('row', { name: /development and holdout 4 \(< 0.1 %\)/ }).waitFor();
    await region('What gives bad away')
      .getByRole('row', { name: /collection_call.*ask why/ })
      .waitFor();
    await region('Exclusions')
      .getByRole('row', { name: /staff employees 60,100 100/ })
      .waitFor();
    await region('Control totals against the source').getByText('agrees').waitFor();
    await region('Against the version before').getByText('There is no earlier version.').waitFor();
    const columns = region('Columns (3)');
    await columns.getByRole('img', { name: /^Distribution of age: from 18/ }).waitFor();
    await columns.getByLabel('Columns', { exact: true }).first().selectOption('questions');
    await columns.getByText('1 column of 3').waitFor();
    await expect.poll(() => asked(page, 'show'), WAIT).toBe('questions');
    await page.goto('/models/credit/versions/1/data?sort=-missing');
    const first = columns.locator('tbody tr[data-index="0"]');
    await first.getByText('2 %').first().waitFor();
    await reachByKeyboard(page, 'link', 'credit@1');
    await page.getByRole('heading', { name: 'credit@1', level: 1 }).waitFor();
  });

  test('filters and order are the address, and views are kept in this browser', async () => {
    const { page } = risk;
    await page.goto('/inventory?tier=high,medium&sort=-model');
    await page.getByText(/of 181 in all/).waitFor();
    const first = page.locator('tbody tr[data-index="0"]');
    await first.getByRole('link', { name: 'Model 179' }).waitFor();
    await page.getByText('Saved views').click();
    await page.getByLabel('Name of this view').fill('what matters');
    await page.keyboard.press('Enter');
    await page.goto('/inventory');
    await page.getByText('181 uses of 181 models').waitFor();
    await reachByKeyboard(page, 'link', 'what matters');
    await page.getByText(/of 181 in all/).waitFor();
    await expect.poll(() => asked(page, 'tier'), WAIT).toBe('high,medium');
    await first.getByRole('link', { name: 'Model 179' }).waitFor();
  });

  test('exports what is shown, and no cell of it is a formula', async () => {
    const { page } = risk;
    await page.goto('/inventory?q=hyperlink');
    const download = page.waitForEvent('download');
    await reachByKeyboard(page, 'button', 'Export 1 as CSV');
    const text = await readFile(await (await download).path(), 'utf8');
    expect(text.split('\r\n')).toHaveLength(3);
    expect(text).toContain(`"'=HYPERLINK(""https://example.com"")"`);
  });

  test('a version as of an earlier log position shows what was known then', async () => {
    const { page } = risk;
    await page.goto('/models/credit/versions/1');
    await page.getByRole('region', { name: 'Findings (2)' }).waitFor();
    await page.goto(`/models/credit/versions/1?as-of=${beforeFindings}`);
    await page.getByRole('region', { name: 'Findings (0)' }).waitFor();
    await page.getByText(`at log position ${beforeFindings}`).waitFor();
    await page.getByText(/^Verified in this browser: \d+ records/).waitFor();
    await reachByKeyboard(page, 'button', 'Back to now');
    await page.getByRole('region', { name: 'Findings (2)' }).waitFor();
  });

  test('a day in the address is what was known at its end, with what might answer then', async () => {
    const { page } = risk;
    const today = new Date().toISOString().slice(0, 10);
    await page.goto('/models/credit');
    await page.getByLabel('As of the end of a day, UTC').fill(today);
    await page.keyboard.press('Enter');
    const panel = page.getByRole('region', { name: `What might answer on ${today}` });
    await panel.getByText(/^Nothing: no warrant of it lived/).waitFor();
    await expect.poll(() => asked(page, 'as-of'), WAIT).toBe(today);
    await page.goto('/models/credit?as-of=2020-01-01');
    await page.getByText(/The log held nothing yet/).waitFor();
    await page.goto('/models/credit?as-of=2999-01-01');
    await page.getByText(/is to come: ask for a time/).waitFor();
  });

  test('a server that says something else than its records is found out', async () => {
    const { page } = risk;
    await page.route('**/v1/models/credit/versions/1', async (route) => {
      const answer = await route.fetch();
      const text = await answer.text();
      const body = text.replace('"algorithm":"logistic"', '"algorithm":"linear"');
      expect(body).not.toBe(text);
      await route.fulfill({ response: answer, body });
    });
    await page.goto('/models/credit/versions/1');
    await page.getByText('What the server sent does not hold').waitFor();
    await page.getByText(/says something else than the server shows of it/).waitFor();
    await page.unrouteAll();
    await page.route('**/v1/bundles/*', async (route) => {
      const answer = await route.fetch();
      const body = (await answer.text()).replace(/"leaf":"..../, '"leaf":"AAAA');
      await route.fulfill({ response: answer, body });
    });
    await page.goto('/models/credit');
    await page.getByText('Not verified', { exact: true }).waitFor();
    await page.unrouteAll();
  });

  test('answers of the registry come at once with 180 models', async () => {
    const { page } = risk;
    const paths = [
      '/v1/inventory',
      '/v1/models/credit',
      '/v1/models/credit/versions',
      '/v1/models/credit/versions/1',
      '/v1/models/credit/versions/1/evidence',
      '/v1/warrants?model=credit',
      '/v1/findings',
      '/v1/reviews',
      '/v1/policy/history',
      '/v1/records?model=credit&limit=500',
    ];
    const took = await page.evaluate(timesOf, paths);
    console.info('answers with 180 models, fastest and median of 9, ms:', took);
    // Others use the machine that tests run on: the fastest says what the server needs.
    for (const [path, [fastest]] of Object.entries(took)) {
      expect(fastest, path).toBeLessThan(HOPELESS_MS);
    }
  });

  test('10,000 rows filter and sort at once, and few of them are in the document', async () => {
    const { page } = risk;
    await page.route('**/v1/inventory', async (route) => {
      const answer = await route.fetch();
      const { models } = (await answer.json()) as { models: { model: string }[] };
      const many = Array.from({ length: 10_000 }, (_, n) => ({
        ...models[1 + (n % MODELS)],
        model: `copy-${n}`,
        name: `Copy ${(n * 7919) % 10_000}`,
      }));
      await route.fulfill({ response: answer, json: { models: many } });
    });
    await page.goto('/inventory');
    await page.getByText('10000 uses of 10000 models').waitFor();
    expect(await page.locator('tbody tr').count()).toBeLessThan(80);
    const filtered = await fastest(page, async () => {
      await page.getByLabel('Text').fill('');
      await page.getByText('10000 uses of').waitFor();
      return changeOf(page, { fill: '77' });
    });
    const sorted = await fastest(page, () => changeOf(page, { press: 'Owner' }));
    const byTier = await fastest(page, () => changeOf(page, { press: 'Tier' }));
    console.info('10,000 rows, fastest of 5, ms:', { filtered, sorted, byTier });
    expect(Math.max(filtered, sorted, byTier)).toBeLessThan(HOPELESS_MS);
    await page.unrouteAll();
  });

  test('nothing was loaded from elsewhere, and nothing failed', () => {
    expect(risk.complaints).toEqual([]);
    expect(firm.server.failures).toEqual([]);
  });
});

/** What the address says of it. */
function asked(page: Page, name: string): string | null {
  return new URL(page.url()).searchParams.get(name);
}

async function fastest(_page: Page, once: () => Promise<number>): Promise<number> {
  const took: number[] = [];
  for (let n = 0; n < 5; n += 1) took.push(await once());
  return Math.round(Math.min(...took));
}

/** From the event to the frame in which the table stands changed, in the page's own clock. */
function changeOf(
  page: Page,
  how: { readonly fill: string } | { readonly press: string },
): Promise<number> {
  return page.evaluate(async (change) => {
    const table = document.querySelector('table.inventory tbody');
    const changed = new Promise<void>((resolve) => {
      const observer = new MutationObserver(() => {
        observer.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => resolve()));
      });
      if (table !== null) {
        observer.observe(table, { childList: true, subtree: true, characterData: true });
      }
    });
    const started = performance.now();
    if ('fill' in change) {
      const field = document.querySelector<HTMLInputElement>('search input');
      const setter = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set;
      setter?.call(field, change.fill);
      field?.dispatchEvent(new Event('input', { bubbles: true }));
    } else {
      const buttons = [...document.querySelectorAll<HTMLButtonElement>('button.sort')];
      buttons.find(({ textContent }) => textContent === change.press)?.click();
    }
    await changed;
    return performance.now() - started;
  }, how);
}

async function timesOf(paths: readonly string[]): Promise<Record<string, [number, number]>> {
  const times: Record<string, [number, number]> = {};
  for (const path of paths) {
    const took: number[] = [];
    for (let n = 0; n < 9; n += 1) {
      const started = performance.now();
      const answer = await fetch(path);
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      await answer.arrayBuffer();
      took.push(Math.round(performance.now() - started));
    }
    took.sort((a, b) => a - b);
    times[path] = [took[0] ?? 0, took[4] ?? 0];
  }
  return times;
}
