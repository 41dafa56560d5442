// SPDX-License-Identifier: Apache-2.0
import {
  conflictOf,
  dutiesOf,
  type Json,
  judgeChangeRequest,
  verifyBundle,
  verifyWarrant,
  versionContext,
} from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { approve, build, intake, MODEL, submit, USE, validate, warrant } from './credit-model.ts';
import { type Firm, foundFirm, type Name, newHolder, newPeople, WORKSPACE } from './firm.ts';
import { seed } from './property-seed.ts';

const EMAIL = 'x@elsewhere.example';
const SSH_KEY = `SHA256:${'a'.repeat(43)}`;
const GPG_KEY = 'AB'.repeat(20);
const unknown = [{ email: EMAIL }];
const signedBy = (key: string, verified = true, email = 'dana@firm.example'): Json => ({
  email,
  account: 'dana',
  signature: { format: 'ssh', key, verified },
});

function attribute(firm: Firm, content: object, ...by: readonly Name[]): Promise<string> {
  const whole = { email: EMAIL, account: 'dana', reason: 'seen at her desk', ...content };
  return firm.add({ type: 'author-attribution', scope: 'firm', content: whole }, ...by);
}

async function firmWith(authors: readonly Json[]) {
  const firm = await foundFirm();
  const candidate = await build(firm, await intake(firm), { authors });
  return { firm, candidate };
}

function duties(firm: Firm) {
  const set = firm.set();
  const found = versionContext(set, { workspace: WORKSPACE, model: MODEL, use: USE, version: 1 });
  if (!found.ok) throw new Error(found.reason);
  return dutiesOf(set, found.context);
}

const developers = (firm: Firm) => new Set(duties(firm).developers.map(({ account }) => account));

const conflict = (firm: Firm, account: string) =>
  conflictOf(firm.set(), duties(firm), { account, role: 'validator' });

describe('an unknown commit author', () => {
  test('blocks a high tier until two independent persons say whose the address is', async () => {
    const { firm, candidate } = await firmWith(unknown);
    const change = await submit(firm, candidate, 'staging');
    await validate(firm, candidate);
    await approve(firm, candidate, change, {
      by: 'vera',
      role: 'validator',
      gate: 'gate/validation',
    });
    const missing = () =>
      judgeChangeRequest(firm.set(), change, { phase: 'promote', now: firm.now() }).missing;
    expect(missing().join('\n')).toContain('`x@elsewhere.example` belongs to no account');
    await attribute(firm, {}, 'mia', 'cora');
    expect(missing()).toEqual([]);
  });

  test('attributed to the approver makes a developer of the approver', async () => {
    const { firm, candidate } = await firmWith(unknown);
    const change = await submit(firm, candidate, 'staging');
    await validate(firm, candidate);
    await approve(firm, candidate, change, {
      by: 'vera',
      role: 'validator',
      gate: 'gate/validation',
    });
    const digest = await attribute(firm, { account: 'vera' }, 'mia', 'cora');
    const { allowed, missing } = judgeChangeRequest(firm.set(), change, {
      phase: 'promote',
      now: firm.now(),
    });
    expect(allowed).toBe(false);
    expect(missing.join('\n')).toContain(
      `\`vera\` cannot act as validator: authored the commit as x@elsewhere.example (attributed by \`cora\` and \`mia\`) (record ${digest.slice(0, 12)})`,
    );
  });

  test.each<[string, object, readonly Name[], boolean]>([
    ['by the account itself alone, which only makes it a developer', {}, ['dana'], false],
    ['by two of the three roles', {}, ['vera', 'mia'], true],
    ['in other letters', { email: 'X@Elsewhere.Example' }, ['vera', 'cora'], true],
    ['by one of them alone', {}, ['mia'], false],
    ['by one of them with another role', {}, ['mia', 'eve'], false],
    ['by persons of other roles', {}, ['ada', 'eve', 'lena'], false],
    ['by the platform with one person', {}, ['platform', 'mia'], false],
    ['by somebody else than the account', {}, ['omar'], false],
    ['of another address', { email: 'y@elsewhere.example' }, ['mia', 'cora'], false],
    ['with a member nobody knows', { weight: 1 }, ['mia', 'cora'], false],
    ['with a key that is none', { commitKey: 'SHA256:short' }, ['mia', 'cora'], false],
  ])('attributed %s', async (_, content, by, isKnown) => {
    const { firm } = await firmWith(unknown);
    await attribute(firm, content, ...by);
    expect(duties(firm).unattributed).toEqual(isKnown ? [] : [EMAIL]);
    expect(developers(firm)).toEqual(new Set(['dana']));
  });

  test('stays unknown when one of the two who say whose it is built the version', async () => {
    const { firm } = await firmWith([...unknown, { email: 'vic@firm.example', account: 'vic' }]);
    await attribute(firm, { account: 'omar' }, 'vic', 'mia');
    expect(duties(firm).unattributed).toEqual([EMAIL]);
    expect(developers(firm)).toEqual(new Set(['dana', 'vic', 'omar']));
  });

  test('of another firm’s workspace is no concern', async () => {
    const { firm } = await firmWith(unknown);
    const content = { email: EMAIL, account: 'dana', reason: 'r' };
    const elsewhere = { workspace: 'other' };
    await firm.add(
      { type: 'author-attribution', scope: 'firm', subjectRef: elsewhere, content },
      'mia',
      'cora',
    );
    expect(duties(firm).unattributed).toEqual([EMAIL]);
  });
});

