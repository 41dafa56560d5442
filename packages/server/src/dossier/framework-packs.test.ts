// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  concernsOrigin,
  dueOf,
  EVIDENCE_IDS,
  type FrameworkPack,
  inForceOn,
  levelOf,
  packFaults,
  RETENTION_RULE_IDS,
  readRetentionPolicy,
} from '@countersign/kernel';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadPack } from './load-pack.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const FOLDER = join(ROOT, 'frameworks');
const CATALOGUE = readFileSync(join(import.meta.dirname, 'testing/catalogue-clauses.txt'), 'utf8');
/** Documents that are compiled without a pack: frameworks.md, section 14.8. */
const CROSS_FRAMEWORK = ['doc/reproduction-certificate', 'doc/clause-coverage-matrix'];

const packs = new Map<string, FrameworkPack>();
beforeAll(async () => {
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'))) {
    const { pack } = await loadPack(join(FOLDER, name));
    expect(name).toBe(`${pack.id}.yaml`);
    packs.set(pack.id, pack);
  }
});

const all = () => [...packs.values()];
const clausesOf = (pack: FrameworkPack) =>
  pack.clauses.map(
    ({ id, evidence, producers, enforcedBy }) =>
      `${id} | ${evidence.map((item) => item.id).join(', ')} | ${producers.join(', ')} | ${enforcedBy.join(', ')}`,
  );
const rows = CATALOGUE.split('\n').filter((line) => line.includes(' | ') && !line.startsWith('#'));

describe('the packs', () => {
  test('have the clauses of the catalogue in its order, with its evidence, producers and gates', () => {
    const counts = all().map((pack) => [pack.id, pack.clauses.length]);
    expect(Object.fromEntries(counts)).toEqual({
      'eu-ai-act': 60,
      'fair-lending-practice': 8,
      'fcra-hooks': 3,
      'fda-samd': 51,
      'fedramp-cr26': 27,
      'iso-42001': 8,
      'naic-ai-bulletin': 8,
      'nist-800-53': 37,
      'nist-ai-rmf': 8,
      'osfi-e-23': 11,
      'part-11': 22,
      'pra-ss1-23': 10,
      'reg-b': 24,
      'soc-2': 31,
      'sr-11-7': 31,
      'sr-26-2': 40,
    });
    for (const pack of all()) {
      expect(clausesOf(pack)).toEqual(rows.filter((row) => row.startsWith(`${pack.id}/`)));
    }
    expect(all().flatMap(clausesOf)).toHaveLength(rows.length);
  });

  test('ask nothing at intake that only a run can make, and hold no lower tier to more', () => {
    for (const pack of all()) expect(packFaults(pack)).toEqual([]);
  });

  test('never ask for a record before the act that leaves it behind', () => {
    const early = all().flatMap(({ clauses }) =>
      clauses.flatMap((clause) =>
        clause.evidence
          .map((item) => ({ id: item.id, due: dueOf(clause, item), clause: clause.id }))
          .filter(({ id, due }) => (NOT_BEFORE[due] ?? []).includes(id)),
      ),
    );
    expect(early).toEqual([]);
  });

  test('name a level for each tier and give each clause words and a place in its text', () => {
    for (const { clauses } of all()) {
      for (const clause of clauses) {
        expect(Object.keys(clause.level).sort()).toEqual(['high', 'low', 'medium']);
        expect(clause.requirement).toMatch(/\S.{15,}/);
        expect(clause.requirement).not.toContain('†');
      }
    }
  });

  test('can be met by a version built here: nothing that only a supplier has is asked of it', () => {
    const asked = all().flatMap((pack) =>
      pack.clauses
        .filter((clause) => concernsOrigin(clause, 'built') && levelOf(clause, 'high') === 'block')
        .flatMap((clause) => clause.evidence.filter((item) => concernsOrigin(item, 'built'))),
    );
    expect(asked.filter(({ id }) => id === 'vendor-assessment')).toEqual([]);
  });

  test('hold no promotion up for a kind of measurement that the platform does not record', () => {
    const asked = all().flatMap(({ clauses }) =>
      clauses
        .filter((clause) => levelOf(clause, 'high') === 'block')
        .flatMap((clause) =>
          clause.evidence
            .filter(
              (item) => MEASURED.includes(item.id) && dueOf(clause, item) !== 'production+30d',
            )
            .flatMap(({ id, kind }) => (kind === undefined ? [] : [`${id} (${kind})`])),
        ),
    );
    expect([...new Set(asked)].sort()).toEqual([
      'data-quality-report (training)',
      'fairness-test (alternatives)',
      'robustness-test (sensitivity)',
    ]);
  });

  test('know every document that a clause asks for, and outline a document the same wherever they have it', () => {
    const outlines = new Map<string, string>();
    for (const { documents } of all()) {
      for (const { id, ...outline } of documents) {
        const text = JSON.stringify(outline);
        expect(outlines.get(id) ?? text, id).toBe(text);
        outlines.set(id, text);
      }
    }
    const known = [...outlines.keys(), ...CROSS_FRAMEWORK];
    const asked = all().flatMap(({ clauses }) =>
      clauses.flatMap(({ evidence }) =>
        evidence.flatMap(({ id, kind }) => (id === 'generated-document' ? (kind ?? []) : [])),
      ),
    );
    expect(asked.filter((id) => !known.includes(id))).toEqual([]);
    expect([...outlines.keys()].sort()).toEqual(DOCUMENTS);
  });

  test('count the sections of Annex IV and of the change control plan as their readers do', () => {
    expect(labelsOf('eu-ai-act', 'doc/eu-annex-iv')).toBe(
      '1 2a 2b 2c 2d 2e 2f 2g 2h 3 4 5 6 7 8 9',
    );
    expect(labelsOf('fda-samd', 'doc/fda-pccp')).toBe('1 2 3.1 3.2 3.3 3.4 4 5 6 7');
    expect(labelsOf('eu-ai-act', 'doc/eu-qms-index')).toBe('a b c d e f g h i j k l m');
  });

  test('use every item of the evidence vocabulary but those of records that no clause asks for', () => {
    const used = new Set(
      all().flatMap(({ clauses }) =>
        clauses.flatMap(({ evidence }) => evidence.map(({ id }) => id)),
      ),
    );
    // frameworks.md 13: a requirement's trace and a release that leaves our reach; their documents ask for them.
    expect(EVIDENCE_IDS.filter((id) => !used.has(id))).toEqual(['requirement', 'release-record']);
  });
});

