// SPDX-License-Identifier: Apache-2.0
// Every page, in both colour schemes and at the widths of a telephone, a tablet and a desk: axe finds nothing serious,
// nothing is wider than the window.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasNoChromium } from '../../kernel/tests/chromium.ts';
import { expectSound } from './axe-findings.ts';
import { proposeByFile } from './enrol-by-files.ts';
import { enrolledHolder, newcomer, requestOfNewKey } from './enrolled-holder.ts';
import {
  type FirmInBrowser,
  openFirm,
  type Sitting,
  sitDown,
  sitDownAs,
} from './firm-in-browser.ts';
import { type ReadyChange, readyChange } from './ready-change.ts';
import { seedLineage, seedRegistry } from './seed-registry.ts';

const FOUNDERS = ['ada', 'audit', 'risk', 'clerk', 'legal'] as const;

interface PageToSee {
  readonly name: string;
  readonly path: (ready: ReadyChange) => string;
  readonly who: 'lena' | 'nora' | 'ada' | 'adam' | 'audit' | 'risk' | 'clerk' | 'legal' | 'nobody';
  /** Text that stands there once the page has come. */
  readonly shows: RegExp;
  readonly before?: (sitting: Sitting) => Promise<void>;
}

const PAGES: readonly PageToSee[] = [
  { name: 'sign-in', path: () => '/sign-in', who: 'nobody', shows: /Sign in to First River Bank/ },
  { name: 'inbox', path: () => '/inbox', who: 'lena', shows: /approve or reject as legal/i },
  { name: 'inbox-empty', path: () => '/inbox', who: 'audit', shows: /Nothing waits for you/ },
  {
    name: 'inbox-user',
    path: () => '/inbox',
    who: 'clerk',
    shows: /Your roles decide on no change/,
  },
  { name: 'keys-new', path: () => '/keys', who: 'nora', shows: /not enrolled yet/ },
  { name: 'inventory', path: () => '/inventory', who: 'risk', shows: /Model 001/ },
  {
    name: 'inventory-filtered',
    path: () => '/inventory?q=scorecard&tier=high,medium',
    who: 'risk',
    shows: /Nothing in the inventory is like that/,
  },
  { name: 'model', path: () => '/models/credit', who: 'risk', shows: /Verified in this browser/ },
  {
    name: 'version',
    path: () => '/models/credit/versions/1',
    who: 'risk',
    shows: /Counts as a developer/,
  },
  {
    name: 'version-data',
    path: () => '/models/credit/versions/1/data',
    who: 'risk',
    shows: /There is no earlier version/,
  },
  {
    name: 'model-as-of',
    path: () => `/models/credit?as-of=${new Date().toISOString().slice(0, 10)}`,
    who: 'risk',
    shows: /no warrant of it lived/,
  },
  {
    name: 'record',
    path: ({ changeRequest }) => `/records/${changeRequest}`,
    who: 'risk',
    shows: /What rests on it/,
  },
  {
    name: 'record-short',
    path: ({ changeRequest }) => `/records/${changeRequest.slice(0, 12)}`,
    who: 'risk',
    shows: /no whole digest/,
  },
  { name: 'findings', path: () => '/findings?state=all', who: 'risk', shows: /Population/ },
  { name: 'findings-user', path: () => '/findings', who: 'clerk', shows: /those with a duty/ },
  { name: 'reviews', path: () => '/reviews', who: 'risk', shows: /credit|No use has a review/ },
  {
    name: 'reviews-calendar',
    path: () => '/reviews?view=calendar',
    who: 'risk',
    shows: /Earlier|No use has a review/,
  },
  { name: 'policy', path: () => '/policy', who: 'risk', shows: /Conditions that are judged/ },
  {
    name: 'policy-channels',
    path: () => '/policy?kind=notice-channels',
    who: 'risk',
    shows: /Notices go nowhere but here/,
  },
  {
    name: 'policy-unknown',
    path: () => '/policy?kind=nothing',
    who: 'risk',
    shows: /no such kind of policy/,
  },
  { name: 'changes', path: () => '/changes', who: 'lena', shows: /credit@1/ },
  {
    name: 'change',
    path: ({ changeRequest }) => `/changes/${changeRequest}`,
    who: 'lena',
    shows: /the server agrees/,
  },
  {
    name: 'sign-words',
    path: ({ changeRequest }) => `/changes/${changeRequest}/sign?decision=approve`,
    who: 'lena',
    shows: /Show what I sign/,
  },
  {
    name: 'sign-confirm',
    path: ({ changeRequest }) => `/changes/${changeRequest}/sign?decision=approve`,
    who: 'lena',
    shows: /Digest of all this/,
    before: ({ page }) => page.getByRole('button', { name: 'Show what I sign' }).click(),
  },
  {
    name: 'sign-key-file',
    path: ({ changeRequest }) => `/changes/${changeRequest}/sign?decision=approve`,
    who: 'legal',
    shows: /A key file signs too/,
  },
  { name: 'keys', path: () => '/keys', who: 'lena', shows: /Your enrolled keys/ },
  { name: 'keys-administrator', path: () => '/keys', who: 'ada', shows: /Propose an enrolment/ },
  {
    name: 'keys-propose',
    path: () => '/keys',
    who: 'adam',
    shows: /How the person was identified/,
  },
  { name: 'people', path: () => '/people', who: 'ada', shows: /Lena Example/ },
  { name: 'account', path: () => '/account', who: 'lena', shows: /this session/ },
  { name: 'unknown', path: () => '/nowhere', who: 'nobody', shows: /No such page/ },
];