describe('a warrant that the platform signed all the same', () => {
  test.each([
    ['an unknown author', undefined, /belongs to no account/],
    ['an author attributed to its approver', 'vera', /`vera` cannot act as validator/],
    ['an author attributed to its developer', 'dana', undefined],
  ])('over %s is judged again by whoever verifies it', async (_, account, reason) => {
    const { firm, candidate } = await firmWith(unknown);
    const change = await submit(firm, candidate, 'staging');
    await validate(firm, candidate);
    await approve(firm, candidate, change, {
      by: 'vera',
      role: 'validator',
      gate: 'gate/validation',
    });
    if (account !== undefined) await attribute(firm, { account }, 'mia', 'cora');
    const digest = await warrant(firm, candidate, change);
    const bundle = verifyBundle(p, await firm.bundle(), firm.root);
    if (!bundle.ok) throw new Error(bundle.reason);
    const checked = verifyWarrant(bundle.set, {
      warrant: digest,
      environment: 'staging',
      now: firm.now(),
      production: false,
    });
    expect(checked.ok).toBe(reason === undefined);
    if (!checked.ok && reason !== undefined) {
      expect(checked.denials.map(({ code }) => code)).toContain('warrant_gates');
      expect(checked.denials.map((one) => one.reason).join('\n')).toMatch(reason);
    }
  });
});

describe('an attribution takes nothing back:', () => {
  test('an address of two persons makes both developers', async () => {
    const { firm } = await firmWith(unknown);
    await attribute(firm, { account: 'vera' }, 'mia', 'cora');
    await attribute(firm, { account: 'omar' }, 'mia', 'cora');
    expect(developers(firm)).toEqual(new Set(['dana', 'vera', 'omar']));
  });

  test('whom the platform knew stays a developer when the address is said to be another’s or a bot’s', async () => {
    const { firm } = await firmWith([{ email: EMAIL, account: 'vera' }]);
    await attribute(firm, { account: 'omar' }, 'mia', 'cora');
    await attribute(firm, { account: 'bot:ci' }, 'mia', 'cora');
    expect(conflict(firm, 'vera')).toContain('authored the commit');
  });

  test('superseding one leaves it standing', async () => {
    const { firm } = await firmWith(unknown);
    const first = await attribute(firm, { account: 'vera' }, 'mia', 'cora');
    const content = { email: EMAIL, account: 'omar', reason: 'a mistake' };
    const draft = { type: 'author-attribution', scope: 'firm', supersedes: first } as const;
    await firm.add({ ...draft, content }, 'mia', 'cora');
    expect(developers(firm)).toEqual(new Set(['dana', 'vera', 'omar']));
  });

  test('whatever is attributed to whomever by whomever, no developer and no conflict is lost', async () => {
    const names: readonly Name[] = ['dana', 'vera', 'vic', 'mia', 'cora', 'omar', 'lena', 'eve'];
    const emails = [EMAIL, 'dana@firm.example', 'ci@firm.example', '<>'];
    const one = fc.record({
      email: fc.constantFrom(...emails),
      account: fc.constantFrom<string>(...names, 'bot:ci'),
      key: fc.option(fc.constantFrom(SSH_KEY, GPG_KEY)),
      by: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 3 }),
    });
    const { firm } = await firmWith([
      { email: 'ci@firm.example' },
      { email: EMAIL },
      { email: '<>' },
      signedBy(SSH_KEY),
      signedBy(GPG_KEY, false),
    ]);
    const before = [...firm.entries];
    await fc.assert(
      fc.asyncProperty(fc.array(one, { maxLength: 6 }), async (attributions) => {
        firm.entries.splice(0, firm.entries.length, ...before);
        let known = developers(firm);
        for (const { key, by, ...content } of attributions) {
          await attribute(firm, { ...content, ...(key === null ? {} : { commitKey: key }) }, ...by);
          const now = developers(firm);
          expect([...known].filter((account) => !now.has(account))).toEqual([]);
          for (const account of now) expect(conflict(firm, account)).toBeDefined();
          known = now;
        }
      }),
      { seed, numRuns: 25 },
    );
  });
});

