// SPDX-License-Identifier: Apache-2.0
// The second example, `countersign demo diagnosis`, in a firm of its own.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DiagnosisMade, runDiagnosisDemo } from '../src/demo/diagnosis/run-diagnosis.ts';
import { runCommand } from '../src/index.ts';

let scratch: string;
let made: DiagnosisMade;
const told: string[] = [];
const io = {
  out: (line: string) => told.push(line),
  err: (line: string) => told.push(line),
  isTerminal: false,
  env: process.env,
  now: () => new Date(),
};

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'countersign-diagnosis-'));
  const home = join(import.meta.dirname, '../../..');
  made = await runDiagnosisDemo({ io, runCommand, home, dataDir: join(scratch, 'firm') });
}, 300_000);
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('a clinical model under the FDA pack', () => {
  test('is not promoted, and the evidence that does not exist is named', () => {
    expect(made.missing).toEqual(['clinical-evidence', 'human-factors-test']);
  });

  test('has a risk file whose controls are verified by records, and one that no record verifies', () => {
    const said = told.join('\n');
    expect(said).toMatch(/H2 needless referral +verified +specificity/);
    expect(said).toMatch(/H1 missed malignancy +unverified/);
    expect(said).toContain('no human-factors-test of this version');
  });

  test('is rebuilt byte for byte', () => {
    expect(told.join('\n')).toContain('verdict: byte-identical');
  });

  test('has a submission document that says what is missing', async () => {
    const pdf = await readFile(made.document);
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  });

  test('leaves a case file that verifies against the founding digest alone', async () => {
    const { exitCode } = await runCommand(['verify', made.caseFile, '--root', made.root], io);
    expect(exitCode).toBe(0);
  });
});
