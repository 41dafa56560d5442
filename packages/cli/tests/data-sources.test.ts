// SPDX-License-Identifier: Apache-2.0
// A dataset fetched from where countersign.yaml says, by a person at a terminal and without a server of ours.
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../src/run-command.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'data-sources-'));
  await mkdir(join(directory, '.dvc'));
  const written = join(import.meta.dirname, '../../pipeline/tests/sources/dvc-3');
  await cp(join(written, 'project/loans.csv.dvc'), join(directory, 'loans.csv.dvc'));
  await cp(join(written, 'storage'), join(directory, '.dvc/cache'), { recursive: true });
  await writeFile(
    join(directory, 'countersign.yaml'),
    `model: toy
data:
  loans: { from: { dvc: loans.csv.dvc }, roles: { id: id } }
  entries: { from: { postgres: warehouse, query: SELECT 1 AS a } }
steps: { s: { run: cp loans.csv out.csv, inputs: [loans], outputs: [out.csv] } }
`,
  );
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const lines: string[] = [];
  const io = {
    out: (line: string) => lines.push(line),
    err: (line: string) => lines.push(line),
    isTerminal: false,
    env: { PATH: process.env.PATH, HOME: directory, ...env },
    cwd: directory,
    now: () => new Date(),
  };
  const { exitCode } = await runCommand(argv, io);
  return { exitCode, text: lines.join('\n') };
}

test('a declared source is fetched and measured without a file being named', async () => {
  const { exitCode, text } = await run(['data', 'add', '--dataset', 'loans']);
  expect(text).toContain('loans: 3 rows of 3 read');
  expect(text).toMatch(/amount\s+integer\s+feature/);
  expect(exitCode).toBe(0);
});

test('a file that is not there, and an option of data versions without one, are said', async () => {
  const missing = await run(['data', 'add', 'nowhere.csv', '--dataset', 'loans']);
  expect(missing).toMatchObject({ exitCode: 1 });
  expect(missing.text).toMatch(/ENOENT.*nowhere\.csv/);
  const idle = await run(['data', 'add', 'loans.csv', '--dataset', 'loans', '--rehash']);
  expect(idle.exitCode).toBe(2);
  expect(idle.text).toContain('`--rehash` is for a data version');
});

test('a connection that is not set is named with the line that asks for it', async () => {
  const { exitCode, text } = await run(['data', 'add', '--dataset', 'entries']);
  expect(exitCode).toBe(1);
  expect(text).toContain('countersign.yaml:4: the connection `warehouse` is not set');
  expect(text).toContain('COUNTERSIGN_SOURCE_WAREHOUSE');
});

test('a password in an address that does not open is not shown', async () => {
  const address = 'postgres://reader:hunter2@127.0.0.1:9/book';
  const { exitCode, text } = await run(['data', 'add', '--dataset', 'entries', '--json'], {
    COUNTERSIGN_SOURCE_WAREHOUSE: address,
  });
  expect(exitCode).toBe(1);
  expect(text).toContain('source_unreachable');
  expect(text).not.toContain('hunter2');
});

test('keeping a data version needs a path', async () => {
  expect(await run(['data', 'add', '--keep'])).toMatchObject({ exitCode: 2 });
});