describe('a commit key', () => {
  test('attributed to the approver makes a developer of the approver, and of the address’s account', async () => {
    const { firm } = await firmWith([signedBy(SSH_KEY)]);
    expect(developers(firm)).toEqual(new Set(['dana']));
    const content = { email: 'vera@firm.example', account: 'vera', commitKey: SSH_KEY };
    await attribute(firm, content, 'vera');
    expect(developers(firm)).toEqual(new Set(['dana', 'vera']));
    expect(conflict(firm, 'vera')).toContain(`signed the commit with key ${SSH_KEY}`);
  });

  test('that nobody could verify conflicts all the same, and says so', async () => {
    const { firm } = await firmWith([signedBy(GPG_KEY, false)]);
    await attribute(firm, { account: 'vera', commitKey: GPG_KEY }, 'mia', 'cora');
    expect(conflict(firm, 'vera')).toContain('unverified signature of the commit');
  });

  test('does not make an unknown address known', async () => {
    const { firm } = await firmWith([
      { email: EMAIL, signature: { format: 'ssh', key: SSH_KEY, verified: true } },
    ]);
    await attribute(firm, { email: 'dana@firm.example', commitKey: SSH_KEY }, 'dana');
    expect(duties(firm).unattributed).toEqual([EMAIL]);
  });
});

describe('a bot', () => {
  const bot = { account: 'bot:ci' };

  test('is no developer, and takes two independent persons', async () => {
    const { firm } = await firmWith(unknown);
    await attribute(firm, bot, 'mia');
    expect(duties(firm).unattributed).toEqual([EMAIL]);
    await attribute(firm, bot, 'mia', 'vera');
    expect(duties(firm)).toMatchObject({ unattributed: [] });
    expect(developers(firm)).toEqual(new Set(['dana']));
  });

  test.each([
    ['its verified signature', { format: 'ssh', key: SSH_KEY, verified: true }, []],
    ['a signature nobody verified', { format: 'ssh', key: SSH_KEY, verified: false }, [EMAIL]],
    ['another key', { format: 'gpg', key: GPG_KEY, verified: true }, [EMAIL]],
    ['no signature', undefined, [EMAIL]],
  ])('with a known key made the commits with that key alone: %s', async (_, signature, left) => {
    const { firm } = await firmWith([{ email: EMAIL, ...(signature && { signature }) }]);
    await attribute(firm, { ...bot, commitKey: SSH_KEY }, 'mia', 'vera');
    expect(duties(firm).unattributed).toEqual(left);
  });

  test('does not cover for the person whose key signed', async () => {
    const { firm } = await firmWith([
      { email: EMAIL, signature: { format: 'ssh', key: SSH_KEY, verified: true } },
    ]);
    await attribute(firm, bot, 'mia', 'cora');
    await attribute(
      firm,
      { email: 'vera@firm.example', account: 'vera', commitKey: SSH_KEY },
      'vera',
    );
    expect(conflict(firm, 'vera')).toContain('signed the commit');
  });
});

describe('a team', () => {
  test('is that of every key of a person: a second key hides no colleague', async () => {
    const people = newPeople();
    const holder = {
      kind: 'person',
      account: 'vera',
      roles: ['validator'],
      team: 'modelling',
    } as const;
    const firm = await foundFirm({
      people: { ...people, vera2: newHolder(holder) } as typeof people,
    });
    await build(firm, await intake(firm));
    expect(conflict(firm, 'vera')).toContain('same team `modelling` as `dana`');
  });
});
