// SPDX-License-Identifier: Apache-2.0
// An examiner's questions by the command line, against a real server with one model in production.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readZip } from '@countersign/verifier';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Io, runCommand } from '../src/index.ts';
import { type WarrantedFirm, warrantedFirm } from './warranted-firm.ts';

const scratch = mkdtempSync(join(tmpdir(), 'countersign-exam-'));
let firm: WarrantedFirm;
let middle: string;

beforeAll(async () => {
  firm = await warrantedFirm();
  middle = new Date().toISOString();
  await firm.revoke(firm.production, 'scores drifted');
}, 120_000);
afterAll(async () => {
  await firm?.close();
  rmSync(scratch, { recursive: true, force: true });
});

async function run(...argv: readonly string[]) {
  const lines: string[] = [];
  const token = firm.server.person('mia').token;
  const io: Io = {
    out: (line) => lines.push(line),
    err: (line) => lines.push(line),
    isTerminal: false,
    env: {
      HOME: scratch,
      COUNTERSIGN_AS: 'mia',
      COUNTERSIGN_TOKEN: token,
      COUNTERSIGN_ROOT: firm.root,
      COUNTERSIGN_SERVER: firm.url,
    },
    cwd: scratch,
    now: () => new Date(),
  };
  const { exitCode } = await runCommand(argv, io);
  return { exitCode, text: lines.join('\n') };
}

async function ok(...argv: readonly string[]): Promise<string> {
  const { exitCode, text } = await run(...argv);
  expect(exitCode, text).toBe(0);
  return text;
}

test('`as-of` names what was in production, who allowed it and on what validation', async () => {
  const text = await ok('as-of', middle, '--model', 'consumer-credit');
  expect(text).toContain('consumer-credit@1 in production for underwriting');
  expect(text).toMatch(/approved +Eve Example as executive/);
  expect(text).toMatch(/validation +approved \([0-9a-f]{12} by vera/);
  const today = await ok('as-of', new Date().toISOString().slice(0, 10));
  expect(today).not.toContain('in production for');
  expect((await run('as-of', '2999-01-01')).exitCode).toBe(1);
  const misspelt = await run('as-of', middle, '--model', 'consumer-credti');
  expect([misspelt.exitCode, misspelt.text]).toEqual([1, expect.stringMatching(/^model_unknown/m)]);
});

test('`show MODEL@N --as-of` computes the same from records that it verified', async () => {
  const text = await ok('show', 'consumer-credit@1', '--as-of', middle);
  expect(text).toContain(': production');
  expect(text).toMatch(/approved +Lena Example as legal/);
  const now = JSON.parse(
    await ok('show', 'consumer-credit@1', '--as-of', new Date().toISOString(), '--json'),
  );
  expect(now.stages).toMatchObject([{ stage: 'suspended' }]);
  expect((await run('show', 'consumer-credit@1', '--as-of', 'yesterday')).exitCode).toBe(2);
});

test('`trace MODEL@N` goes down to the data and up to the warrants', async () => {
  const text = await ok('trace', 'consumer-credit@1');
  expect(text).toContain('version consumer-credit@1, artefact');
  expect(text).toMatch(/deployment-record \(promote\) [0-9a-f]{12}/);
  expect(text).toMatch(/deployment-record \(revoke\) [0-9a-f]{12}/);
});

test('`exam` writes a package that `verify` accepts offline, and refuses with a byte changed', async () => {
  const made = await ok('exam', '--as-of', middle, '--out', 'exam.zip');
  expect(made).toMatch(/complete: each of the \d+ entries/);
  const said = await ok('verify', 'exam.zip', '--root', firm.root);
  expect(said).toContain('the exam package verifies');
  const file = join(scratch, 'exam.zip');
  const bytes = new Uint8Array(readFileSync(file));
  const names = readZip(bytes).map(({ name }) => name);
  expect(names).toContain('registers/cm-8-components.json');
  bytes[400] = (bytes[400] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  expect((await run('verify', 'exam.zip', '--root', firm.root)).exitCode).toBe(1);
  expect((await run('exam', '--as-of', middle, '--period', 'May', '--out', 'x')).exitCode).toBe(2);
});

test('`exam posture` tells a month of an environment', async () => {
  const month = middle.slice(0, 7);
  const text = await ok('exam', 'posture', '--month', month);
  expect(text).toMatch(/acts +1 promote, 1 revoke/);
  expect((await run('exam', 'posture', '--month', '2999-01')).exitCode).toBe(1);
});
