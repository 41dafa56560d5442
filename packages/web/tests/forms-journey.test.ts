// SPDX-License-Identifier: Apache-2.0
// Model risk's daily work in the pages: a finding from its opening to its closing without a pointer, by three people; a tier,
// a paper, a review, an attestation, a change request and its discussion. What is signed is what was shown.
import { readFile } from 'node:fs/promises';
import { PAYLOAD_TYPE_STATEMENT, signEnvelope, statementBytes } from '@countersign/kernel';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readHandedStatements } from '../../cli/src/signing/handed-statements.ts';
import { hasNoChromium } from '../../kernel/tests/chromium.ts';
import { expectSound, picture } from './axe-findings.ts';
import { chooseOption } from './choose-option.ts';
import { enrolledHolder } from './enrolled-holder.ts';
import {
  type FirmInBrowser,
  openFirm,
  reachByKeyboard,
  type Sitting,
  signIn,
  sitDown,
} from './firm-in-browser.ts';
import { MODEL, readyChange, USE } from './ready-change.ts';
import { seedForms } from './seed-forms.ts';
import { seedLineage, seedRegistry } from './seed-registry.ts';

/** Of a machine that does other things too. */
const WAIT = { timeout: 20_000 };

describe.skipIf(hasNoChromium)('the forms of model risk’s work', { timeout: 120_000 }, () => {
  let firm: FirmInBrowser;
  let vera: Sitting;
  let dana: Sitting;
  let rita: Sitting;
  let omar: Sitting;

  beforeAll(async () => {
    firm = await openFirm();
    await readyChange(firm.server);
    await seedRegistry(firm.server, { models: 2 });
    await seedLineage(firm.server);
    await seedForms(firm.server);
    [vera, dana, rita, omar] = await Promise.all([
      enrolledHolder(firm, { account: 'vera', role: 'validator' }),
      enrolledHolder(firm, { account: 'dana', role: 'developer' }),
      enrolledHolder(firm, { account: 'rita', role: 'model-risk' }),
      enrolledHolder(firm, { account: 'omar', role: 'model-owner' }),
    ]);
  });
  afterAll(async () => {
    await firm?.close();
  });

  test('a finding is opened by keys alone, and what the server refuses stands at its field', async () => {
    const { page } = vera;
    await page.goto('/findings');
    await reachByKeyboard(page, 'link', 'Open a finding…');
    await typeInto(page, 'Model', MODEL);
    await reachByKeyboard(page, 'button', 'Show what I sign');
    const title = page.getByLabel('Title');
    await expect.poll(() => title.getAttribute('aria-invalid'), WAIT).toBe('true');
    await page.getByText('Must not be empty').first().waitFor();
    const isFocused = () => title.evaluate((element) => element === document.activeElement);
    await expect.poll(isFocused, WAIT).toBe(true);
    await expectSound(page, 'finding-new-refused');
    await typeInto(page, 'Title', 'Incomplete rows are scored');
    await typeInto(page, 'What was found', 'A missing number is given the mean.');
    await typeInto(page, 'Severity', 'medium');
    await focusOn(page, 'It blocks');
    await page.keyboard.press('Space');
    await typeInto(page, 'Who answers it', 'dana');
    await typeInto(page, 'Due', '12122099'); // the same in every order of day and month
    await reachByKeyboard(page, 'button', 'Show what I sign');
    await page.getByText('Digest of all this').waitFor();
    const facts = page.locator('.facts').first();
    for (const said of [
      'Incomplete rows are scored',
      'A missing number',
      'dana',
      '2099-12-12',
      'vera',
    ])
      await expect.poll(() => facts.innerText(), WAIT).toContain(said);
    await expectSound(page, 'finding-new-sign');
    await reachByKeyboard(page, 'button', 'Sign and record');
    await page.getByRole('heading', { name: 'Signed and recorded' }).waitFor();
    await expect.poll(() => drafts(page), WAIT).toEqual([]);
  });

  test('its owner responds from the inbox; a draft that is left is asked about and comes back', async () => {
    const { page } = dana;
    await page.goto('/inbox');
    await reachByKeyboard(page, 'link', /^Open the finding: credit F-3/);
    await page.getByText('What you can do').waitFor();
    await expectSound(page, 'finding');
    await reachByKeyboard(page, 'link', 'Respond…');
    await typeInto(page, 'Response', 'The specification now');
    await page.keyboard.press('Escape');
    await page.getByText('Leave without signing?').waitFor();
    await staysByDefault(page);
    await page.keyboard.press('Enter');
    await page.getByText('Leave without signing?').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Back to the finding' }).press('Enter');
    await staysByDefault(page);
    await page.getByRole('button', { name: 'Leave' }).press('Enter');
    await reachByKeyboard(page, 'link', 'Respond…');
    await page.getByText(/^Your draft of/).waitFor();
    await typeInto(page, 'Response', ' refuses what is missing.', { atEnd: true });
    await expectSound(page, 'finding-respond');
    await reachByKeyboard(page, 'button', 'Show what I sign');
    await page.getByText('The specification now refuses what is missing.').waitFor();
    await reachByKeyboard(page, 'button', 'Sign and record');
    await page.getByRole('heading', { name: 'Signed and recorded' }).waitFor();
    await page.keyboard.press('Enter'); // back to the finding
    await page.getByText('What you cannot do here, and why').waitFor();
    expect(await page.getByRole('link', { name: 'Close…' }).count()).toBe(0);
    await page.getByText('What you cannot do here, and why').press('Enter');
    await page.getByText(/^Close: .*must be signed by|^Close: A finding is closed by/).waitFor();
  });

  test('somebody else closes it by keys alone, with a record that shows it', async () => {
    const { page } = rita;
    await page.goto(`/findings/${MODEL}/F-3`);
    await reachByKeyboard(page, 'link', 'Close…');
    await typeInto(page, 'What shows that it is mended', 'The specification bounds every input.');
    await focusOn(page, 'Evidence');
    await page.keyboard.type('model spec');
    await page
      .getByRole('option', { name: /^model spec/ })
      .first()
      .waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await reachByKeyboard(page, 'button', 'Show what I sign');
    await reachByKeyboard(page, 'button', 'Sign and record');
    await page.getByRole('heading', { name: 'Signed and recorded' }).waitFor();
    await page.keyboard.press('Enter');
    // What cannot be done now says `closed` too, folded away.
    await page.getByText('closed').filter({ visible: true }).first().waitFor();
    const { findings } = (
      await firm.server.as('audit', { url: `/v1/findings?model=${MODEL}` })
    ).json<{
      findings: readonly {
        id: string;
        content: Record<string, unknown>;
        history: readonly { actor: string }[];
      }[];
    }>();
    const closed = findings.find(({ id }) => id === 'F-3');
    expect(closed).toMatchObject({ content: { status: 'closed', respondedBy: 'dana' } });
    expect(closed?.history.map(({ actor }) => actor)).toEqual(['vera', 'dana', 'rita']);
  });

  test('a tier is computed here as it is answered; a lower one needs its reason', async () => {
    const { page } = rita;
    await page.goto(`/intake/tier?model=${MODEL}&use=${USE}`);
    const groups = page.getByRole('radiogroup');
    await groups.first().waitFor();
    await page.getByText(/questions are not answered yet/).waitFor();
    for (const group of await groups.all()) await group.getByRole('radio').last().check();
    await page.getByText(/^Computed:/).waitFor();
    await expect.poll(() => page.getByText(/^Computed:/).innerText(), WAIT).toContain('high');
    await page.getByLabel('Signed tier').selectOption('low');
    await page.getByRole('button', { name: 'Show what I sign' }).click();
    const reason = page.getByLabel('Reason for another tier');
    await expect.poll(() => reason.getAttribute('aria-invalid'), WAIT).toBe('true');
    await expectSound(page, 'tier');
    await reason.fill('a pilot of forty cases, each looked at by hand');
    await signAll(page);
    const model = (await firm.server.as('audit', { url: `/v1/models/${MODEL}` })).json();
    expect(model.uses[0]).toMatchObject({ tier: 'low' });
  });

  test('the model card is revised: its owner is another, everything else stays', async () => {
    const { page } = omar;
    await page.goto('/intake');
    await expectSound(page, 'intake');
    await page.goto(`/intake/model?model=${MODEL}`);
    await expect
      .poll(() => page.getByRole('textbox', { name: 'Purpose' }).inputValue(), WAIT)
      .toContain('Decides applications');
    await expectSound(page, 'entry');
    await page.getByRole('combobox', { name: 'Owner', exact: true }).fill('omar');
    await signAll(page);
    const model = (await firm.server.as('audit', { url: `/v1/models/${MODEL}` })).json();
    expect(model).toMatchObject({ owner: 'omar', links: [{ type: 'feeds' }] });
  });

  test('and attests it in the campaign that asks', async () => {
    const { page } = omar;
    await page.goto('/inbox');
    await page.getByRole('link', { name: `Attest: ${MODEL}` }).click();
    await page.getByLabel('Your answer').selectOption('confirmed');
    await page.getByLabel('Note').fill('uses and limits are right');
    await expectSound(page, 'attest');
    await signAll(page);
    await page.goto('/inbox');
    await page
      .getByText(/Nothing waits for you|since/)
      .first()
      .waitFor();
    const asked = page.getByRole('link', { name: `Attest: ${MODEL}` });
    await expect.poll(() => asked.count(), WAIT).toBe(0);
  });

  test('a paper begins with what records say, is read as it will be, and is in force once signed', async () => {
    const { page } = omar;
    await page.goto(`/evidence?model=${MODEL}&use=${USE}&version=1`);
    await page.getByRole('link', { name: 'Write: Intended use' }).waitFor();
    await expectSound(page, 'papers');
    await page.getByRole('link', { name: 'Write: Intended use' }).click();
    const text = page.getByRole('textbox', { name: 'Text' });
    await expect
      .poll(() => text.inputValue(), WAIT)
      .toContain('Decides applications for unsecured');
    await text.fill(
      '## Purpose\n\nDecides **small** loans. <img src=x onerror=alert(1)>\n\n## Non-uses\n\n- renewals',
    );
    await page.getByText('Preview', { exact: true }).click();
    const preview = page.getByRole('region', { name: 'Preview' });
    await preview.getByText('small').waitFor();
    await expect.poll(() => preview.innerText(), WAIT).toContain('<img src=x onerror=alert(1)>');
    expect(await preview.locator('img').count()).toBe(0);
    await expectSound(page, 'paper-preview');
    await signAll(page);
    await page.getByRole('link', { name: 'Back to the papers' }).first().click();
    await page.getByRole('link', { name: 'Revise: Intended use' }).waitFor();
    const record = await page.getByRole('link', { name: 'Signed by omar' }).getAttribute('href');
    const { statement } = (await firm.server.as('audit', { url: `/v1${record}` })).json();
    const stored = await firm.server.context.blobs.has(statement.predicate.content.text.digest);
    expect(stored).toBe(true);
  });

  test('a review that stands is recorded by somebody who built nothing of it', async () => {
    const { page } = vera;
    await page.goto('/reviews');
    await page.getByRole('link', { name: new RegExp(`^review ${MODEL} for ${USE}`) }).click();
    await page.getByLabel('Outcome').selectOption('stands');
    await page.getByLabel('Rationale').fill('drift is within its limits');
    await expectSound(page, 'review');
    await signAll(page);
  });

  test('a change is proposed with what its gates say, and talked about in threads', async () => {
    const { page } = dana;
    await page.goto(`/changes/new?model=${MODEL}&use=${USE}&version=1`);
    await page.getByLabel('To', { exact: true }).selectOption('production');
    await page.getByLabel('Reason', { exact: true }).fill('the second try');
    await page.getByLabel('Impact').fill('applications below 20,000');
    await page.getByLabel('Way back').fill('the manual queue');
    await expectSound(page, 'change-new');
    await page.getByRole('button', { name: 'Show what I sign' }).click();
    await page.getByText('What its gates say now').waitFor();
    await picture(page, 'change-new-sign');
    await page.getByRole('button', { name: 'Sign and record' }).click();
    await page.getByRole('heading', { name: 'Signed and recorded' }).waitFor();
    const { changeRequests } = (
      await firm.server.as('audit', { url: `/v1/change-requests?model=${MODEL}` })
    ).json<{ changeRequests: readonly { submitter: string; digest: string }[] }>();
    const request = changeRequests.find(({ submitter }) => submitter === 'dana');
    const path = `/changes/${request?.digest}`;
    await vera.page.goto(path);
    await vera.page.getByLabel('Write on this request').fill('Why **now**, @dana? <b>bold</b>');
    await vera.page.getByRole('button', { name: 'Ask a question' }).click();
    const thread = vera.page.getByRole('article');
    await thread.getByText('<b>bold</b>').waitFor();
    const strong = thread.locator('strong', { hasText: 'now' });
    await expect.poll(() => strong.count(), WAIT).toBe(1);
    await page.goto('/inbox');
    await page.getByRole('link', { name: /^Open the discussion/ }).click();
    await page.getByRole('button', { name: /^Answer/ }).click();
    await page.getByLabel('Your answer').fill('The quarter ends.');
    await page.getByRole('button', { name: 'Answer', exact: true }).click();
    await page.getByText('The quarter ends.').waitFor();
    await vera.page.reload();
    await vera.page.getByRole('button', { name: /^Resolve/ }).click();
    await vera.page.getByText('resolved by vera').waitFor();
    await expectSound(vera.page, 'discussion');
  });

  test('a statement that says something else than was written is not offered for signing', async () => {
    const { page } = vera;
    await page.route('**/v1/signing/statements', async (route) => {
      const asked = route.request().postDataJSON();
      const answer = await route.fetch({ postData: JSON.stringify({ ...asked, severity: 'low' }) });
      await route.fulfill({ response: answer });
    });
    await page.goto(`/findings/new?model=${MODEL}&use=${USE}`);
    await page.getByLabel('Title').fill('Another');
    await page.getByLabel('What was found').fill('something');
    await page.getByLabel('Severity').selectOption('high');
    await page.getByRole('combobox', { name: 'Who answers it' }).fill('dana');
    await page.getByLabel('Due').fill('2099-12-31');
    await page.getByRole('button', { name: 'Show what I sign' }).click();
    await page.getByText(/does not say .*high.*: do not sign it/).waitFor();
    expect(await page.getByRole('button', { name: 'Sign and record' }).count()).toBe(0);
    await page.unrouteAll();
  });

  test('whoever has a key file alone saves the statement and signs those bytes on the command line', async () => {
    const val = await sitDown(firm);
    const { page } = val;
    await page.goto(`/findings/${MODEL}/F-1/retest`);
    await signIn(page, firm.server.person('val').email);
    await page.getByLabel('Outcome').selectOption('passed');
    await page.getByLabel('What was tested').fill('all inputs are bounded');
    await chooseOption(page, 'Evidence', { type: 'model spec', option: /^model spec/ });
    await page.getByRole('button', { name: 'Show what I sign' }).click();
    await page.getByText(/^countersign sign finding-[0-9a-f]{12}\.json --as val$/).waitFor();
    await picture(page, 'handover');
    const digest = (
      await page.locator('.digest code[data-short="false"]').last().innerText()
    ).trim();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save the statement' }).click();
    const text = await readFile(await (await download).path(), 'utf8');
    const { context } = firm.server;
    const by = { account: 'val', founding: context.root, now: context.now() };
    const { statements } = readHandedStatements('finding.json', text, by);
    expect(() => readHandedStatements('f.json', text, { ...by, account: 'dev' })).toThrow(
      /by `val`/,
    );
    const [statement] = statements;
    if (statement === undefined) throw new Error('nothing was saved');
    const signer = await firm.server.signer('val');
    const envelope = await signEnvelope(PAYLOAD_TYPE_STATEMENT, statementBytes(statement), [
      signer,
    ]);
    const answer = await firm.server.as('val', {
      method: 'POST',
      url: '/v1/records',
      payload: { envelopes: [envelope] },
    });
    expect(answer.json().records).toMatchObject([{ digest, state: 'recorded' }]);
    expect(val.complaints).toEqual([]);
  });

  test('the pages complained of nothing', () => {
    for (const [who, { complaints }] of Object.entries({ vera, dana, rita, omar }))
      expect(complaints, who).toEqual([]);
    expect(firm.server.failures).toEqual([]);
  });
});

