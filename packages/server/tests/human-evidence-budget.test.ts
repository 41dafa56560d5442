// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  concernsOrigin,
  dueOf,
  type EvidenceId,
  isDueBy,
  levelOf,
  type Materiality,
  type Policy,
  TIERS,
  type Tier,
  whenHolds,
} from '@countersign/kernel';
import { describe, expect, test } from 'vitest';
import { loadPack } from '../src/dossier/index.ts';
import { loadPromotionPolicy } from '../src/registry/index.ts';

const ROOT = join(import.meta.dirname, '../../..');
const { value: policy } = await loadPromotionPolicy(join(ROOT, 'policies/promotion.yaml'));
const { pack } = await loadPack(join(ROOT, 'frameworks/sr-26-2.yaml'));

/** What one form of a person puts down, and who fills it in. Everything else the platform records while work is done. */
const FORMS: readonly {
  readonly form: string;
  readonly by: string;
  readonly covers: readonly EvidenceId[];
}[] = [
  { form: 'model card', by: 'owner', covers: ['inventory-entry'] },
  { form: 'intended use', by: 'owner', covers: ['intended-use'] },
  {
    form: 'tier and scope (questionnaire, packs, duties)',
    by: 'model risk',
    covers: ['risk-tier', 'scope-determination', 'role-assignment'],
  },
  { form: 'datasheet', by: 'developer', covers: ['dataset-datasheet'] },
  {
    form: 'assumptions and limitations',
    by: 'developer',
    covers: ['assumptions-limitations'],
  },
  { form: 'design rationale', by: 'developer', covers: ['design-rationale'] },
  { form: 'instructions for use', by: 'owner', covers: ['instructions-for-use'] },
  { form: 'monitoring plan', by: 'owner', covers: ['monitoring-plan'] },
];

/** A paper about one version is written for each; the others carry forward while their subject is unchanged. */
const PAPERS = join(ROOT, 'examples/consumer-credit/evidence');
const OF_ONE_VERSION = new Set(
  readdirSync(PAPERS)
    .filter((name) => /^scope: version$/m.test(readFileSync(join(PAPERS, name), 'utf8')))
    .map((name) => name.replace('.md', '')),
);

/** The conclusion of a validation is work, not paperwork: it is counted apart. */
const CHALLENGE: readonly EvidenceId[] = ['validation-report'];

/** Recorded by the platform, signed as an approval, or the firm's own. */
const NO_FORM: readonly EvidenceId[] = [
  'policy-document',
  'sod-check',
  'finding',
  'test-plan',
  'performance-test',
  'robustness-test',
  'benchmark-test',
  'data-quality-report',
  'representativeness-report',
  'explainability-test',
  'model-spec',
  'approval-record',
];

/** What must be there before a version that was built here is used in production at a tier: its gap would block. */
function blocking(tier: Tier): ReadonlySet<EvidenceId> {
  const clauses = pack.clauses.filter(
    (clause) => concernsOrigin(clause, 'built') && levelOf(clause, tier) === 'block',
  );
  const wanted = clauses.flatMap((clause) =>
    clause.evidence.filter((item) => isDueBy(dueOf(clause, item), 'production')),
  );
  // Intake is asked for before work starts, whatever a pack says (registry/stage.ts).
  return new Set<EvidenceId>([...wanted.map(({ id }) => id), 'role-assignment']);
}

function formsAt(tier: Tier) {
  const ids = blocking(tier);
  return FORMS.filter(({ covers }) => covers.some((id) => ids.has(id)));
}

function formsOfLater(tier: Tier) {
  return formsAt(tier).filter(({ covers }) => covers.some((id) => OF_ONE_VERSION.has(id)));
}

function challengesAt(tier: Tier, of: Policy): number {
  const isJudged = of.transitions.staging.conditions.some(
    ({ id, when }) =>
      id === 'independent-validation' && whenHolds(when, { tier, fairLending: false }),
  );
  return isJudged || CHALLENGE.some((id) => blocking(tier).has(id)) ? 1 : 0;
}

function approvalsAt(tier: Tier, of: Policy, materiality: Materiality = 'material'): number {
  return [of.transitions.staging, of.transitions.production]
    .flatMap(({ approvals }) => approvals)
    .filter(({ when }) => whenHolds(when, { tier, fairLending: false, materiality }))
    .reduce((sum, { count }) => sum + count, 0);
}

/** A small change writes nothing anew that its policy carries from the version in production. */
function formsOfChange(tier: Tier, of: Policy, materiality: 'minor' | 'within-envelope') {
  const carried: readonly EvidenceId[] = of.materiality?.carries?.[materiality] ?? [];
  return formsOfLater(tier).filter(
    ({ covers }) => !covers.every((id) => carried.includes(id) || !OF_ONE_VERSION.has(id)),
  );
}

