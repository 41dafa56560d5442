// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { dueOf, levelOf, TIERS } from '@countersign/kernel';
import { beforeAll, describe, expect, test } from 'vitest';
import { ServerError } from '../errors.ts';
import { type LoadedPack, loadPack, parsePackFile } from './load-pack.ts';
import { PACK_FILE } from './testing/credit-document.ts';

// The rows of the requirement catalogue, section 2: clause, evidence, producers, gates and checks.
const CATALOGUE = `
I.nature.principles | policy-document, scope-determination | human | gate/intake
II.scope.applicability | scope-determination | human | gate/intake
III.overview.model-definition | scope-determination, inventory-entry | human | gate/intake
III.overview.genai-exclusion | scope-determination, policy-document | human | gate/intake
III.overview.inherent-risk | risk-tier | human | gate/intake
III.overview.exposure | risk-tier | human, monitoring | gate/intake
III.overview.purpose | risk-tier, intended-use | human | gate/intake
III.overview.materiality | risk-tier | registry | gate/intake, gate/review
III.overview.immaterial-watch | inventory-entry, monitoring-result | monitoring | check/drift
III.overview.aggregate-risk | inventory-entry, generated-document | registry | gate/review
III.overview.effective-challenge | role-assignment, sod-check, finding | human, registry | gate/validation
IV.development.purpose | intended-use | human | gate/intake
IV.development.judgment | design-rationale, assumptions-limitations | human | gate/candidate
IV.development.testing | test-plan, performance-test, robustness-test, benchmark-test | validation | gate/candidate
IV.development.data | data-quality-report, representativeness-report, dataset-datasheet | pipeline, human | gate/data
IV.use.limitations | assumptions-limitations, instructions-for-use | human | gate/approval
IV.use.extension | intended-use, change-record | human | gate/change, gate/serve
V.validation.rigor | test-plan, validation-report | validation, human | gate/validation
V.validation.timing | policy-document, periodic-review | registry | gate/review
V.validation.before-first-use | validation-report, approval-record | registry | gate/approval
V.validation.use-before-validation | exception-record, monitoring-plan | human | gate/serve
V.validation.review-quality | validation-report, finding, sod-check | validation, human | gate/validation
V.validation.conceptual-soundness | design-rationale, model-spec, validation-report | human | gate/validation
V.validation.interpretability | explainability-test, benchmark-test | validation | gate/validation
V.validation.outcomes-analysis | outcome-record, outcomes-analysis | monitoring | check/outcomes
V.validation.expert-judgment | outcomes-analysis, override-record | monitoring | check/overrides
V.validation.thresholds | test-plan, monitoring-result, finding | monitoring, human | gate/review
V.monitoring.ongoing | monitoring-plan, monitoring-result | monitoring | check/drift
V.monitoring.plan | monitoring-plan, periodic-review | human | gate/approval, gate/review
V.monitoring.overlays | override-record, exception-record | human | check/overrides
V.monitoring.residual-risk | validation-report, instructions-for-use | human | gate/approval
VI.governance.roles | role-assignment, sod-check | registry | gate/intake, check/access
VI.governance.policies | policy-document | human | gate/review
VI.governance.inventory | inventory-entry, generated-document | registry | gate/intake
VI.governance.documentation | generated-document, finding, exception-record | registry | check/freshness
VI.governance.internal-audit | audit-event, generated-document | platform | check/access
VII.vendor.understanding | vendor-assessment, validation-report | human | gate/validation
VII.vendor.opaque | vendor-assessment, benchmark-test | validation | gate/validation
VII.vendor.monitoring | monitoring-result, outcomes-analysis | monitoring | check/outcomes
VII.vendor.customisation | change-record, model-spec | human | gate/change
`;

let loaded: LoadedPack;
beforeAll(async () => {
  loaded = await loadPack(PACK_FILE);
});

