// SPDX-License-Identifier: Apache-2.0
// Makes the pictures of the pages in the README: a real firm on a real database, with the 180 models of examples/model-risk,
// in real Chromium. `node scripts/screenshots.ts [DIRECTORY]`; docs/pictures unless given.
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { readInventoryRows } from '../packages/cli/src/intake/import-rows.ts';
import { largeFirm, type NamedEntry } from '../packages/server/tests/large-firm.ts';
import { enrolledHolder } from '../packages/web/tests/enrolled-holder.ts';
import { openFirm, signIn, sitDown } from '../packages/web/tests/firm-in-browser.ts';

const HOME = join(import.meta.dirname, '..');
const OUT = process.argv[2] ?? join(HOME, 'docs/pictures');
const WINDOW = { width: 1280, height: 800 };
const BYTES_MAX = 200 * 1024;
/** A model that others feed and that feeds others, so that its pages have something to show. */
const SHOWN = 'auto-pd';

const entries = namedEntries();
const firm = await openFirm();
try {
  const { changeRequest } = await largeFirm(firm.server, {
    models: entries.length,
    changeRequests: 3 * entries.length,
    evidence: 24,
    entries,
  });
  const audit = await sitDown(firm);
  await audit.page.goto('/inventory');
  await signIn(audit.page, firm.server.person('audit').email);
  await picture(audit.page, {
    name: 'inventory',
    path: '/inventory?stage=production&sort=tier',
    shows: /uses of/,
  });
  await picture(audit.page, {
    name: 'connected-models',
    path: '/inventory/graph',
    shows: /models, \d+ links/,
  });
  await picture(audit.page, { name: 'findings', path: '/findings', shows: /F-1/ });
  await picture(audit.page, { name: 'as-of-a-day', path: '/as-of', shows: /warrants/ });
  await picture(audit.page, {
    name: 'version',
    path: `/models/${SHOWN}/versions/1`,
    shows: /Counts as a developer/,
  });
  const lena = await enrolledHolder(firm, { account: 'lena', role: 'legal' });
  await picture(lena.page, {
    name: 'signing',
    path: `/changes/${changeRequest}/sign?decision=approve`,
    shows: /Digest of all this/,
    before: (page) => page.getByRole('button', { name: 'Show what I sign' }).click(),
  });
} finally {
  await firm.close();
}

interface Picture {
  readonly name: string;
  readonly path: string;
  /** Text that stands there once the page has come. */
  readonly shows: RegExp;
  readonly before?: (page: Page) => Promise<void>;
}

async function picture(page: Page, { name, path, shows, before }: Picture): Promise<void> {
  await page.setViewportSize(WINDOW);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.goto(path);
  await before?.(page);
  await page.getByText(shows).first().waitFor();
  await page.evaluate('document.fonts.ready');
  const file = join(OUT, `${name}.png`);
  await page.screenshot({ path: file });
  const { size } = await stat(file);
  if (size > BYTES_MAX) throw new Error(`${file} has ${size} bytes, more than ${BYTES_MAX}`);
  console.log(`${file} ${Math.round(size / 1024)} KB`);
}

/** As `countersign inventory import` reads them; nobody of the file need have an account for a picture. */
function namedEntries(): readonly NamedEntry[] {
  const file = join(HOME, 'examples/model-risk/models-mended.csv');
  const text = readFileSync(file, 'utf8');
  const { rows, problems } = readInventoryRows(file, text, {
    accounts: accountsOf(text),
    models: new Set(),
    tiers: new Map(),
    maySignTiers: true,
  });
  const [problem] = problems;
  if (problem !== undefined) throw new Error(`${file}:${problem.line}: ${problem.problem}`);
  return rows.map(({ model, entry, tier }) => ({
    model,
    content: entry,
    tier: tier?.tier ?? 'low',
  }));
}

function accountsOf(text: string): ReadonlySet<string> {
  return new Set(text.match(/\b[a-z]+\.[a-z]+\b/g));
}
