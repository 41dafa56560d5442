// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SHOTS = process.env.COUNTERSIGN_SHOTS;
const TELEPHONE = 360;
const DESK = 1440;
/** With a tablet upright, and a little more than the width at which the sections move to the side (880). */
const WIDTHS = [TELEPHONE, 768, 900, DESK] as const;
/** What axe judges by colours; names, roles and structure are the same in light and in dark. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block'] as const;

export interface Judged {
  /** A table of many rows: its picture is of the window. */
  readonly isLong?: boolean;
  /** Axe judges it on a telephone as well as at a desk. */
  readonly isForTelephone?: boolean;
  /** Everything is judged in dark too, not colours alone. */
  readonly isWhollyDark?: boolean;
}

/**
 * A page as it stands: nothing of it is wider than a telephone, a tablet or a desk, and nothing is serious by axe in light or
 * in dark. COUNTERSIGN_SHOTS=DIR keeps a picture of each.
 */
export async function expectSound(page: Page, name: string, judged: Judged = {}): Promise<void> {
  await page.evaluate('document.fonts.ready');
  await changeScheme(page, 'light');
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    await keepPicture(page, `${name}-light-${width}`, judged);
    // Widths are the same in both schemes.
    expect(await overflowOf(page), `${name}, ${width}: wider than its window`).toBeLessThanOrEqual(
      0,
    );
    if (width === DESK || (width === TELEPHONE && judged.isForTelephone === true))
      await expectNothingSerious(page, `${name}, light, ${width}`);
  }
  await changeScheme(page, 'dark');
  const rules = judged.isWhollyDark === true ? undefined : OF_COLOURS;
  await expectNothingSerious(page, `${name}, dark`, rules);
  if (SHOTS === undefined) return;
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    await keepPicture(page, `${name}-dark-${width}`, judged);
  }
}

/** Only its pictures, where somebody asks for them: a page of the same parts was judged. */
export async function picture(page: Page, name: string): Promise<void> {
  if (SHOTS !== undefined) await expectSound(page, name);
}

/** As the system would while the page is open; done once it shows and nothing fades. */
async function changeScheme(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
  await page.evaluate(async () => {
    const fading = document
      .getAnimations()
      .filter(({ effect }) => effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY);
    await Promise.allSettled(fading.map(({ finished }) => finished));
  });
}

async function keepPicture(page: Page, name: string, { isLong }: Judged): Promise<void> {
  if (SHOTS === undefined) return;
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: isLong !== true });
}

/** How much wider than its window a page is, in pixels. */
function overflowOf(page: Page): Promise<number> {
  return page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
}

async function expectNothingSerious(
  page: Page,
  where: string,
  rules?: readonly string[],
): Promise<void> {
  const found = await serious(page, rules);
  expect(found, `${where}: ${found.join('; ')}`).toEqual([]);
}

/** Violations alone are gathered and handed over: what passes is most of a page, and nobody reads it. */
async function serious(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(AXE);
  const options = JSON.stringify({
    resultTypes: ['violations'],
    ...(rules === undefined ? {} : { runOnly: rules }),
  });
  const violations = await page.evaluate<AxeResults['violations']>(
    `axe.run(document, ${options}).then(({ violations }) => violations)`,
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ''}`),
    );
}