describe('retention', () => {
  const text = readFileSync(join(ROOT, 'policies/retention.yaml'), 'utf8');
  const { rules } = readRetentionPolicy(parse(text));

  test('has every rule that a pack names, and the rule applies where the pack is in scope', () => {
    for (const { id, retention } of all()) {
      for (const named of retention) {
        const rule = rules.find((one) => one.id === named);
        expect(rule, named).toBeDefined();
        expect(rule?.packs.length === 0 || rule?.packs.includes(id), `${id}: ${named}`).toBe(true);
        expect(RETENTION_RULE_IDS).toContain(named);
      }
    }
  });

  test('cites only clauses that the packs have', () => {
    const known = new Set(all().flatMap(({ clauses }) => clauses.map(({ id }) => id)));
    expect(rules.flatMap(({ clauses }) => clauses).filter((id) => !known.has(id))).toEqual([]);
  });
});

describe('dates', () => {
  const on = (date: string) =>
    all()
      .filter((pack) => inForceOn(pack, date))
      .map(({ id }) => id);

  test('let SR 26-2 follow SR 11-7 without a gap or a day of both', () => {
    expect(on('2026-04-16').filter((id) => id.startsWith('sr-'))).toEqual(['sr-11-7']);
    expect(on('2026-04-17').filter((id) => id.startsWith('sr-'))).toEqual(['sr-26-2']);
    expect(packs.get('sr-26-2')?.supersedes).toEqual(['sr-11-7']);
  });

  test('leave out what is not in force on a day', () => {
    expect(on('2026-11-23')).not.toContain('osfi-e-23');
    expect(on('2027-05-01')).toContain('osfi-e-23');
    expect(on('2026-07-03')).not.toContain('fedramp-cr26');
    expect(on('2029-01-01')).not.toContain('fedramp-cr26');
  });

  test('of the EU AI Act are those of high-risk systems, but for what applies already', () => {
    const now = packs
      .get('eu-ai-act')
      ?.clauses.filter(({ effectiveFrom = '' }) => effectiveFrom !== '2027-12-02')
      .map(({ id }) => id);
    expect(now).toEqual(['eu-ai-act/4a.special-category', 'eu-ai-act/111.legacy']);
  });
});

function labelsOf(pack: string, document: string): string | undefined {
  return packs
    .get(pack)
    ?.documents.find(({ id }) => id === document)
    ?.sections.map(({ number, label }) => label ?? String(number))
    .join(' ');
}

/** Before staging nobody has validated or rebuilt; before production nothing has served; before use nothing was observed. */
const OBSERVED = [
  'decision-log',
  'reason-notice',
  'monitoring-result',
  'outcome-record',
  'outcomes-analysis',
  'integrity-check',
  'periodic-review',
  'audit-event',
];
const SERVED = ['implementation-test', 'deployment-record', 'approval-record', 'e-signature'];
const VALIDATED = ['validation-report', 'sod-check', 'reproduction-attestation', 'change-record'];
const NOT_BEFORE: Readonly<Record<string, readonly string[]>> = {
  intake: [...OBSERVED, ...SERVED, ...VALIDATED],
  candidate: [...OBSERVED, ...SERVED, ...VALIDATED],
  staging: [...OBSERVED, ...SERVED],
  production: OBSERVED,
};

/** Recorded by the platform alone: no person can sign one in the place of a kind that is never measured. */
const MEASURED = [
  'data-quality-report',
  'performance-test',
  'robustness-test',
  'benchmark-test',
  'explainability-test',
  'fairness-test',
  'implementation-test',
  'integrity-check',
];

const DOCUMENTS = [
  'doc/adverse-action-package',
  'doc/ai-rmf-profile',
  'doc/cm-plan',
  'doc/design-development-file',
  'doc/e23-inventory-extract',
  'doc/eu-annex-iv',
  'doc/eu-declaration',
  'doc/eu-fria',
  'doc/eu-instructions-for-use',
  'doc/eu-pmm-report',
  'doc/eu-qms-index',
  'doc/fair-lending-model-file',
  'doc/fda-ai-dsf-submission',
  'doc/fda-pccp',
  'doc/fda-pccp-execution',
  'doc/fedramp-ocr',
  'doc/fedramp-scn',
  'doc/fedramp-sdr',
  'doc/independent-validation',
  'doc/iso42001-soa',
  'doc/model-development',
  'doc/model-inventory',
  'doc/naic-exhibits-a-d',
  'doc/ongoing-monitoring',
  'doc/oscal-evidence',
  'doc/part11-validation-package',
  'doc/soc2-access-review',
  'doc/soc2-change-record',
  'doc/soc2-population',
  'doc/ss123-self-assessment',
];
