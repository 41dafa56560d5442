// SPDX-License-Identifier: Apache-2.0
// Drafts on one machine, without any server: forecast, run, cache, kept logs.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../src/index.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-drafts-')));
const repository = join(root, 'toy');

const PIPELINE = `model: toy
use: demo
steps:
  clean: { run: "sort rows.csv > clean.csv; echo cleaned", outputs: [clean.csv], code: [rows.csv] }
  train: { run: "cat clean.csv > model; echo trained; cat params.json", inputs: [clean.csv], outputs: [model], params: { l2: 0.1 }, code: [] }
`;

beforeAll(() => {
  mkdirSync(repository);
  git('init', '--quiet', '--template=');
  commit({ 'countersign.yaml': PIPELINE, 'rows.csv': '2\n1\n' });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function git(...args: readonly string[]): void {
  execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b', ...args], { cwd: repository });
}

function commit(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(repository, name), text);
  git('add', '--all');
  git('commit', '--quiet', '-m', 'change');
}

async function run(...argv: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const { exitCode, result } = await runCommand(argv, {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    isTerminal: false,
    env: { ...process.env, XDG_CACHE_HOME: join(root, 'cache') },
    cwd: repository,
    now: () => new Date(),
  });
  // biome-ignore lint/suspicious/noExplicitAny: each command prints JSON of its own shape
  return { exitCode, out: out.join('\n'), err: err.join('\n'), result: result as any };
}

test('a draft prints where each step’s log is, and a second one what it took from the first', async () => {
  const first = await run('run', '--cores', '2');
  expect(first.exitCode, first.err).toBe(0);
  expect(first.out).toContain('2 steps, 0 of them unchanged');
  const log = /done {2}train in [0-9.]+ s; log (\S+)/.exec(first.err)?.[1] ?? '';
  expect(readFileSync(log, 'utf8')).toBe('trained\n{\n  "l2": 0.1\n}\n');
  const second = await run('run');
  expect(second.out).toContain('2 steps, 2 of them unchanged');
  expect(second.err).toContain(`cached  train: unchanged since run ${first.result.run}`);
  expect(second.result.steps[1]?.cached).toMatchObject({ run: first.result.run });
  expect((await run('run', '--no-cache')).out).toContain('2 steps, 0 of them unchanged');
});

test('the forecast says why, as text, as JSON and as a graph', async () => {
  commit({ 'countersign.yaml': PIPELINE.replace('0.1', '0.2') });
  const told = await run('run', '--dry-run');
  expect(told.out).toMatch(/^1 +clean +be taken from the cache/m);
  expect(told.out).toContain('train: runs, because params changed');
  const json = await run('run', '--dry-run', '--json');
  expect(JSON.parse(json.out)).toMatchObject({
    model: 'toy',
    steps: [
      { name: 'clean', verdict: 'cached' },
      { name: 'train', verdict: 'run' },
    ],
  });
  const graph = await run('run', '--dry-run', '--graph');
  expect(graph.out.split('\n').slice(0, 4)).toEqual([
    'flowchart LR',
    '  step_clean["clean"]:::cached',
    '  step_train["train"]:::run',
    '  step_clean --> step_train',
  ]);
});

test('a failed run is kept with its log, and the next one goes on from there', async () => {
  commit({ 'countersign.yaml': PIPELINE.replace('echo trained', 'echo broken >&2; exit 3') });
  const failed = await run('run', '--verbose');
  expect(failed.exitCode).toBe(1);
  expect(failed.err).toContain('train | broken');
  expect(failed.out).toContain('run it again to go on from here');
  const listed = await run('runs');
  expect(listed.result[0]).toMatchObject({ model: 'toy', state: 'failed' });
  const shown = await run('runs', 'show', 'last');
  expect(shown.out).toMatch(/^clean +cached/m);
  expect(shown.out).toMatch(/^train +failed/m);
  const log = await run('runs', 'show', 'last', '--step', 'train', '--follow');
  expect(log.out).toBe('broken');
  const executed = await run('runs', 'show', 'last', '--step', 'clean');
  expect(executed.out).toBe('cleaned');
  expect(executed.err).toContain('clean: taken from run draft-');
  const absent = await run('runs', 'show', 'last', '--step', 'nosuch');
  expect(absent.err).toContain('has no log of a step `nosuch`');
  commit({ 'countersign.yaml': PIPELINE });
  expect((await run('run')).out).toContain('2 steps, 2 of them unchanged');
});

test('a draft’s provenance lies beside its logs, unsigned and saying that it is a draft’s', async () => {
  const ran = await run('run');
  const folder = /logs, result and provenance: (\S+)/.exec(ran.out)?.[1] ?? '';
  const statement = JSON.parse(readFileSync(join(folder, 'provenance.json'), 'utf8'));
  expect(statement.predicate.runDetails.builder.id).toBe(
    'https://countersign.dev/builder/draft/v1',
  );
  expect(statement.predicate.runDetails.metadata.invocationId).toBe(ran.result.run);
  expect(statement.subject).toContainEqual({
    name: 'train/model',
    digest: { sha256: ran.result.steps[1].outputs[0].digest },
  });
});

test('a use that can mean nothing is refused before anything runs, with what to do', async () => {
  const before = (await run('runs')).result.length;
  for (const [argv, says] of [
    [['run', '--graph'], 'add --dry-run'],
    [['run', '--cores', '0'], '`--cores` must be at least 1'],
    [['run', root], 'begin one with `countersign init`'],
    [['run', '--remote'], 'countersign.yaml has no `artifact` and `decision`'],
    [['jobs', 'show', 'nosuch'], 'list them with `countersign jobs`'],
    [['reproduce', 'toy@1', '--no-diagnosis'], '`--no-diagnosis` goes with `--from` or `--blobs`'],
    [['reproduce'], 'give MODEL@N, or a case file with --from'],
  ] as const) {
    const refused = await run(...argv);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.err).toContain(says);
  }
  expect((await run('runs')).result).toHaveLength(before);
});

test('a cache that cannot be written is named', async () => {
  const err: string[] = [];
  const cache = join(repository, 'rows.csv', 'cache');
  const { exitCode } = await runCommand(['run'], {
    out: () => undefined,
    err: (line) => err.push(line),
    isTerminal: false,
    env: { ...process.env, XDG_CACHE_HOME: cache },
    cwd: repository,
    now: () => new Date(),
  });
  expect(exitCode).toBe(1);
  expect(err.join('\n')).toContain(`cache_unusable: \`${join(cache, 'countersign')}\``);
});

test('a run that is not known is refused with what to do', async () => {
  const none = await run('runs', 'show', 'draft-2000');
  expect(none.exitCode).toBe(1);
  expect(none.err).toContain('no run of this machine is named `draft-2000`');
});
