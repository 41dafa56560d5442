// SPDX-License-Identifier: Apache-2.0
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const WAIT = { timeout: 20_000 };

/** Chooses by keys: a pointer would miss a list that moves because the page above it is still coming. */
export async function chooseOption(
  page: Page,
  list: string,
  { type, option }: { readonly type: string; readonly option: RegExp },
): Promise<void> {
  const field = page.getByRole('combobox', { name: list });
  await field.fill(type);
  const wanted = page.getByRole('option', { name: option }).first();
  await wanted.waitFor();
  const isMarked = async (): Promise<boolean> => {
    if ((await wanted.getAttribute('data-combobox-selected')) !== null) return true;
    await field.press('ArrowDown');
    return (await wanted.getAttribute('data-combobox-selected')) !== null;
  };
  await expect.poll(isMarked, WAIT).toBe(true);
  await field.press('Enter');
  await field.press('Escape');
}
