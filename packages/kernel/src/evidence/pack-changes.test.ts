// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { FrameworkPack, PackClause } from './pack.ts';
import { packChanges } from './pack-changes.ts';
import { packFaults } from './pack-faults.ts';
import { formatPackPath } from './parse-pack.ts';

const CLAUSE: PackClause = {
  id: 'house/tests',
  ref: 'section 1',
  basis: 'practice',
  requirement: 'Test it.',
  evidence: [{ id: 'performance-test' }, { id: 'test-plan' }],
  producers: ['validation'],
  enforcedBy: ['gate/validation'],
  level: { high: 'block', medium: 'warn', low: 'warn' },
};
const PACK: FrameworkPack = {
  id: 'house',
  version: '1.0.0',
  title: 'House rules',
  authority: 'House',
  force: 'house',
  effectiveFrom: '2026-01-01',
  effectiveTo: null,
  supersedes: [],
  appliesIf: {},
  notes: [],
  clauses: [CLAUSE, { ...CLAUSE, id: 'house/dropped' }],
  documents: [],
  retention: [],
};
const withClause = (clause: Partial<PackClause>): FrameworkPack => ({
  ...PACK,
  clauses: [{ ...CLAUSE, ...clause }, PACK.clauses[1] ?? CLAUSE],
});

test('a pack beside itself changes nothing, whatever the order of its clauses and items', () => {
  expect(packChanges(PACK, PACK)).toEqual([]);
  const turned = { ...PACK, clauses: [...PACK.clauses].reverse() };
  expect(packChanges(PACK, turned)).toEqual([]);
  expect(packChanges(PACK, withClause({ evidence: [...CLAUSE.evidence].reverse() }))).toEqual([]);
});

test('each member of a clause that changed is told with what it was', () => {
  const after = withClause({
    evidence: [
      { id: 'performance-test', due: 'candidate', appliesIf: { origin: ['built'] } },
      { id: 'robustness-test', kind: 'sensitivity' },
    ],
    level: { high: 'block', medium: 'block', low: 'warn' },
    appliesIf: { origin: ['external'] },
    effectiveFrom: '2027-01-01',
    basis: 'contract',
    ref: 'section 2',
    producers: ['human'],
    requirement: 'Test it twice.',
  });
  expect(packChanges(PACK, after)).toEqual([
    {
      of: 'house/tests',
      change: 'changed',
      lines: [
        'performance-test due: candidate, was staging',
        'performance-test of: built, was every version',
        'newly asks robustness-test (sensitivity), due staging',
        'no longer asks test-plan',
        'level: high block, medium block, low warn, was high block, medium warn, low warn',
        'applies to: external, was every version',
        'in force from: 2027-01-01, was as the pack',
        'basis: contract, was practice',
        'ref: section 2, was section 1',
        'producers: human, was validation',
        'requirement: Test it twice.',
      ],
    },
  ]);
});

test('a gate that moves tells each item whose due point it moves', () => {
  expect(packChanges(PACK, withClause({ enforcedBy: ['gate/candidate'] }))[0]?.lines).toEqual([
    'performance-test due: candidate, was staging',
    'test-plan due: candidate, was staging',
    'enforced by: gate/candidate, was gate/validation',
  ]);
});

test('what was added and dropped is told, and everything is added where there was no pack', () => {
  const after = { ...PACK, clauses: [CLAUSE, { ...CLAUSE, id: 'house/new' }] };
  const added = [
    'asks performance-test, due staging',
    'asks test-plan, due staging',
    'level high block, medium warn, low warn',
  ];
  expect(packChanges(PACK, after)).toEqual([
    { of: 'house/new', change: 'added', lines: added },
    { of: 'house/dropped', change: 'removed', lines: [] },
  ]);
  expect(packChanges(undefined, PACK).map(({ change }) => change)).toEqual(['added', 'added']);
});

test('a document outline that changed says which sections differ', () => {
  const document = (titles: readonly string[]) => ({
    id: 'doc/file',
    title: 'File',
    audience: 'Auditors',
    due: 'gate/approval' as const,
    sections: titles.map((title, at) => ({
      number: at + 1,
      title,
      evidence: ['test-plan' as const],
    })),
  });
  const before = { ...PACK, documents: [document(['Plan', 'Result'])] };
  const after = { ...PACK, documents: [document(['Plan', 'Results', 'Open points'])] };
  expect(packChanges(before, after)).toEqual([
    {
      of: 'doc/file',
      change: 'changed',
      lines: ['section 2: Results (test-plan)', 'section 3: Open points (test-plan)'],
    },
  ]);
  expect(packChanges(after, before)[0]?.lines).toEqual([
    'section 2: Result (test-plan)',
    'no longer section 3',
  ]);
  expect(packChanges(PACK, before)[0]).toMatchObject({
    change: 'added',
    lines: ['File, 2 sections'],
  });
});

test('faults of sense are named with their place', () => {
  const pack = withClause({
    enforcedBy: ['gate/intake'],
    level: { high: 'warn', medium: 'block', low: 'warn' },
    effectiveFrom: '2025-12-31',
  });
  expect(packFaults(PACK)).toEqual([]);
  expect(
    packFaults(pack).map(({ path, message }) => `${formatPackPath(path)}: ${message}`),
  ).toEqual([
    'clauses[0].evidence[0]: `performance-test` cannot be there at intake; give it a later `due`',
    'clauses[0].evidence[1]: `test-plan` cannot be there at intake; give it a later `due`',
    'clauses[0].level: a lower tier blocks where a higher one warns',
    'clauses[0].effectiveFrom: the clause is in force before its pack (2026-01-01)',
  ]);
});
