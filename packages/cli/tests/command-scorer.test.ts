// SPDX-License-Identifier: Apache-2.0
// A version whose scorer is a program, through the commands: an answer of it is replayed to the same bits, and a version
// that no run made is registered only after it was opened as it will be served.
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DecideAnswer, startGateway } from '@countersign/gateway';
import type { Json } from '@countersign/kernel';
import { openSigner, readServiceKey } from '@countersign/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  fixtureScorer,
  HOST_VARIABLES,
  pythonArtefact,
} from '../../analysis/tests/command-artefact.ts';
import { SPEC as ONNX_SPEC } from '../../gateway/tests/fixture-server.ts';
import { MODEL } from '../../kernel/tests/credit-model.ts';
import { jobRunners } from '../../server/src/jobs/index.ts';
import { type Ran, runAs, type WarrantedFirm, warrantedFirm } from './warranted-firm.ts';

const SCORE = fixtureScorer('logistic.py').toString();
const TOKEN = 'caller-token';

let firm: WarrantedFirm;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'countersign-command-'));
  const { manifest, bytes } = await pythonArtefact(
    { 'score.py': SCORE },
    { run: ['python', 'score.py'] },
  );
  const { reasons: _, ...spec } = ONNX_SPEC;
  firm = await warrantedFirm({
    demonstration: true,
    runners: jobRunners,
    bytes: bytes.values(),
    build: {
      files: manifest.files,
      manifest: { scorer: 'command', command: manifest.command as unknown as Json },
      spec,
    },
  });
});
afterAll(async () => {
  await firm?.close();
  await rm(directory, { recursive: true, force: true });
});

/** Once the decision's batch is under a checkpoint. */
async function replayed(id: string, ...more: readonly string[]): Promise<Ran> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const said = await runAs(firm, 'mia', ['trace', id, '--replay', ...more]);
    const isEarly = /checkpoint_unknown|record_unknown/.test(said.text);
    if (!isEarly || performance.now() > deadline) return said;
    await sleep(100);
  }
}

test('an answer of a program is replayed to the same bits, and of a changed program to others', async () => {
  const gateway = await startGateway({
    name: 'gateway-1',
    workspace: 'main',
    root: firm.root,
    environment: 'production',
    production: false,
    models: [MODEL],
    feeds: [{ kind: 'server', url: firm.url, token: firm.server.person('olaf').token }],
    databaseUrl: firm.server.database.url,
    stateDir: join(directory, 'gateway'),
    signer: openSigner(await readServiceKey(firm.server.dataDir, 'gateway')),
    hmacKey: new Uint8Array(32).fill(7),
    callers: [{ caller: 'desk', tokenDigest: createHash('sha256').update(TOKEN).digest('hex') }],
    host: '127.0.0.1',
    port: 0,
    scorers: { hostEnvironment: HOST_VARIABLES },
  });
  try {
    const response = await fetch(`${gateway.url}/v1/decide/${MODEL}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ inputs: { amount: 1500.1, duration: 24, purpose: 'car' } }),
    });
    const { id, score } = (await response.json()) as DecideAnswer;
    expect(score).toBe(1 / (1 + Math.exp(-(Math.fround(1500.1) / 10_000 + 24 / 100 - 1))));
    const same = await replayed(id);
    expect(same.text).toContain('replayed here: the same bits');
    expect(same.exitCode).toBe(0);
    const other = join(directory, 'other.py');
    await writeFile(other, SCORE.replace('/ 100 - 1', '/ 100 - 2'));
    expect((await replayed(id, '--rebuilt', other)).text).toContain('replayed here: OTHER bits');
  } finally {
    await gateway.close();
  }
});

describe('a program that no run made', () => {
  const SPEC = `artifact:
  scorer: command
  file: score.py
  command: { run: [python, score.py], environment: { python: requirements.lock } }
  inputs:
    - { name: amount, type: f64 }
    - { name: duration, type: i64 }
  output: { name: probabilities, index: 1 }
decision: { score: risk, cutoff: 0.5, adverse: decline, favourable: approve }
`;

  async function register(
    spec: string,
    files: Readonly<Record<string, string>> = { 'score.py': SCORE },
  ): Promise<Ran> {
    const folder = await mkdtemp(join(directory, 'imported-'));
    const all = { 'requirements.lock': '# the standard library is enough\n', ...files };
    for (const [name, text] of Object.entries(all)) await writeFile(join(folder, name), text);
    const specFile = join(directory, 'spec.yaml');
    await writeFile(specFile, spec);
    const args = ['models', 'register', MODEL, '--origin', 'imported', '--use', 'underwriting'];
    return runAs(firm, 'dana', [...args, '--files', folder, '--spec', specFile]);
  }

  test('is registered after it was opened as it will be served, with what is weaker said plainly', async () => {
    const registered = await register(SPEC);
    expect(registered.text).toContain('imported, enforcement grade enforced');
    expect(registered.text).toContain('the system’s libraries are the gateway machine’s own');
    expect(registered.exitCode).toBe(0);
  });

  test.each([
    ['code that does not get ready', SPEC, 'raise SystemExit("no model here")', 'no model here'],
    [
      'a lock that is none of its files',
      SPEC.replace('requirements.lock', 'other.lock'),
      SCORE,
      '`other.lock` is none of the artefact',
    ],
    [
      'a first word that nothing pins',
      SPEC.replace('[python, score.py]', '[perl, score.py]'),
      SCORE,
      'line 4: `artifact.command.run` expected to start with what is recorded',
    ],
  ])('is refused with %s', async (_, spec, code, said) => {
    const refused = await register(spec, { 'score.py': code });
    expect(refused.exitCode).toBe(1);
    expect(refused.text).toContain(said);
  });
});
