// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { checkPackText } from './check-pack.ts';

const PACK = `id: house
version: "1.0.0"
title: House rules
authority: House
force: house
effectiveFrom: "2026-01-01"
effectiveTo: null
supersedes: []
appliesIf: {}
notes: []
retention: []
clauses:
  - id: house/tests
    ref: Rule 1
    basis: practice
    requirement: Test it.
    evidence:
      - { id: performance-test }
    producers: [validation]
    enforcedBy: [gate/validation]
    level: { high: block, medium: warn, low: warn }
documents: []
`;
const placesOf = (text: string) =>
  checkPackText(text).problems.map(({ line, column, member }) => `${line}:${column} ${member}`);

test('a pack of the right form is read, and nothing is said of it', () => {
  const { pack, problems } = checkPackText(PACK);
  expect(problems).toEqual([]);
  expect(pack).toMatchObject({ id: 'house', version: '1.0.0' });
});

test('every fault of form is told at once, each with its line and column', () => {
  const text = PACK.replace('performance-test', 'performence-test')
    .replace('"2026-01-01"', 'soon')
    .replace('force: house', 'forse: house');
  expect(placesOf(text)).toEqual([
    '5:1 forse',
    '1:1 pack',
    '18:11 clauses[0].evidence[0].id',
    '6:1 effectiveFrom',
  ]);
  const [, , unknown] = checkPackText(text).problems;
  expect(unknown?.problem).toBe(
    '`performence-test` is not known here; use one of 62 ids, the nearest being performance-test, benchmark-test, implementation-test',
  );
});

test('a pack that nobody could meet is read and its faults of sense are named', () => {
  const text = PACK.replace('gate/validation', 'gate/intake').replace('low: warn', 'low: block');
  expect(checkPackText(text).pack).toBeDefined();
  expect(placesOf(text)).toEqual(['18:9 clauses[0].evidence[0]', '21:5 clauses[0].level']);
});

test('what is no YAML, and an alias, are faults with a place', () => {
  expect(placesOf('id: [')).toHaveLength(1);
  expect(
    checkPackText(PACK.replace('House rules', '&a House rules').replace('Rule 1', '*a')).pack,
  ).toBeUndefined();
});