describe.skipIf(hasNoChromium)('every page', { timeout: 180_000 }, () => {
  let firm: FirmInBrowser;
  let ready: ReadyChange;
  const sittings = new Map<PageToSee['who'], Sitting>();

  beforeAll(async () => {
    firm = await openFirm();
    ready = await readyChange(firm.server);
    await seedRegistry(firm.server, { models: 20 });
    await seedLineage(firm.server);
    const seated = await Promise.all([
      enrolledHolder(firm, { account: 'lena', role: 'legal' }),
      enrolledHolder(firm, { account: 'adam', role: 'administrator' }),
      ...FOUNDERS.map((who) => sitDownAs(firm, firm.server.person(who).email)),
    ]);
    for (const [n, who] of (['lena', 'adam', ...FOUNDERS] as const).entries()) {
      const sitting = seated[n];
      if (sitting !== undefined) sittings.set(who, sitting);
    }
    sittings.set('nobody', await sitDown(firm));
    // Hers waits for signatures, so that the pages of keys have one to show.
    const nora = await newcomer(firm, 'nora');
    await proposeByFile(firm.server, await requestOfNewKey(nora.page), { roles: ['legal'] });
    sittings.set('nora', nora);
  });
  afterAll(async () => {
    await firm?.close();
  });

  test.each(PAGES)('$name has no serious finding and fits its window', async (seen) => {
    const sitting = sittings.get(seen.who);
    if (sitting === undefined) throw new Error(`nobody sits as ${seen.who}`);
    const { page } = sitting;
    await page.goto(seen.path(ready));
    await seen.before?.(sitting);
    await page.getByText(seen.shows).first().waitFor();
    // What differs in the frame of every page by its scheme is judged once.
    const isWhollyDark = seen.name === 'inbox' || seen.name === 'sign-in';
    await expectSound(page, seen.name, { isForTelephone: true, isWhollyDark });
    expect(sitting.complaints).toEqual([]);
  });

  test('a system in dark sees a page in dark from its opening', async () => {
    const { page, complaints } = sittings.get('nobody') ?? (await sitDown(firm));
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto('/sign-in', { waitUntil: 'commit' });
    const html = page.locator('html[data-mantine-color-scheme]');
    await html.waitFor();
    expect(await html.getAttribute('data-mantine-color-scheme')).toBe('dark');
    await page.getByText(/Sign in to First River Bank/).waitFor();
    expect(await html.getAttribute('data-mantine-color-scheme')).toBe('dark');
    expect(complaints).toEqual([]);
  });
});
