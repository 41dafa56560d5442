// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readAssessment } from './assessment-form.ts';
import { readPaper } from './read-paper.ts';

const FORM = `---
evidence: validation-report
scope: version
title: Validation
author: vera
outcome: approved with conditions
rating: needs improvement before use
independence: Took no part.
---

## Conceptual soundness

Fit for the use.

## Data

Read.

## Outcomes analysis

Limits held.

## Limitations

One period.

## Findings

F-3 stands in the register.

### Missing numbers are scored

- severity: high
- owner: omar.owner
- due: 2027-01-31
- blocking: yes

A missing number is given the mean.

It was tried with three rows.

### The manual is silent on refusals

- severity: low
- owner: omar.owner
- due: 2027-03-31

Users are not told.

## Conditions

1. Use in one branch only,
   until outcomes are seen.
2. Set the cutoff anew (owner: dana.developer, due: 2027-02-28).

## Rating

Thin data.

## Independence

Reports to model risk.
`;

const read = (text: string) => readAssessment(readPaper('form.md', text), text);

test('conditions and findings are read as items, with their terms', () => {
  expect(read(FORM)).toEqual({
    outcome: 'approved with conditions',
    rating: 'needs improvement before use',
    grade: 'needs improvement',
    scale: ['satisfactory', 'needs improvement', 'unsatisfactory'],
    independence: 'Took no part.',
    facts: {},
    conditions: [
      { text: 'Use in one branch only, until outcomes are seen.' },
      { text: 'Set the cutoff anew', owner: 'dana.developer', due: '2027-02-28' },
    ],
    findings: [
      {
        title: 'Missing numbers are scored',
        severity: 'high',
        owner: 'omar.owner',
        due: '2027-01-31',
        blocking: true,
        description: 'A missing number is given the mean.\n\nIt was tried with three rows.',
      },
      {
        title: 'The manual is silent on refusals',
        severity: 'low',
        owner: 'omar.owner',
        due: '2027-03-31',
        blocking: false,
        description: 'Users are not told.',
      },
    ],
    named: [{ id: 'F-3', line: 29 }],
  });
});

/** The line of a text in the form, counted by hand and not by the reader. */
const lineOf = (text: string, needle: string) =>
  text.slice(0, text.indexOf(needle)).split('\n').length;

describe('a form is refused at its line', () => {
  test.each([
    ['a section is missing', '## Data\n\nRead.\n\n', '', 'the form ends without `## Data`', ''],
    ['a section is empty', 'Limits held.', '', '`## Outcomes analysis` is empty', '## Outcomes'],
    [
      'the guidance of the draft stands',
      'One period.',
      '<!-- What? -->',
      'guidance',
      '<!-- What? -->',
    ],
    [
      'the rating is off its scale',
      'needs improvement before',
      'fine before',
      'step of the scale',
      'rating:',
    ],
    [
      'the outcome is unknown',
      'approved with conditions',
      'fine',
      '`outcome` must be one of',
      'outcome:',
    ],
    [
      'a conditional outcome has no condition',
      /1\. Use[\s\S]*28\)\./,
      'None.',
      'no condition is listed',
      '## Conditions',
    ],
    [
      'conditions stand without that outcome',
      'approved with conditions',
      'approved',
      'conditions are listed',
      '## Conditions',
    ],
    ['a date is none', '2027-02-28', 'soon', '`due` must be a date', '2. Set'],
    ['a finding has no owner', '- owner: omar.owner\n', '', 'lacks `- owner:`', '### Missing'],
    [
      'a finding has another member',
      '- blocking: yes',
      '- urgent: yes',
      'not `urgent`',
      '- urgent',
    ],
    ['a finding says nothing', 'Users are not told.', '', 'says nothing', '### The manual'],
    [
      'findings are prose',
      /F-3 stands[\s\S]*not told\./,
      'Two things were found.',
      'each finding is a `### Title`',
      '## Findings',
    ],
  ])('where %s', (_, from, to, problem, at) => {
    const text = FORM.replace(from, to);
    const line = at === '' ? text.trimEnd().split('\n').length : lineOf(text, at);
    expect(() => read(text)).toThrow(problem);
    expect(() => read(text)).toThrow(new RegExp(`form\\.md:${line}\\b`));
  });
});

test('a scale of the firm’s own is declared in the form', () => {
  const text = FORM.replace('rating: needs', 'scale: 1 | 2 | 3\nrating: 2, needs');
  expect(read(text)).toMatchObject({ grade: '2', scale: ['1', '2', '3'] });
});

test.each(['consumer-credit', 'model-risk/card-fraud'])('the example %s is one', (name) => {
  const path = new URL(`../../../../examples/${name}/validator/assessment.md`, import.meta.url);
  expect(read(readFileSync(path, 'utf8')).grade).toBe('satisfactory');
});
