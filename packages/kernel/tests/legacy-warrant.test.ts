// SPDX-License-Identifier: Apache-2.0
// Legacy warrants: who may have one, until when, and that nothing answers under it.
import {
  canonicalBytes,
  type Json,
  legacyStanding,
  legacyTerms,
  sha256Hex,
  verifyWarrant,
  versionContext,
} from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { describe, expect, test } from 'vitest';
import { hex, intake, MODEL, POLICY, USE } from './credit-model.ts';
import { type Firm, foundFirm, type newPeople, WORKSPACE } from './firm.ts';

type Name = keyof ReturnType<typeof newPeople>;

const RULE = {
  daysMax: { high: 90, medium: 180, low: 365 },
  signers: ['model-owner', 'model-risk'],
};
const SINCE = '2019-04-01';
const DAY_MS = 86_400_000;
const manifest = {
  v: 1,
  scorer: 'remote',
  entry: 'm',
  files: [{ path: 'm', digest: hex('m'), size: 1 }],
};
const ref = {
  workspace: WORKSPACE,
  model: MODEL,
  use: USE,
  version: 1,
  artifactDigest: sha256Hex(p, canonicalBytes(manifest)),
};

interface Options {
  readonly policy?: Json;
  readonly declared?: string;
  readonly origin?: string;
  readonly signers?: readonly Name[];
  readonly since?: string;
}

async function asked(options: Options = {}): Promise<{ firm: Firm; request: string }> {
  const {
    declared = SINCE,
    origin = 'external',
    signers = ['omar', 'mia'],
    since = SINCE,
  } = options;
  const firm = await foundFirm();
  await intake(firm, options.policy ?? { ...(POLICY as object), legacy: RULE });
  await firm.add(
    {
      type: 'inventory-entry',
      scope: 'model',
      subjectRef: { workspace: WORKSPACE, model: MODEL },
      content: { name: 'Vendor score', inUseSince: declared },
    },
    'omar',
  );
  const content = origin === 'built' ? { manifest } : { manifest, origin };
  await firm.add({ type: 'model-artifact', subjectRef: ref, content }, 'platform');
  const request = await firm.add(
    {
      type: 'run-request',
      kind: 'onboard',
      subjectRef: ref,
      content: { job: 'onboard', params: { inUseSince: since } },
    },
    ...signers,
  );
  return { firm, request };
}

function contextOf(firm: Firm) {
  const found = versionContext(firm.set(), ref);
  if (!found.ok) throw new Error(found.reason);
  return found.context;
}

async function warranted(
  change: { readonly [name: string]: Json } = {},
  signer: Name = 'platform',
) {
  const { firm, request } = await asked();
  const terms = legacyTerms(firm.set(), request, firm.now());
  if (!terms.ok) throw new Error(terms.missing.join());
  const content = { ...terms.warrant, ...change };
  const warrant = await firm.add(
    { type: 'deployment-record', kind: 'legacy', subjectRef: ref, source: [request], content },
    signer,
  );
  const standing = (now = firm.now()) => legacyStanding(firm.set(), contextOf(firm), now);
  return { firm, request, warrant, terms: terms.warrant, standing };
}

describe('the terms', () => {
  test('end after the days of the tier and repeat grade, policy and the declared day', async () => {
    const { firm, request } = await asked();
    const now = firm.now();
    const terms = legacyTerms(firm.set(), request, now);
    expect(terms).toMatchObject({
      ok: true,
      warrant: { warrant: 'legacy', tier: 'high', enforcement: 'attested', inUseSince: SINCE },
    });
    const expires = terms.ok ? terms.warrant.expires : '';
    expect(Date.parse(expires) - Date.parse(now)).toBe(90 * DAY_MS);
  });

  test.each<[string, Options, RegExp]>([
    ['a policy without the rule', { policy: POLICY }, /no rule `legacy`/],
    ['one signature of two', { signers: ['omar'] }, /model-owner and model-risk/],
    [
      'an entry that says another day',
      { declared: '2020-01-01' },
      /does not say that it is in use/,
    ],
    [
      'a day after it was entered',
      { declared: '2030-01-01', since: '2030-01-01' },
      /must lie before/,
    ],
    ['a version that a run built here', { origin: 'built' }, /a run built the version here/],
  ])('are refused for %s', async (_, options, says) => {
    const { firm, request } = await asked(options);
    const terms = legacyTerms(firm.set(), request, firm.now());
    expect(terms.ok ? '' : terms.missing.join('\n')).toMatch(says);
  });
});

describe('a legacy warrant', () => {
  test('stands until its day and is overdue after it; a revocation ends it', async () => {
    const { firm, warrant, terms, standing } = await warranted();
    expect(standing()).toMatchObject({ digest: warrant, state: 'running' });
    expect(standing(terms.expires)?.state).toBe('overdue');
    await firm.add(
      {
        type: 'deployment-record',
        kind: 'revoke',
        subjectRef: ref,
        content: { warrant, environment: 'production', reason: 'replaced' },
      },
      'mia',
    );
    expect(standing()?.state).toBe('ended');
  });

  test('lets nothing answer: no gateway knows its kind', async () => {
    const { firm, warrant } = await warranted();
    const check = verifyWarrant(firm.set(), {
      warrant,
      environment: 'production',
      now: firm.now(),
      production: false,
    });
    expect(check).toMatchObject({ ok: false, denials: [{ code: 'warrant_missing' }] });
  });

  test.each<[string, { readonly [name: string]: Json }]>([
    ['a later end', { expires: '2099-01-01T00:00:00.000Z' }],
    ['a lower tier', { tier: 'low' }],
    ['a better grade', { enforcement: 'enforced' }],
    ['an earlier day', { inUseSince: '2001-01-01' }],
    ['a member that nobody knows', { extra: true }],
  ])('with %s than its terms does not hold, whoever has the platform’s key', async (_, change) => {
    expect((await warranted(change)).standing()).toBeUndefined();
  });

  test('signed by a person counts for nothing', async () => {
    const { firm, warrant, standing } = await warranted({}, 'mia');
    expect(firm.set().rejected.map(({ digest }) => digest)).toContain(warrant);
    expect(standing()).toBeUndefined();
  });

  test('that is asked for again gains no day', async () => {
    const { firm, request, terms } = await warranted();
    const later = new Date(Date.parse(firm.now()) + 30 * DAY_MS).toISOString();
    const again = legacyTerms(firm.set(), request, later);
    const expires = again.ok ? again.warrant.expires : '';
    expect(Math.abs(Date.parse(expires) - Date.parse(terms.expires))).toBeLessThan(60_000);
    const tooLate = new Date(Date.parse(terms.expires) + DAY_MS).toISOString();
    expect(legacyTerms(firm.set(), request, tooLate)).toMatchObject({
      ok: false,
      missing: [expect.stringMatching(/a renewal adds nothing/)],
    });
  });
});
