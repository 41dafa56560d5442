// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { assertRecordJson } from '@countersign/kernel';
import { expect, test } from 'vitest';
import { PipelineError } from '../errors.ts';
import { parsePipelineFile } from './parse-pipeline-file.ts';
import { pipelineJsonSchema } from './schema.ts';
import { planSteps } from './step-plan.ts';
import { toRecordJson } from './to-record-json.ts';

const MINIMAL = 'model: toy\nsteps: { s: { run: "true", outputs: [o] } }\n';

function refusal(text: string): PipelineError {
  try {
    planSteps(parsePipelineFile(text));
  } catch (error) {
    if (error instanceof PipelineError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

test('a model and one step are enough', () => {
  expect(parsePipelineFile(MINIMAL).file.steps.s?.outputs).toEqual(['o']);
});

test('the commented file of the README is valid', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const yaml = /```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const plan = planSteps(parsePipelineFile(yaml));
  expect(plan.map(({ name }) => name)).toEqual(['extract', 'train']);
});

test('unknown keys are refused with their line at every depth', () => {
  const cases: readonly (readonly [string, string])[] = [
    [`${MINIMAL}modle: x\n`, ':3: `modle`: unknown key'],
    [
      'model: toy\nsteps:\n  s:\n    run: "true"\n    outptus: [o]\n    outputs: [o]\n',
      ':5: `steps.s.outptus`',
    ],
    [
      `${MINIMAL}data:\n  d:\n    from: { path: a.csv }\n    roles:\n      lable: y\n`,
      ':7: `data.d.roles.lable`',
    ],
    [
      `${MINIMAL}data:\n  d:\n    from: { path: a.csv }\n    exclusions:\n      - { where: a > 1, reason: r }\n      - { where: a > 2, raeson: r }\n`,
      ':8: `data.d.exclusions.1',
    ],
    [`${MINIMAL}data:\n  d:\n    from:\n      stpe: x\n`, ':6: `data.d.from.stpe`'],
    [
      `${MINIMAL}data:\n  d:\n    from: { path: a.csv }\n    quality:\n      - { check: range, column: a, maxx: 1 }\n`,
      ':7: `data.d.quality.0.maxx`',
    ],
  ];
  for (const [text, expected] of cases) {
    expect(refusal(text).message, text).toContain(`countersign.yaml${expected}`);
  }
});

test('duplicate keys, broken YAML and wrong types are refused with their line', () => {
  expect(refusal(`${MINIMAL}model: other\n`).message).toContain(
    'countersign.yaml:3: map keys must be unique',
  );
  expect(refusal('model: [toy\n').message).toMatch(/countersign\.yaml:[12]: /);
  expect(refusal('model: 3\nsteps: { s: { run: "true", outputs: [o] } }\n').message).toContain(
    ':1: `model`',
  );
  expect(
    refusal(`${MINIMAL}decision:\n  score: p\n  cutoff: high\n  adverse: decline\n`).message,
  ).toContain(':5: `decision.cutoff`');
  expect(refusal('').code).toBe('pipeline_file_invalid');
  expect(refusal('- a\n').code).toBe('pipeline_file_invalid');
});

test('an alias that names nothing, and aliases that multiply, are refused', () => {
  const list = (name: string) => `[${Array.from({ length: 10 }, () => name).join(', ')}]`;
  const bomb = `a: &a ${list('x')}\nb: &b ${list('*a')}\nc: &c ${list('*b')}\nd: ${list('*c')}\n`;
  for (const text of ['model: *nothing\n', `${MINIMAL}${bomb}`]) {
    expect(refusal(text).code).toBe('pipeline_file_invalid');
    expect(refusal(text).message).toContain('countersign.yaml:1: holds an alias');
  }
});

test('all complaints are listed, each with its place', () => {
  const error = refusal('model: toy\nextra: 1\nsteps: { s: { run: "true" } }\n');
  expect(error.details.issues).toHaveLength(2);
});

test('a fallback declares how it answers, and a rule asks for a numeric input of the artifact', () => {
  const served =
    'artifact: { scorer: onnx, file: o, output: p, inputs: [{ name: x, type: f32, columns: [amount, age] }, { name: purpose, type: string }] }\n';
  const file = (fallback: string) =>
    `${MINIMAL}${served}decision: { score: s, cutoff: 0.3, adverse: decline, fallback: ${fallback} }\n`;
  const rule = (input: string) =>
    `{ kind: rule, rule: { input: ${input}, op: "<=", value: 2000.50, answer: approve, otherwise: decline } }`;
  const { decision } = parsePipelineFile(file(rule('amount'))).file;
  expect(decision?.fallback).toMatchObject({ kind: 'rule', rule: { value: '2000.5' } });
  for (const good of ['{ kind: refuse }', '{ kind: safe-state, answer: decline }'])
    expect(parsePipelineFile(file(good)).file.decision?.fallback).toBeDefined();
  const place = 'countersign.yaml:4: `decision.fallback';
  for (const bad of [rule('purpose'), rule('income')])
    expect(refusal(file(bad)).message).toContain(
      `${place}.rule.input\`: expected a numeric input of the artifact: amount, age`,
    );
  expect(refusal(file('{ kind: safe-state }')).message).toContain(`${place}.answer\``);
  expect(refusal(file('{ kind: rule }')).message).toContain(`${place}.rule\``);
  expect(refusal(file('{ kind: manual-queue, answer: x }')).message).toContain(`${place}.answer\``);
  expect(refusal(file('{ kind: coin }')).message).toContain(`${place}.kind\``);
});

