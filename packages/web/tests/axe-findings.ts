// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SHOTS = process.env.COUNTERSIGN_SHOTS;
const WIDTHS = [360, 768, 1440] as const;

/**
 * Nothing serious by axe in light and dark, and nothing wider than a telephone, a tablet or a desk, of a page as it stands.
 * COUNTERSIGN_SHOTS=DIR keeps a picture of each.
 */
export async function expectSound(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const width of WIDTHS) {
      // Widths are the same in both schemes.
      if (colorScheme === 'dark' && width !== 1440 && SHOTS === undefined) continue;
      await page.setViewportSize({ width, height: 900 });
      if (SHOTS !== undefined) {
        const path = join(SHOTS, `${name}-${colorScheme}-${width}.png`);
        await page.screenshot({ path, fullPage: true });
      }
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow, `${name}, ${width}: wider than its window`).toBeLessThanOrEqual(0);
    }
    expect(await serious(page), `${name}, ${colorScheme}`).toEqual([]);
  }
}

/** Only its pictures, where somebody asks for them: a page of the same parts was judged. */
export async function picture(page: Page, name: string): Promise<void> {
  if (SHOTS !== undefined) await expectSound(page, name);
}

async function serious(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<AxeResults>('axe.run(document)');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ''}`),
    );
}
