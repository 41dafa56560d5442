// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkPolicyFile } from './check-policy.ts';
import { parseYamlText } from './yaml-file.ts';

const policies = new URL('../../../../policies/', import.meta.url);
const text = (name: string) => readFileSync(new URL(name, policies), 'utf8');
const check = (yaml: string) => checkPolicyFile(parseYamlText('p.yaml', yaml));
const places = (yaml: string) =>
  check(yaml).problems.map(({ line, column, problem }) => `${line}:${column} ${problem}`);

/** Where a text begins in the file, counted by hand and not by the parser. */
function placeOf(yaml: string, needle: string): string {
  const before = yaml.slice(0, yaml.indexOf(needle)).split('\n');
  return `${before.length}:${(before.at(-1) ?? '').length + 1}`;
}

test.each([
  ['promotion.yaml', 'promotion-policy'],
  ['questionnaire.yaml', 'questionnaire'],
])('%s is a %s without a fault', (name, kind) => {
  expect(check(text(name))).toEqual({ kind, problems: [] });
});

describe('a fault', () => {
  const policy = text('promotion.yaml');

  test('is named with line and column, and so is every other one of the file', () => {
    const bad = policy
      .replace('warrantDaysMax: { high: 90', 'warrantDaysMax: { high: soon')
      .replace('    daysMax: 180\n  # Disparity', '    daysMaximum: 180\n  # Disparity');
    const [first, second, third] = places(bad);
    expect(first).toMatch(new RegExp(`^${placeOf(bad, 'high: soon')} .*expected number`));
    expect([second, third].join('\n')).toMatch(
      new RegExp(`^${placeOf(bad, 'daysMaximum')} \`daysMaximum\` is not known here`, 'm'),
    );
    expect(places(bad)).toHaveLength(3);
  });

  test('that only the kernel sees is named at its member', () => {
    const bad = policy.replace('  - evidence: benchmark-test', '  - evidence: validation-report');
    expect(places(bad)).toEqual([expect.stringMatching(/tiers without `high`/)]);
  });

  test('of a choice between shapes is that of the nearest', () => {
    const bad = policy.replace('  - evidence: benchmark-test', '  - evidence: sod-check');
    const [first = ''] = places(bad);
    expect(first.split(' ')[0]).toBe(placeOf(bad, 'evidence: sod-check'));
  });

  test('of a file that is no policy says what one has', () => {
    expect(places('a: 1\n')).toEqual([expect.stringMatching(/^1:1 it is no policy file/)]);
  });
});

test.each([
  [
    'committee',
    'id: c\nversion: "1"\nname: c\nmembers: [a, b, c]\nchair: z\nquorum: 2\n',
    '5:1 `committee.chair` must be one of the members',
  ],
  [
    'deputies',
    'id: d\nversion: "1"\ndeputations:\n  - { deputy: a, for: a, role: legal, from: "2026-01-01T00:00:00.000Z", until: "2026-01-02T00:00:00.000Z" }\n',
    '4:7 `deputies.deputations[0].deputy` must be somebody else',
  ],
])('a %s that contradicts itself is refused at its member', (_, yaml, problem) => {
  expect(places(yaml)).toEqual([problem]);
});
