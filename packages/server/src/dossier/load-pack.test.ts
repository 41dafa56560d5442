// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { dueOf, levelOf, TIERS } from '@countersign/kernel';
import { beforeAll, describe, expect, test } from 'vitest';
import { ServerError } from '../errors.ts';
import { type LoadedPack, loadPack, parsePackFile } from './load-pack.ts';
import { PACK_FILE } from './testing/credit-document.ts';

let loaded: LoadedPack;
beforeAll(async () => {
  loaded = await loadPack(PACK_FILE);
});

describe('sr-26-2', () => {
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

  test('outlines four documents', () => {
    const outlines = loaded.pack.documents.map(({ id, sections }) => [id, sections.length]);
    expect(outlines).toEqual([
      ['doc/model-development', 13],
      ['doc/independent-validation', 13],
      ['doc/ongoing-monitoring', 8],
      ['doc/model-inventory', 6],
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
    const version = await problemsOf((all) => all.replace(/version: "[\d.]+"/, 'version: 1.0'));
    expect(version).toMatch('version: must be a text');
  });

  test('is refused for a section label that is another one, or no label', async () => {
    const doubled = await problemsOf((all) =>
      all.replace('      - number: 2\n', '      - number: 2\n        label: "1"\n'),
    );
    expect(doubled).toMatch("`1` is another section's");
    const odd = await problemsOf((all) =>
      all.replace('      - number: 2\n', '      - number: 2\n        label: II\n'),
    );
    expect(odd).toMatch('`II` must be a label such as 2a, b or 3.1');
  });

  test('is refused for a clause in force from no date and an item of an unknown origin', async () => {
    const date = await problemsOf((all) =>
      all.replace('    basis: guidance\n', '    basis: guidance\n    effectiveFrom: soon\n'),
    );
    expect(date).toMatch('clauses[0].effectiveFrom: `soon` must be a calendar date');
    const origin = await problemsOf((all) =>
      all.replace(
        '{ id: policy-document }',
        '{ id: policy-document, appliesIf: { origin: [bought] } }',
      ),
    );
    expect(origin).toMatch('`bought` is not known here; use one of built, imported, external');
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
