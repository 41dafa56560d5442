// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { PipelineError } from '../errors.ts';
import { parsePipelineFile } from './parse-pipeline-file.ts';

const file = (check: string) => `model: toy
design:
  algorithm: a score
  constraints:
    - { what: in words alone, why: no program can tell }
    - { what: checked, why: reasons must hold, clause: 12 CFR 1002.9(b)(2), check: ${check} }
steps: { train: { run: make, outputs: [model.onnx, fitted.json] } }
artifact:
  scorer: onnx
  file: model.onnx
  inputs: [{ name: amount, type: f32 }, { name: pair, type: f32, columns: [a, b] }]
  output: score
`;

test.each([
  '{ sign: { input: amount, score: increases } }',
  '{ monotone: { input: a, score: decreases, tolerance: 0.001 } }',
  '{ monotone: { input: amount, score: increases, levels: [low, high] } }',
  '{ bounds: { score: true, min: 0, max: 1 } }',
  '{ bounds: { coefficient: b, min: 0 } }',
  '{ excluded: [age, sex] }',
  '{ regularisation: { file: fitted.json, equal: { model.C: 0.1, penalty: l2, l1_ratio: null } } }',
])('a constraint may be checked by %s', (check) => {
  expect(parsePipelineFile(file(check)).file.design?.constraints).toHaveLength(2);
});

test.each([
  [
    '{ sign: { input: income, score: increases } }',
    'expected an input of the artifact: amount, a, b',
  ],
  ['{ bounds: { coefficient: pair, max: 1 } }', 'expected an input of the artifact: amount, a, b'],
  ['{ bounds: { score: true } }', 'expected `min`, `max` or both'],
  ['{ bounds: { score: true, coefficient: a, min: 0 } }', 'expected either `score: true`'],
  ['{ excluded: [] }', 'expected'],
  [
    '{ regularisation: { file: other.json, equal: { C: 1 } } }',
    'no step declares the output `other.json`',
  ],
  ['{ monotone: { input: a, score: rises } }', 'expected one of'],
])('%s is refused with its line', (check, why) => {
  const parse = () => parsePipelineFile(file(check));
  expect(parse).toThrow(PipelineError);
  expect(parse).toThrow(/countersign\.yaml:6: /);
  expect(parse).toThrow(new RegExp(why.replaceAll(/[`.]/g, '.'), 'i'));
});
