// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '@countersign/kernel';
import { parsePipelineFile } from '@countersign/pipeline';
import { describe, expect, test } from 'vitest';
import { readPaper } from '../papers/read-paper.ts';
import { parseYamlText } from '../papers/yaml-file.ts';
import { questionnaireInForce, tierOfAnswers } from './compute-tier.ts';
import { readAnswers, readModel, readRoles, readScope } from './intake-files.ts';
import { scaffold } from './scaffold.ts';

const top = new URL('../../../../', import.meta.url);
const example = new URL('examples/consumer-credit/', top).pathname;
const file = new URL('policies/questionnaire.yaml', top).pathname;
const written = parseYamlText(file, readFileSync(file, 'utf8')).value as Json;
const questionnaire = questionnaireInForce(written);

describe('tierOfAnswers', () => {
  test('the consumer credit example comes out at high tier with 26 points', () => {
    const computed = tierOfAnswers(questionnaire, readAnswers(example));
    // 2 + 2 + 6 + 4 + 1 + 4 + 2 + 4 + 1, counted by hand from policies/questionnaire.yaml.
    expect(computed.points).toBe(26);
    expect(computed.computed).toBe('high');
    expect(computed.answers).toHaveLength(9);
  });

  test('an answer may set a tier that no sum goes below', () => {
    const answers = readAnswers(example);
    const least = Object.fromEntries(
      questionnaire.questions.map(({ id, answers: [first] }) => [id, first?.id ?? '']),
    );
    expect(tierOfAnswers(questionnaire, { ...answers, answers: least }).computed).toBe('low');
    const credit = { ...least, 'purpose-class': 'individual-rights' };
    expect(tierOfAnswers(questionnaire, { ...answers, answers: credit }).computed).toBe('high');
  });

  test.each([
    [{ answers: {} }, '`exposure-amount` is not answered'],
    [{ answers: { shoe: 'x' } }, '`shoe` is no question'],
    [{ version: '9' }, 'the answers are to `tiering-default` 9, in force is'],
  ])('%j is refused by name', (change, message) => {
    expect(() => tierOfAnswers(questionnaire, { ...readAnswers(example), ...change })).toThrow(
      message,
    );
  });
});

test('a questionnaire in force that cannot be read is named by its member', () => {
  expect(() => questionnaireInForce({ id: 'q', version: '1' })).toThrow(
    expect.objectContaining({
      code: 'server_answer_invalid',
      message: expect.stringContaining('questionnaire.tiers'),
    }),
  );
});

describe('intake files', () => {
  test('those of the example are read', () => {
    expect(readScope(example).floors.length).toBeGreaterThan(0);
    expect(readModel(example)?.uses).toEqual(['underwriting']);
    expect(readRoles(example)?.assignments.map(({ role }) => role)).toContain('validator');
  });

  test.each([
    ['packs: []', 'scope.yaml:'],
    ['shoe: 1', 'scope.yaml:2: `shoe` is not known here'],
    ['role: [', 'scope.yaml:'],
  ])('a scope with %j is refused with file and line', (line, message) => {
    const directory = mkdtempSync(join(tmpdir(), 'countersign-intake-'));
    mkdirSync(join(directory, 'intake'));
    const rest =
      'packs:\n  - { pack: a, inScope: true, rationale: b, revisitTrigger: c }\nfairLending: true\ngroups: []\nfloors: []\n';
    const text = line.startsWith('packs')
      ? `role: model-risk\n${line}\n`
      : `role: model-risk\n${line}\n${rest}`;
    writeFileSync(join(directory, 'intake', 'scope.yaml'), text);
    expect(() => readScope(directory)).toThrow(message);
  });
});

test('a scaffolded repository is a valid pipeline with readable papers', () => {
  const files = scaffold({
    model: 'm',
    use: 'u',
    owner: 'omar.owner',
    developer: 'dana.developer',
  });
  const pipeline = files.find(({ path }) => path === 'countersign.yaml');
  expect(parsePipelineFile(pipeline?.text ?? '', 'countersign.yaml').file.model).toBe('m');
  const papers = files
    .filter(({ path }) => path.endsWith('.md'))
    .map(({ path, text }) => readPaper(path, text));
  expect(papers.map(({ content }) => content.author)).toContain('dana.developer');
});

describe('intake/model.yaml', () => {
  const BASE = [
    'name: Vendor score',
    'purpose: scores applications',
    'owner: omar.owner',
    'developer: vendor',
    'origin: external',
    'businessLine: retail',
    'jurisdictions: [US]',
  ];
  const modelOf = (...lines: readonly string[]) => {
    const directory = mkdtempSync(join(tmpdir(), 'countersign-model-'));
    mkdirSync(join(directory, 'intake'));
    writeFileSync(join(directory, 'intake/model.yaml'), [...BASE, ...lines].join('\n'));
    try {
      return readModel(directory);
    } finally {
      rmSync(directory, { recursive: true });
    }
  };

  test('says what else the inventory holds of a model', () => {
    const facts = {
      kind: 'vendor-score',
      inUseSince: '2019-04-01',
      links: [{ type: 'feeds', model: 'pricing' }],
      sources: ['bureau-file'],
    };
    const read = modelOf(
      'kind: vendor-score',
      'inUseSince: "2019-04-01"',
      'links: [{ type: feeds, model: pricing }]',
      'sources: [bureau-file]',
    );
    expect(read).toMatchObject(facts);
  });

  test.each([
    ['kind: magic', /model\.yaml:8: `kind`/],
    ['inUseSince: "2019-02-30"', /model\.yaml:8: `inUseSince`/],
    ['links: [{ type: eats, model: m }]', /model\.yaml:8: `links\.0\.type`/],
  ])('refuses `%s` with its line', (line, says) => {
    expect(() => modelOf(line)).toThrow(says);
  });
});