function challengesOfChange(of: Policy, materiality: 'minor' | 'within-envelope'): number {
  return of.materiality?.carries?.[materiality]?.includes('validation-report') === true ? 0 : 1;
}

describe('the human evidence that is asked for', () => {
  test('is all accounted for: each item of the pack is a form, a challenge or recorded by the platform', () => {
    const known = new Set([...FORMS.flatMap(({ covers }) => covers), ...CHALLENGE, ...NO_FORM]);
    const unknown = [...blocking('high')].filter((id) => !known.has(id));
    expect(unknown).toEqual([]);
  });

  test('at low tier is three short forms or fewer', () => {
    expect(formsAt('low').length).toBeLessThanOrEqual(3);
  });

  test('rises with the tier', () => {
    const counts = TIERS.map((tier) => formsAt(tier).length);
    expect([...counts].sort((a, b) => b - a)).toEqual(counts);
  });

  test('for a later version with unchanged subjects is one form or none, and one conclusion at most', () => {
    for (const tier of TIERS) {
      expect(formsOfLater(tier).length).toBeLessThanOrEqual(1);
      expect(challengesAt(tier, policy)).toBeLessThanOrEqual(1);
    }
  });
});

describe('a change of what is in production', () => {
  test('that is minor takes one form or none, at every tier', () => {
    for (const tier of TIERS) {
      expect(formsOfChange(tier, policy, 'minor').length).toBeLessThanOrEqual(1);
    }
  });

  test('inside an envelope takes no form, no conclusion and one approval, at every tier', () => {
    for (const tier of TIERS) {
      expect(formsOfChange(tier, policy, 'within-envelope')).toEqual([]);
      expect(challengesOfChange(policy, 'within-envelope')).toBe(0);
      expect(approvalsAt(tier, policy, 'within-envelope')).toBe(1);
    }
  });

  test('that is minor takes fewer signatures at high tier than a material one', () => {
    expect(approvalsAt('high', policy, 'minor')).toBeLessThan(approvalsAt('high', policy));
  });
});

test('docs/human-evidence.md is what pack and policy ask for', async () => {
  await expect(budgetDocument()).toMatchFileSnapshot(join(ROOT, 'docs/human-evidence.md'));
});

function budgetDocument(): string {
  const rows = TIERS.map((tier) => {
    const forms = formsAt(tier);
    const names = forms.map(({ form, by }) => `${form} (${by})`).join('; ');
    const later = formsOfLater(tier).map(({ form }) => form);
    const cells = [
      tier,
      forms.length,
      names,
      challengesAt(tier, policy),
      approvalsAt(tier, policy),
      later.length === 0 ? 'none' : `${later.length}: ${later.join(', ')}`,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const changes = (['minor', 'within-envelope'] as const).flatMap((materiality) =>
    TIERS.map((tier) => {
      const forms = formsOfChange(tier, policy, materiality).map(({ form }) => form);
      const cells = [
        materiality,
        tier,
        forms.length === 0 ? 'none' : `${forms.length}: ${forms.join(', ')}`,
        challengesOfChange(policy, materiality) === 0 ? 0 : challengesAt(tier, policy),
        approvalsAt(tier, policy, materiality),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  );
  return `# What people are asked to write

Computed from \`frameworks/${pack.id}.yaml\` ${pack.version} and \`policies/promotion.yaml\` ${policy.version} by
\`packages/server/tests/human-evidence-budget.test.ts\`; a test fails when this page and they differ.

Forms are what somebody has to write before the first use in production because its absence would block. Everything else is
recorded while work is done. A form about a model, a use or a dataset is carried forward to later versions while its subject
is unchanged; which forms are about one version is read from \`examples/consumer-credit\`. The conclusion of the validator
and the approvals are counted apart: they are judgements of one version.

| tier | forms | which | conclusions of a validator | approvals, staging and production | forms at a later version |
| ---- | ----- | ----- | -------------------------- | --------------------------------- | ------------------------ |
${rows.join('\n')}

Of a later version that differs little from the one in production (how much is computed, never stated), the policy's
\`materiality.carries\` says which papers stand:

| change | tier | forms | conclusions of a validator | approvals, staging and production |
| ------ | ---- | ----- | -------------------------- | --------------------------------- |
${changes.join('\n')}

Approvals are counted without fair lending, which adds one by legal to a material change. A use that policy calls provisional has another
approval at staging in the place of the validator's.
`;
}
