// SPDX-License-Identifier: Apache-2.0
// examples/scorers/pickle, behind a gateway: its scores against scikit-learn's own beside it, by another process.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Gateway } from '@countersign/gateway';
import type { Json } from '@countersign/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { artefactOf, HOST_VARIABLES, pythonHere } from '../../analysis/tests/command-artefact.ts';
import { parseLockFile } from '../../pipeline/src/environment/lock-file.ts';
import { buildPythonEnvironment } from '../../pipeline/src/environment/python-environment.ts';
import { scorerInterpreter } from '../../pipeline/src/environment/scorer-environment.ts';
import { fetchWheels } from '../../pipeline/src/environment/wheels.ts';
import { readYamlText } from '../../pipeline/src/file/yaml-text.ts';
import { runProcess } from '../../pipeline/src/process/run-process.ts';
import { SANDBOX_UID } from '../../pipeline/src/sandbox/run-sandboxed.ts';
import { type TestDatabase, testDatabase } from '../../server/tests/database.ts';
import { type FixtureServer, fixtureServer, SPEC as ONNX_SPEC } from './fixture-server.ts';
import { ask, startFixture } from './start-fixture.ts';

const EXAMPLE = join(import.meta.dirname, '../../../examples/scorers/pickle');
/** Shared by every run of this account, as jobs do. */
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'countersign');
const ROWS = 40;
/** The first time on a machine, 60 MB of wheels are downloaded and installed. */
const FIRST_TIME_MS = 600_000;

let database: TestDatabase;
let server: FixtureServer;
let gateway: Gateway;
let directory: string;
let python: string;

beforeAll(async () => {
  database = await testDatabase();
  directory = mkdtempSync(join(tmpdir(), 'pickle-example-'));
  const interpreter = await pythonHere();
  const lock = parseLockFile(readFileSync(join(EXAMPLE, 'requirements.lock'), 'utf8'), 'lock');
  const at = { lock, interpreter, cacheDir: CACHE };
  const wheels = await fetchWheels({ ...at, hostEnvironment: HOST_VARIABLES });
  const environment = await buildPythonEnvironment({ ...at, wheels, uid: SANDBOX_UID });
  python = join(environment.directory, 'bin/python');
  await run([join(EXAMPLE, 'train.py'), directory]);
  const files = Object.fromEntries([
    ...['model.pkl', ...readdirSync(directory)].map((name) => [
      name,
      readFileSync(join(directory, name)),
    ]),
    ...wheels.map(({ file, path }) => [`wheels/${file}`, readFileSync(path)]),
  ]);
  const artefact = artefactOf(files, {
    run: ['python', 'score.py'],
    memoryMb: 4096,
    environment: {
      kind: 'python',
      lock: 'requirements.lock',
      wheels: wheels.map(({ file }) => `wheels/${file}`),
      interpreter: scorerInterpreter(interpreter),
    },
  });
  const { reasons: _, ...spec } = ONNX_SPEC;
  server = await fixtureServer({
    blobs: artefact.bytes.values(),
    build: {
      files: artefact.manifest.files,
      manifest: { scorer: 'command', command: artefact.manifest.command as unknown as Json },
      spec: { ...spec, inputs: declaredInputs() },
    },
  });
  gateway = await startFixture(server, {
    databaseUrl: database.url,
    scorers: { cacheDir: CACHE, hostEnvironment: HOST_VARIABLES, python: interpreter.program },
  });
}, FIRST_TIME_MS);
afterAll(async () => {
  await gateway?.close();
  await server?.close();
  await database?.drop();
  rmSync(directory, { recursive: true, force: true });
});

/** The inputs as the example's own specification declares them. */
function declaredInputs(): Json {
  const read = readYamlText(readFileSync(join(EXAMPLE, 'spec.yaml'), 'utf8'), { aliasesMax: 0 });
  if (!read.ok) throw new Error('the specification is not YAML');
  const { artifact } = read.text.value as {
    artifact: { inputs: readonly { name: string; type: string }[] };
  };
  return artifact.inputs.map(({ name, type }) => ({ name, type }));
}

async function run(args: readonly string[], stdin = ''): Promise<string> {
  const ran = await runProcess(python, ['-I', ...args], { env: { PATH: '/usr/bin:/bin' }, stdin });
  if (ran.code !== 0) throw new Error(ran.stderr);
  return ran.stdout.toString();
}

const BESIDE = `
import json, pickle, sys
import numpy
from sklearn.datasets import load_breast_cancer
with open(sys.argv[1], "rb") as file:
    loaded = pickle.load(file)
rows = load_breast_cancer().data[:: ${Math.floor(569 / ROWS)}, : len(loaded["inputs"])][:${ROWS}]
print(json.dumps([
    {"inputs": dict(zip(loaded["inputs"], row.tolist())), "score": float(loaded["model"].predict_proba(row[None, :])[0, 1])}
    for row in rows
]))
`;

test('the scores of a pickle through the gateway are those of scikit-learn beside it, bit for bit', async () => {
  const own = JSON.parse(await run(['-c', BESIDE, join(directory, 'model.pkl')])) as readonly {
    inputs: Readonly<Record<string, number>>;
    score: number;
  }[];
  expect(new Set(own.map(({ score }) => score)).size).toBeGreaterThan(ROWS / 2);
  for (const { inputs, score } of own) {
    const { status, body } = await ask(gateway, { inputs });
    expect([status, body.basis, body.score]).toEqual([200, 'model', score]);
  }
});