test('paths that leave the repository are refused', () => {
  for (const path of ['../x', '/etc/passwd', 'a/../../b', './x', 'a//b', 'a\\\\b']) {
    const text = `model: toy\nsteps: { s: { run: "true", outputs: ["${path}"] } }\n`;
    expect(refusal(text).code, path).toBe('pipeline_file_invalid');
  }
});

test('numbers become exact decimal text, and the record form holds no binary float', () => {
  const text = `${MINIMAL}decision: { score: p, cutoff: 0.10, adverse: decline }\ntesting: { metrics: { auc: { min: "0.7" } } }\n`;
  const { file } = parsePipelineFile(text);
  expect(file.decision?.cutoff).toBe('0.1');
  const params = parsePipelineFile(
    'model: toy\nsteps: { s: { run: "true", outputs: [o], params: { a: 0.30000000000000004, b: 3, c: [1e-7] } } }\n',
  );
  const record = toRecordJson(params.file);
  expect(record).toMatchObject({
    steps: { s: { params: { a: '0.30000000000000004', b: 3, c: ['1e-7'] } } },
  });
  assertRecordJson(record);
});

test('the JSON Schema forbids unknown keys and describes what may be written', () => {
  const schema = pipelineJsonSchema();
  expect(schema).toMatchObject({ additionalProperties: false, required: ['model', 'steps'] });
  const published = new URL('../../countersign.schema.json', import.meta.url);
  expect(
    JSON.parse(readFileSync(published, 'utf8')),
    'run `npm run schema` in packages/pipeline',
  ).toEqual(JSON.parse(JSON.stringify(schema)));
});

const STEPS = (steps: string, data = ''): string => `model: toy\n${data}steps:\n${steps}`;

test('steps run after what they read, otherwise in the order of the file', () => {
  const text = STEPS(
    '  c: { run: x, inputs: [b.txt], outputs: [c.txt] }\n  a: { run: x, outputs: [a.txt] }\n  b: { run: x, inputs: [a.txt], outputs: [b.txt] }\n',
  );
  expect(planSteps(parsePipelineFile(text)).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
});

test('cycles, missing inputs and outputs of two writers are refused with their line', () => {
  const cycle = STEPS(
    '  a: { run: x, inputs: [b], outputs: [a] }\n  b: { run: x, inputs: [a], outputs: [b] }\n',
  );
  expect(refusal(cycle)).toMatchObject({
    code: 'step_cycle',
    message: expect.stringContaining(':3: '),
  });
  const missing = STEPS(
    '  a: { run: x, outputs: [a] }\n  b:\n    run: x\n    inputs:\n      - a\n      - c.txt\n    outputs: [b]\n',
  );
  expect(refusal(missing)).toMatchObject({
    code: 'step_input_missing',
    message: expect.stringContaining(':8: '),
  });
  const twice = STEPS('  a: { run: x, outputs: [o] }\n  b: { run: x, outputs: [o] }\n');
  expect(refusal(twice)).toMatchObject({
    code: 'output_duplicate',
    message: expect.stringContaining(':4: '),
  });
  const artifact = `${MINIMAL}artifact: { scorer: onnx, file: m.onnx, inputs: [{ name: a, type: f32 }], output: p }\n`;
  expect(refusal(artifact)).toMatchObject({ code: 'step_input_missing' });
});

const SEALED = `data:
  d:
    from: { step: extract }
    splits: { development: { fraction: 0.5 }, holdout: { fraction: 0.3, sealed: true }, stream: { fraction: 0.2 } }
`;

test('sealed and served splits, and the files they were cut from, can be read by no step', () => {
  const extract =
    '  raw: { run: x, outputs: [raw.csv] }\n  extract: { run: x, inputs: [raw.csv], outputs: [d.csv] }\n';
  const train = (input: string) =>
    STEPS(`${extract}  train: { run: x, inputs: [${input}], outputs: [m] }\n`, SEALED);
  for (const input of [
    'd',
    'd.holdout',
    'd.stream',
    'd.csv',
    'raw.csv',
    '{ data: d, split: holdout }',
    '{ file: d.csv, as: x.csv }',
  ]) {
    expect(refusal(train(input)).code, input).toBe('sealed_input');
  }
  const plan = planSteps(parsePipelineFile(train('d.development')));
  expect(plan.at(-1)?.inputs).toEqual([
    { kind: 'dataset', dataset: 'd', split: 'development', as: 'd.development.csv' },
  ]);
});