/** Shows the statement, signs it, waits until it is recorded. */
async function signAll(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Show what I sign' }).click();
  await page.getByRole('button', { name: 'Sign and record' }).click();
  await page.getByRole('heading', { name: 'Signed and recorded' }).waitFor();
}

/** The question takes the focus once it stands; keys pressed before go elsewhere. */
async function staysByDefault(page: Page): Promise<void> {
  const stay = page.getByRole('button', { name: 'Stay', exact: true });
  const isFocused = () => stay.evaluate((element) => element === document.activeElement);
  await expect.poll(isFocused, WAIT).toBe(true);
}

/** Moves on by keys alone until the field of this label has the focus. */
async function focusOn(page: Page, label: string): Promise<void> {
  const wanted = page.getByLabel(label).first();
  await wanted.waitFor();
  for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`no field \`${label}\` within ${TABS_MAX} presses of Tab`);
}
const TABS_MAX = 90;

async function typeInto(
  page: Page,
  label: string,
  text: string,
  { atEnd = false }: { readonly atEnd?: boolean } = {},
): Promise<void> {
  await focusOn(page, label);
  if (atEnd) await page.keyboard.press('Control+End');
  await page.keyboard.type(text);
}

function drafts(page: Page): Promise<readonly string[]> {
  return page.evaluate(() =>
    Object.keys(localStorage).filter((key) => key.startsWith('countersign.draft.')),
  );
}
