// SPDX-License-Identifier: Apache-2.0
// examples/scorers/r and examples/scorers/pmml by the commands of their own README, on this machine's R and Java; scores
// against R's own `predict`. Where R or Java is missing they fail and say what to install.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scorer } from '@countersign/analysis';
import type { ArtifactManifest } from '@countersign/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MODEL, USE } from '../../kernel/tests/credit-model.ts';
import { jobRunners } from '../../server/src/jobs/index.ts';
import { openManifestScorer } from '../../server/src/jobs/open-manifest-scorer.ts';
import { runAs, type WarrantedFirm, warrantedFirm } from './warranted-firm.ts';

const EXAMPLES = join(import.meta.dirname, '../../../examples/scorers');
const NEEDED = [
  ['/usr/bin/Rscript', 'r-base-core'],
  ['/usr/lib/R/site-library/jsonlite', 'r-cran-jsonlite'],
  ['/usr/bin/javac', 'default-jdk-headless'],
  ['/usr/bin/unzip', 'unzip'],
] as const;
const INPUTS = ['age', 'parity', 'spontaneous', 'induced'];

let firm: WarrantedFirm;
let directory: string;

beforeAll(async () => {
  const missing = NEEDED.filter(([path]) => !existsSync(path)).map(([, name]) => name);
  if (missing.length > 0)
    throw new Error(`these tests need R and Java: run \`apt-get install ${missing.join(' ')}\``);
  directory = mkdtempSync(join(tmpdir(), 'host-scorers-'));
  firm = await warrantedFirm({ demonstration: true, runners: jobRunners });
});
afterAll(async () => {
  await firm?.close();
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
});

/** Builds and registers an example as its README says; its number and manifest. */
async function registered(name: string) {
  const folder = join(directory, name);
  cpSync(join(EXAMPLES, name), folder, { recursive: true });
  const commands = [...readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/^ {4}(\S.*)$/gm)]
    .map(([, text = '']) => text)
    .filter((text) => !text.startsWith('apt-get'));
  const last = commands.pop() ?? '';
  for (const command of commands) execFileSync('sh', ['-ec', command], { cwd: folder });
  expect(last).toMatch(/^npx countersign models register /);
  const argv = last
    .replace(/register \S+/, `register ${MODEL}`)
    .replace('--use triage', `--use ${USE}`)
    .replace('--files artefact', `--files ${join(folder, 'artefact')}`)
    .replace('--spec spec.yaml', `--spec ${join(folder, 'spec.yaml')}`)
    .replace(/ --as \S+$/, '')
    .split(' ')
    .slice(2);
  const ran = await runAs(firm, 'dana', argv);
  expect(ran.text).toContain('enforcement grade enforced');
  expect(ran.text).toContain('their libraries and packages are whatever is installed there');
  const set = await firm.server.context.records.current();
  const record = set.records.findLast(
    ({ statement }) => statement.predicate.type === 'model-artifact',
  );
  return record?.statement.predicate.content.manifest as unknown as ArtifactManifest;
}

function opened(manifest: ArtifactManifest): Promise<Scorer> {
  const spec = {
    inputs: INPUTS.map((name) => ({ name, type: 'f64' as const })),
    output: 'probability',
  };
  return openManifestScorer(firm.server.context, manifest, spec);
}

/** Every row of the data with what R's `predict` says, by another process. */
function predictions(): readonly (readonly number[])[] {
  const script = `
model <- glm(case ~ age + parity + spontaneous + induced, data = infert, family = binomial())
p <- predict(model, newdata = infert, type = "response")
cat(sprintf("%.17g,%.17g,%.17g,%.17g,%.17g", infert$age, infert$parity, infert$spontaneous, infert$induced, p), sep = "\\n")`;
  const text = execFileSync('Rscript', ['--vanilla', '-e', script]).toString();
  return text
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number));
}

async function largestDifference(scorer: Scorer): Promise<number> {
  let largest = 0;
  const rows = predictions();
  expect(rows.length).toBe(248);
  for (const row of rows) {
    const inputs = Object.fromEntries(INPUTS.map((name, at) => [name, row[at]]));
    const { score } = await scorer.score(inputs);
    largest = Math.max(largest, Math.abs(score - (row[4] ?? Number.NaN)));
  }
  return largest;
}

describe('a scorer on a program of the machine', { timeout: 300_000 }, () => {
  test('R gives the bits of R’s own predict', async () => {
    const manifest = await registered('r');
    expect(manifest.command?.environment).toMatchObject({
      kind: 'host',
      programs: [
        { name: 'Rscript', version: { says: expect.stringContaining('version') } },
        {},
        {},
        {},
      ],
    });
    const scorer = await opened(manifest);
    try {
      expect(await largestDifference(scorer)).toBe(0);
    } finally {
      await scorer.close();
    }
  });

  test('PMML through jars is within 1e-12 of the model that it was made from', async () => {
    const manifest = await registered('pmml');
    expect(manifest.files.map(({ path }) => path)).toContain('jars/pmml4s_2.13-1.5.8.jar');
    const scorer = await opened(manifest);
    try {
      expect(await largestDifference(scorer)).toBeLessThanOrEqual(1e-12);
    } finally {
      await scorer.close();
    }
  });

  test('a version of another R does not score', async () => {
    const manifest = await registered('r');
    const { command } = manifest;
    if (command?.environment.kind !== 'host') throw new Error('R runs on the host');
    const programs = command.environment.programs.map((one) =>
      one.version === undefined
        ? one
        : { ...one, version: { ...one.version, says: one.version.says.replace(/\d+/, '9') } },
    );
    const other = {
      ...manifest,
      command: { ...command, environment: { kind: 'host' as const, programs } },
    };
    await expect(opened(other)).rejects.toMatchObject({ code: 'environment_differs' });
  });
});
