// SPDX-License-Identifier: Apache-2.0
// The weekly refit on examples/consumer-credit itself, as its people type it. Takes minutes: the example builds a Python
// environment and is rebuilt for every version. The same commands on a small model run in weekly-refit.test.ts.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { foundFirm } from '@countersign/server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CAST } from '../src/demo/cast.ts';
import { foundAndPropose } from '../src/demo/chapters/found-and-propose.ts';
import { produceVersion, stageVersion } from '../src/demo/chapters/promote.ts';
import { developerTests, runAndTest } from '../src/demo/chapters/run.ts';
import { submitToStaging } from '../src/demo/chapters/submit.ts';
import { assess, rebuild, validate } from '../src/demo/chapters/validate.ts';
import { freePort } from '../src/demo/free-port.ts';
import { createNarrator } from '../src/demo/narrator.ts';
import { commitAll, newRepository } from '../src/demo/repository.ts';
import { Stage } from '../src/demo/stage.ts';
import { runCommand } from '../src/index.ts';

/** Of a machine that has other work: the example alone takes a quarter of it. */
const LIMIT_MS = 3_600_000;
const HOME = new URL('../../..', import.meta.url).pathname;

let stage: Stage;
let directory: string;
/** Every command that an account ran since it was last emptied. */
const typed: { account: string; command: string }[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'countersign-example-refit-'));
  stage = await openStage();
  await foundAndPropose(stage, HOME);
  await runAndTest(stage, 'consumer-credit@1');
  await developerTests(stage, 'consumer-credit@1');
  const candidate = await submitToStaging(stage);
  await validate(stage, candidate);
  await rebuild(stage, candidate);
  await assess(stage, candidate);
  await stageVersion(stage, candidate);
  await produceVersion(stage, candidate);
}, LIMIT_MS);
afterAll(async () => {
  await stage?.close();
  await rm(directory, { recursive: true, force: true });
});

async function openStage(): Promise<Stage> {
  const dataDir = join(directory, 'bank');
  const ports = { api: await freePort(4270), gateway: await freePort(4271) };
  const { root, people } = await foundFirm({
    dataDir,
    ports,
    firm: 'Demonstration Bank',
    demonstration: true,
    people: CAST,
  });
  const repository = join(directory, 'repository');
  await newRepository(join(HOME, 'examples/consumer-credit'), repository, {
    name: 'Dana Developer',
    email: people.find(({ account }) => account === 'dana.developer')?.email ?? '',
  });
  const io = {
    out: () => undefined,
    err: () => undefined,
    isTerminal: false,
    env: process.env,
    cwd: repository,
    now: () => new Date(),
  };
  const narrator = createNarrator(io, Date.now());
  const opened = new Stage({ io, runCommand, narrator, dataDir, repository, root, ports });
  await opened.open();
  return opened;
}

function run(account: string, ...argv: readonly string[]) {
  typed.push({ account, command: argv[0] ?? '' });
  return stage.must(account, ...argv);
}

/** The table of the example is fixed: no newer rows come in, so that the refit draws other folds. */
async function commitChange(what: string | RegExp, by: string): Promise<void> {
  const file = join(stage.repository, 'countersign.yaml');
  const before = await readFile(file, 'utf8');
  const after = before.replace(what, by);
  expect(after).not.toBe(before);
  await writeFile(file, after);
  await commitAll(stage.repository, `Weekly refit: ${by}`);
}

const within = ['--envelope', 'Weekly refit'];

test(
  'the example’s weekly refit takes its developer three commands and no form',
  async () => {
    const file = 'envelopes/weekly-refit.yaml';
    const drawn = await run('mia.risk', 'envelope', 'consumer-credit@1', '--file', file);
    const { digest } = drawn.result as { readonly digest: string };
    for (const account of ['lena.legal', 'eve.executive', 'vera.validator']) {
      await run(account, 'sign', digest, '--add');
    }
    await commitChange(/(?<=parity_rows: 300\n\s+seed: )\d+/, '20260407');
    typed.length = 0;
    const version = 'consumer-credit@2';
    await run('dana.developer', 'run', '.', '--remote');
    await run('dana.developer', 'submit', version, '--to', 'staging', ...within);
    const asked = await run('dana.developer', 'submit', version, '--to', 'production', ...within);
    const { changeRequest } = asked.result as { readonly changeRequest: string };
    const confirmed = await run('mia.risk', 'approve', changeRequest, '--promote');
    expect(confirmed.result).toHaveProperty('warrant');
    expect(typed).toEqual([
      { account: 'dana.developer', command: 'run' },
      { account: 'dana.developer', command: 'submit' },
      { account: 'dana.developer', command: 'submit' },
      { account: 'mia.risk', command: 'approve' },
    ]);
    const shown = await run('mia.risk', 'show', changeRequest);
    for (const carried of ['design-rationale', 'validation-report', 'exception-record']) {
      expect(shown.lines.join('\n')).toContain(`carried: ${carried} of @1`);
    }
  },
  LIMIT_MS,
);

test(
  'another cutoff is out of its bounds, before anything is signed',
  async () => {
    await commitChange('cutoff: 0.1667', 'cutoff: 0.2');
    await run('dana.developer', 'run', '.', '--remote');
    const wanted = ['consumer-credit@3', '--to', 'staging', ...within];
    const outside = await stage.run('dana.developer', 'submit', ...wanted);
    expect(outside.ok).toBe(false);
    expect(outside.lines.join('\n')).toMatch(/cutoff may not change: .*0\.1667.* to .*0\.2/);
    expect(outside.lines.join('\n')).toMatch(/swapSet 0\.\d+ is above 0\.02/);
  },
  LIMIT_MS,
);
