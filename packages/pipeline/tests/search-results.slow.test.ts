// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { access, copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgeSearch } from '../src/trials/judge-search.ts';
import { readChoice, readSearch } from '../src/trials/read-search.ts';

const run = promisify(execFile);
const PACKAGES = ['scikit-learn==1.9.1', 'optuna==5.0.0', 'pandas==3.1.1'];
/** Installed once and kept between runs of the suite, as the other environments of this package's tests are. */
const environment = join(tmpdir(), 'countersign-pipeline-test-cache', 'search-results-1');
const script = new URL('./fixtures/trials/make-searches.py', import.meta.url).pathname;

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'searches-'));
  const python = join(environment, 'bin/python');
  const isInstalled = await access(join(environment, 'installed')).then(
    () => true,
    () => false,
  );
  if (!isInstalled) {
    await rm(environment, { recursive: true, force: true });
    await mkdir(join(environment, '..'), { recursive: true });
    await run('python3', ['-m', 'venv', environment]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--only-binary', ':all:', ...PACKAGES]);
    await copyFile(script, join(environment, 'installed'));
  }
  await run(python, [script], { cwd: root });
}, 600_000);
afterAll(() => rm(root, { recursive: true, force: true }));

async function judged(name: string, file: string, choice?: object) {
  const said = choice === undefined ? undefined : readChoice(JSON.stringify(choice));
  if (typeof said === 'string') throw new Error(said);
  const read = readSearch(name, await readFile(join(root, file), 'utf8'), said);
  if (!read.ok) throw new Error(`${file}: ${read.why}`);
  return judgeSearch(read.search, { step: 'train', file, steps: [] });
}

test('what scikit-learn and Optuna write today is read as it is, with the best that they name', async () => {
  const best = JSON.parse(await readFile(join(root, 'best.json'), 'utf8'));
  for (const file of ['sklearn-lists.json', 'sklearn-frame.json', 'sklearn-records.json']) {
    const search = await judged('trials.json', file);
    expect([file, search.best, search.warnings]).toEqual([file, best.sklearn.index, []]);
  }
  const several = await judged('trials.json', 'sklearn-several-scores.json', { score: 'roc_auc' });
  expect(several.best).toBe(best.several.index);
  const minimise = { direction: 'minimise' };
  const frames = [
    await judged('trials.json', 'optuna-frame.json', minimise),
    await judged('trials.json', 'optuna-records.json', minimise),
    await judged('trials.csv', 'optuna.csv', minimise),
    await judged('trials.jsonl', 'optuna-journal.jsonl'),
  ];
  for (const search of frames) {
    expect([search.source, search.best]).toEqual([search.source, best.optuna.number]);
    expect(search.trials).toHaveLength(12);
  }
});
