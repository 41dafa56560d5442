// SPDX-License-Identifier: Apache-2.0
// A version is rebuilt where there is no server and no network: from a case file, and from a copy of the blob store.
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobRunners } from '../../server/src/jobs/index.ts';
import { actors, intake, MODEL, runRequest } from '../../server/tests/model-life.ts';
import { scorecardRepository } from '../../server/tests/scorecard-repository.ts';
import { testServer } from '../../server/tests/server-fixture.ts';
import { runCommand } from '../src/index.ts';
import { BIN, type Ended, runProcess } from './warranted-firm.ts';

let empty: string;
let root: string;
let result: string;
let refusedToDeveloper: number;

beforeAll(async () => {
  empty = await mkdtemp(join(tmpdir(), 'countersign-empty-'));
  const server = await testServer({ runners: jobRunners });
  try {
    const act = actors(server);
    await intake(server, [{ metric: 'auc', op: '>=', value: '0.65' }]);
    const author = { name: 'Dev', email: server.person('dev').email };
    const commit = await scorecardRepository(join(empty, 'repository'), author);
    const job = await act.job('dev', { kind: 'run', request: await runRequest(server, commit) });
    expect(job.error).toBeUndefined();
    const page = await act.get('audit', `/v1/models/${MODEL}/versions/1`);
    result = page.run.content.result;
    root = server.context.root;
    const get = (who: 'dev' | 'audit', query: string) =>
      server.as(who, { method: 'GET', url: `/v1/export?version=${MODEL}@1${query}` });
    refusedToDeveloper = (await get('dev', '&rebuildParts=true')).statusCode;
    await writeFile(
      join(empty, 'parts.zip'),
      (await get('audit', '&rebuildParts=true')).rawPayload,
    );
    await writeFile(join(empty, 'case.zip'), (await get('audit', '')).rawPayload);
    await cp(join(server.dataDir, 'blobs'), join(empty, 'copy'), { recursive: true });
  } finally {
    await server.close();
  }
  await rm(join(empty, 'repository'), { recursive: true });
  await mkdir(join(empty, 'home'));
}, 120_000);
afterAll(() => rm(empty, { recursive: true, force: true }));

/** The command in a network namespace that has no interface but a loopback that is down. */
function offline(...args: readonly string[]): Promise<Ended> {
  const isolate = process.getuid?.() === 0 ? ['-n'] : ['-r', '-n'];
  return runProcess(
    'unshare',
    [...isolate, process.execPath, join(BIN, 'countersign.js'), ...args],
    {
      env: { HOME: join(empty, 'home') },
      cwd: empty,
    },
  );
}

/** What the command said of its progress comes before. */
function jsonOf(text: string): unknown {
  return JSON.parse(text.slice(text.indexOf('{')));
}

test('from a case file, after it verified', async () => {
  const { exitCode, text } = await offline(
    'reproduce',
    '--from',
    'parts.zip',
    '--root',
    root,
    '--draft',
    'draft.json',
  );
  expect(text).toContain('verdict: byte-identical');
  expect(text).toContain('each rightly signed');
  expect(exitCode).toBe(0);
  const draft = JSON.parse(await readFile(join(empty, 'draft.json'), 'utf8'));
  expect(draft).toMatchObject({ verdict: 'byte-identical', environment: { network: false } });
  expect(draft.outputs.map((one: { name: string }) => one.name)).toContain('train/model.onnx');
});

async function filesOf(directory: string): Promise<readonly string[]> {
  return (await readdir(join(empty, directory), { recursive: true })).toSorted();
}

test('from a copy of the blob store alone, which is not written to', async () => {
  const before = await filesOf('copy');
  const { exitCode, text } = await offline(
    ...['reproduce', '--blobs', 'copy', '--result', result, '--json'],
  );
  expect(jsonOf(text)).toMatchObject({ verdict: 'byte-identical', failure: null });
  expect(exitCode).toBe(0);
  expect(await filesOf('copy')).toEqual(before);
});

/** Refused before anything is rebuilt, so in this process. */
async function refusedHere(file: string): Promise<string> {
  const lines: string[] = [];
  const { exitCode } = await runCommand(['reproduce', '--from', file, '--root', root], {
    out: (line) => lines.push(line),
    err: (line) => lines.push(line),
    isTerminal: false,
    env: { PATH: process.env.PATH, HOME: join(empty, 'home') },
    cwd: empty,
    now: () => new Date(),
  });
  expect(exitCode).toBe(1);
  return lines.join('\n');
}

test('an ordinary case file says what it lacks', async () => {
  expect(await refusedHere('case.zip')).toContain('--with-rebuild-parts');
});

test('a case file with a flipped byte is not rebuilt from', async () => {
  const bytes = await readFile(join(empty, 'parts.zip'));
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
  await writeFile(join(empty, 'flipped.zip'), bytes);
  expect(await refusedHere('flipped.zip')).toContain('does not verify');
});

test('sealed rows leave with a case file for auditors alone', () => {
  expect(refusedToDeveloper).toBe(403);
});
