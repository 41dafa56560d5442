// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { EVIDENCE_IDS } from './evidence-ids.ts';
import { CHECK_IDS, GATE_IDS } from './gate-ids.ts';
import { concernsOrigin, dueOf, inForceOn, isDueBy, levelOf } from './pack.ts';
import { formatPackPath, parsePack } from './parse-pack.ts';

const CLAUSE = {
  id: 'p/one',
  ref: 'section 1',
  basis: 'guidance',
  requirement: 'Something is kept.',
  evidence: [{ id: 'intended-use' }],
  producers: ['human'],
  enforcedBy: ['gate/intake'],
  level: { high: 'block' },
};
const PACK = {
  id: 'p',
  version: '1.0.0',
  title: 'Pack',
  authority: 'House',
  force: 'house',
  effectiveFrom: '2026-01-01',
  effectiveTo: null,
  supersedes: [],
  appliesIf: {},
  notes: [],
  clauses: [CLAUSE],
  documents: [],
  retention: [],
};

describe('dueOf', () => {
  test.each([
    ['gate/intake', 'intake'],
    ['gate/data', 'candidate'],
    ['gate/train', 'candidate'],
    ['gate/candidate', 'candidate'],
    ['gate/validation', 'staging'],
    ['gate/approval', 'production'],
    ['gate/deploy', 'production'],
    ['gate/change', 'production+30d'],
    ['gate/serve', 'production+30d'],
    ['gate/review', 'production+30d'],
    ['gate/retire', 'production+30d'],
    ['check/drift', 'production+30d'],
  ] as const)('of a clause at %s is %s', (id, due) => {
    expect(dueOf({ enforcedBy: [id] }, { id: 'finding' })).toBe(due);
  });

  test('follows the first gate, not a check before it nor a later gate', () => {
    const enforcedBy = ['check/access', 'gate/intake', 'gate/review'] as const;
    expect(dueOf({ enforcedBy }, { id: 'finding' })).toBe('intake');
  });

  test('of a periodic review is after production, whatever the gate', () => {
    expect(dueOf({ enforcedBy: ['gate/approval'] }, { id: 'periodic-review' })).toBe(
      'production+30d',
    );
  });

  test('is what the item itself says, where it says it', () => {
    const item = { id: 'periodic-review', due: 'staging' } as const;
    expect(dueOf({ enforcedBy: ['gate/intake'] }, item)).toBe('staging');
  });

  test('orders the stages', () => {
    expect(isDueBy('candidate', 'staging')).toBe(true);
    expect(isDueBy('staging', 'staging')).toBe(true);
    expect(isDueBy('production', 'staging')).toBe(false);
  });
});

test('a tier that the clause does not name blocks', () => {
  expect(levelOf({ level: { high: 'block', low: 'warn' } }, 'low')).toBe('warn');
  expect(levelOf({ level: { low: 'warn' } }, 'medium')).toBe('block');
});

test('a clause without origin concerns every version', () => {
  expect(concernsOrigin({}, 'built')).toBe(true);
  expect(concernsOrigin({ appliesIf: { origin: ['external'] } }, 'built')).toBe(false);
});

test('a pack is in force from its first day through its last', () => {
  const pack = { effectiveFrom: '2026-04-17', effectiveTo: '2026-12-31' };
  expect(inForceOn(pack, '2026-04-16')).toBe(false);
  expect(inForceOn(pack, '2026-04-17')).toBe(true);
  expect(inForceOn(pack, '2026-12-31')).toBe(true);
  expect(inForceOn(pack, '2027-01-01')).toBe(false);
});

test('the vocabulary has sixty-two items, eleven gates and ten checks, none twice', () => {
  expect(new Set(EVIDENCE_IDS).size).toBe(62);
  expect(EVIDENCE_IDS).toHaveLength(62);
  expect(GATE_IDS).toHaveLength(11);
  expect(CHECK_IDS).toHaveLength(10);
});

describe('parsePack', () => {
  const problemsOf = (value: unknown) => {
    const result = parsePack(value);
    if (result.ok) return [];
    return result.problems.map(({ path, message }) => `${formatPackPath(path)}: ${message}`);
  };
  const withClause = (change: object) => ({ ...PACK, clauses: [{ ...CLAUSE, ...change }] });

  test('reads a sound pack', () => {
    expect(parsePack(PACK)).toEqual({ ok: true, pack: PACK });
  });

  test.each([
    [null, 'pack: must be a mapping'],
    [[], 'pack: must be a mapping'],
    [{ ...PACK, version: 1 }, 'version: must be a text'],
    [{ ...PACK, effectiveFrom: '17.4.2026' }, 'effectiveFrom: `17.4.2026` must be a calendar date'],
    [{ ...PACK, clauses: [] }, 'clauses: a pack needs at least one clause'],
    [{ ...PACK, clauses: 'x' }, 'clauses: must be a list'],
    [{ ...PACK, clauses: [CLAUSE, CLAUSE] }, 'clauses[1].id: `p/one` is used twice'],
    [withClause({ id: 'q/one' }), 'clauses[0].id: clause id `q/one` must start with `p/`'],
    [withClause({ evidence: [] }), 'clauses[0].evidence: must not be empty'],
    [withClause({ evidence: [{ id: 'x' }] }), 'clauses[0].evidence[0].id: `x` is not known here'],
    [
      withClause({ evidence: [{ id: 'finding', due: 'soon' }] }),
      'clauses[0].evidence[0].due: `soon` is not known here',
    ],
    [withClause({ level: { severe: 'block' } }), 'clauses[0].level.severe: unknown key `severe`'],
    [
      withClause({ enforcedBy: ['gate/x'] }),
      'clauses[0].enforcedBy[0]: `gate/x` is not known here',
    ],
    [
      withClause({ appliesIf: { origin: ['own'] } }),
      'clauses[0].appliesIf.origin[0]: `own` is not',
    ],
    [
      { ...PACK, documents: [{ id: 'doc/x', title: 'X', audience: 'Y', due: 'gate/intake' }] },
      'documents[0]: key `sections` is missing',
    ],
  ])('names the place of what is wrong (%#)', (value, problem) => {
    expect(problemsOf(value).join('\n')).toContain(problem);
  });

  test('refuses a key of the prototype as an unknown key', () => {
    const value: unknown = JSON.parse(
      JSON.stringify(PACK).replace('"notes"', '"__proto__":[],"notes"'),
    );
    expect(problemsOf(value).join('\n')).toContain('unknown key `__proto__`');
  });
});