describe('sr-26-2', () => {
  test('has the forty clauses of the catalogue with their evidence, producers and gates', () => {
    const rows = loaded.pack.clauses.map((clause) =>
      [
        clause.id.replace('sr-26-2/', ''),
        clause.evidence.map(({ id }) => id).join(', '),
        clause.producers.join(', '),
        clause.enforcedBy.join(', '),
      ].join(' | '),
    );
    expect(rows).toEqual(CATALOGUE.trim().split('\n'));
    expect(rows).toHaveLength(40);
  });

  test('names each clause a section of the attachment and a level for each tier', () => {
    for (const clause of loaded.pack.clauses) {
      const section = clause.id.split('/')[1]?.split('.')[0];
      expect(clause.ref).toBe(`Attachment, section ${section}`);
      expect(clause.basis).toBe('guidance');
      expect(Object.keys(clause.level).sort()).toEqual([...TIERS].sort());
      if (levelOf(clause, 'low') === 'block') expect(levelOf(clause, 'high')).toBe('block');
    }
  });

  test('asks vendor clauses of external models alone', () => {
    const external = loaded.pack.clauses.filter(({ appliesIf }) => appliesIf !== undefined);
    expect(external.map(({ id }) => id)).toEqual(
      loaded.pack.clauses.map(({ id }) => id).filter((id) => id.includes('/VII.')),
    );
  });

  test('makes nothing due at intake that cannot be there', () => {
    const atIntake = new Set(
      loaded.pack.clauses.flatMap((clause) =>
        clause.evidence.filter((item) => dueOf(clause, item) === 'intake').map(({ id }) => id),
      ),
    );
    expect([...atIntake].sort()).toEqual([
      'intended-use',
      'inventory-entry',
      'policy-document',
      'risk-tier',
      'role-assignment',
      'scope-determination',
    ]);
  });

  test('outlines both documents in thirteen sections each', () => {
    const outlines = loaded.pack.documents.map(({ id, sections }) => [id, sections.length]);
    expect(outlines).toEqual([
      ['doc/model-development', 13],
      ['doc/independent-validation', 13],
    ]);
  });
});

describe('a broken pack file', () => {
  async function problemsOf(change: (text: string) => string): Promise<string> {
    const text = change(await readFile(PACK_FILE, 'utf8'));
    try {
      parsePackFile('pack.yaml', Buffer.from(text));
    } catch (error) {
      if (error instanceof ServerError && error.code === 'pack_malformed') return error.message;
      throw error;
    }
    return 'no problem';
  }

  test('is refused with the line and path of an unknown evidence id', async () => {
    const text = await readFile(PACK_FILE, 'utf8');
    const line = text.split('\n').findIndex((row) => row.includes('{ id: policy-document }')) + 1;
    const message = await problemsOf((all) => all.replace('id: policy-document', 'id: policy'));
    expect(message).toMatch(`pack.yaml:${line}:`);
    expect(message).toMatch('clauses[0].evidence[0].id: `policy` is not known here');
  });

  test('is refused for an unknown key, a repeated key, an alias and a syntax error', async () => {
    expect(await problemsOf((all) => `${all}\nextra: 1\n`)).toMatch('unknown key `extra`');
    expect(await problemsOf((all) => `${all}\nid: again\n`)).toMatch('Map keys must be unique');
    expect(await problemsOf((all) => `${all}\nnotes: &a [x]\nx: *a\n`)).toMatch('pack.yaml');
    expect(await problemsOf((all) => `${all}\n  - [\n`)).toMatch(/^pack\.yaml:\d+:\d+: yaml: /);
  });

  test('is refused for a date that no calendar has and a version that is a number', async () => {
    const date = await problemsOf((all) => all.replace('2026-04-17"', '2026-04-31"'));
    expect(date).toMatch('`2026-04-31` must be a calendar date');
    const version = await problemsOf((all) => all.replace('version: "1.0.0"', 'version: 1.0'));
    expect(version).toMatch('version: must be a text');
  });

  test('tells every problem at once', async () => {
    const message = await problemsOf((all) =>
      all
        .replace('force: supervisory-principles', 'forse: x')
        .replace('gate/validation', 'gate/val'),
    );
    expect(message).toMatch('unknown key `forse`');
    expect(message).toMatch('key `force` is missing');
    expect(message).toMatch('`gate/val` is not known here');
  });

  test('that is not there is named', async () => {
    await expect(loadPack('/nowhere/pack.yaml')).rejects.toThrow(
      'cannot read pack `/nowhere/pack.yaml`',
    );
  });
});
