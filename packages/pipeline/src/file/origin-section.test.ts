// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { PipelineError } from '../errors.ts';
import { parsePipelineFile } from './parse-pipeline-file.ts';
import { planSteps } from './step-plan.ts';

const file = (from: string): string => `model: toy
data:
  loans:
    from: ${from}
steps:
  s: { run: "true", inputs: [loans], outputs: [out.csv] }
`;

function problem(from: string): string {
  try {
    parsePipelineFile(file(from));
  } catch (error) {
    if (error instanceof PipelineError) return error.message;
    throw error;
  }
  return 'nothing is wrong';
}
const inputOf = (from: string) => planSteps(parsePipelineFile(file(from)))[0]?.inputs[0]?.as;

test('a step sees a dataset of any source under the extension of its format', () => {
  expect(inputOf('{ s3: s3://bank/loans.parquet }')).toBe('loans.parquet');
  expect(inputOf('{ s3: s3://bank/loans/, format: tsv }')).toBe('loans.tsv');
  expect(inputOf('{ s3: s3://bank/2026/export, format: csv }')).toBe('loans.csv');
  expect(inputOf('{ postgres: warehouse, query: SELECT 1 AS a }')).toBe('loans.csv');
  expect(inputOf('{ dvc: data/loans.csv.dvc }')).toBe('loans.csv');
  expect(inputOf('{ dvc: dvc.lock, output: out/train.parquet }')).toBe('loans.parquet');
  expect(inputOf('{ dvc: data/parts.dvc, format: csv }')).toBe('loans.csv');
});

test('credentials in the file are refused by key and by address, and are not repeated', () => {
  const written = [
    '{ s3: s3://bank/loans.csv, secret_access_key: hunter2 }',
    '{ s3: s3://bank/loans.csv, access_key_id: hunter2 }',
    '{ s3: "s3://hunter2:x@bank/loans.csv" }',
    '{ s3: s3://bank/loans.csv, endpoint: "https://me:hunter2@s3.example.com" }',
    '{ postgres: "postgres://me:hunter2@db/loans", query: SELECT 1 }',
    '{ postgres: warehouse, query: SELECT 1, password: hunter2 }',
  ];
  for (const from of written) {
    expect(problem(from)).toContain('environment');
    expect(problem(from)).toMatch(/^countersign\.yaml:4: /);
    expect(problem(from)).not.toContain('hunter2');
  }
});

test('an origin that is half written is told by what it lacks', () => {
  expect(problem('{ s3: s3://bank/loans/ }')).toContain('`data.loans.from.s3`');
  expect(problem('{ s3: s3://bank/loans/, format: csv, version: abc }')).toContain(
    'a prefix has no version',
  );
  expect(problem('{ postgres: warehouse }')).toContain('`data.loans.from.query`');
  expect(problem('{ dvc: dvc.lock }')).toContain('`data.loans.from.output`');
  expect(problem('{ dvc: data/parts.dvc }')).toContain('`data.loans.from.format`');
  expect(problem('{ dvc: data/loans.csv }')).toContain('a file ending in `.dvc`');
  expect(problem('{ dvc: ../loans.csv.dvc }')).toContain('without `..`');
});
