// SPDX-License-Identifier: Apache-2.0
// The life of a version whose scorer is a program, as of any other: run, tests, rebuild, validation, staging, parity,
// production, answers of a gateway, replay, monitoring.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobReply } from '@countersign/contract';
import { type DecideAnswer, type Gateway, startGateway } from '@countersign/gateway';
import { openSigner, readServiceKey } from '@countersign/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOST_VARIABLES } from '../../analysis/tests/command-artefact.ts';
import { jobRunners } from '../../server/src/jobs/index.ts';
import {
  type Actors,
  actors,
  developerPapers,
  intake,
  MODEL,
  runRequest,
  validation,
} from '../../server/tests/model-life.ts';
import {
  SCORECARD_PIPELINE,
  scorecardRepository,
} from '../../server/tests/scorecard-repository.ts';
import { serveStream } from '../../server/tests/served-stream.ts';
import { type TestServer, testServer } from '../../server/tests/server-fixture.ts';
import { runAs, type WarrantedFirm } from './warranted-firm.ts';

const PIPELINE = SCORECARD_PIPELINE.replace(
  'steps:\n',
  'environment: { python: requirements.lock }\nsteps:\n',
)
  .replace(
    'run: sh train.sh',
    'run: sh train.sh && rm model.onnx && cp serve.py score.py && cp coefficients.json model.json',
  )
  .replace('[model.onnx,', '[model.json, score.py,')
  .replace(
    '  scorer: onnx\n  file: model.onnx\n',
    `  scorer: command
  file: model.json
  files: [score.py]
  command: { run: [python, score.py], environment: { python: requirements.lock }, memory_mb: 512 }
`,
  );

const SERVE = `
import json, math, os, sys
with open(os.environ["COUNTERSIGN_ENTRY"]) as file:
    model = json.load(file)
print(json.dumps({"ready": "countersign-scorer/1", "name": "scorecard", "version": "1",
    "outputs": [{"name": "score", "size": 1}]}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    row = request["inputs"]
    z = model["burden"] * row["burden"] + model["years"] * row["years"] + model["intercept"]
    print(json.dumps({"id": request["id"], "outputs": {"score": 1 / (1 + math.exp(-z))}}), flush=True)
`;
const COEFFICIENTS = '{"burden": 1.5, "years": -0.12, "intercept": -0.8}\n';
const LOCK = '# the standard library is enough\n';
const TOKEN = 'caller-token';

let server: TestServer;
let act: Actors;
let firm: Pick<WarrantedFirm, 'server' | 'url' | 'root'>;
let directory: string;
let gateway: Gateway;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'countersign-command-'));
  server = await testServer({ runners: jobRunners });
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}`;
  firm = { server, url, root: server.context.root };
  act = actors(server);
  await intake(server);
});
afterAll(async () => {
  await gateway?.close();
  await server?.close();
  await rm(directory, { recursive: true, force: true });
});

const done = (job: JobReply) => {
  expect(job.error).toBeUndefined();
  expect(job.state).toBe('done');
  return job.result as { readonly [name: string]: unknown };
};
const job = (account: string, kind: string, params: object = { model: MODEL, version: 1 }) =>
  act.job(account, { kind, params });

/** Once the decision's batch is under a checkpoint. */
async function replayed(id: string) {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const said = await runAs(firm, 'audit', ['trace', id, '--replay']);
    if (!said.text.includes('checkpoint_unknown') || performance.now() > deadline) return said;
    await sleep(100);
  }
}

describe('a version whose scorer is a program', { timeout: 120_000 }, () => {
  let artifactDigest: string;

  test('is registered by a run with program, lock and interpreter under its digest', async () => {
    const repository = join(directory, 'model');
    await mkdir(repository);
    await writeFile(join(repository, 'serve.py'), SERVE);
    await writeFile(join(repository, 'coefficients.json'), COEFFICIENTS);
    await writeFile(join(repository, 'requirements.lock'), LOCK);
    const author = { name: 'Dev', email: server.person('dev').email };
    const committed = await scorecardRepository(repository, author, PIPELINE);
    done(await act.job('dev', { kind: 'run', request: await runRequest(server, committed) }));
    const page = await act.get('audit', `/v1/models/${MODEL}/versions/1`);
    artifactDigest = page.artifactDigest;
    const { manifest } = page.artifact.content;
    expect(manifest.files.map(({ path }: { path: string }) => path)).toEqual([
      'model.json',
      'reasons.json',
      'score.py',
      'requirements.lock',
    ]);
    expect(manifest.command).toMatchObject({
      protocol: 'countersign-scorer/1',
      run: ['python', 'score.py'],
      timeoutMs: 2000,
      environment: { kind: 'python', lock: 'requirements.lock', wheels: [] },
    });
    expect(page.enforcement).toBe('enforced');
    expect(page.enforcementCaveat).toContain('Python’s standard library');
  });

  test('is tested, rebuilt and validated by its own answers', async () => {
    const tested = done(await job('dev', 'test'));
    expect(tested.conclusions).toMatchObject({
      'performance-test': 'pass',
      'robustness-test/sensitivity': 'pass',
      'explainability-test': 'pass',
    });
    const request = await validation(server);
    const validated = done(await act.job('val', { kind: 'validate', request }));
    expect(validated.replication).toBe('pass');
    const rebuilt = done(await job('val', 'reproduce'));
    expect(rebuilt.verdict).toBe('byte-identical');
  });

  test('is staged, has its parity proven and is promoted, through the same gates', async () => {
    await developerPapers(act);
    const staging = await act.submit('dev', await act.prepare('dev', 'staging'));
    await act.validate(artifactDigest);
    await act.approve('val', 'validator', staging);
    expect((await act.promote('owner', staging)).status).toBe(200);
    expect(done(await job('dev', 'parity')).conclusion).toBe('pass');
    const production = await act.submit('dev', await act.prepare('dev', 'production'));
    for (const [account, role] of [
      ['risk', 'model-risk'],
      ['legal', 'legal'],
      ['exec', 'executive'],
    ] as const)
      await act.approve(account, role, production);
    const { status, body } = await act.promote('owner', production);
    expect([status, body.error]).toEqual([200, undefined]);
  });

  test('answers through a gateway, and the answer is replayed to the same bits', async () => {
    gateway = await startGateway({
      name: 'gateway-1',
      workspace: 'main',
      root: firm.root,
      environment: 'production',
      production: false,
      models: [MODEL],
      feeds: [{ kind: 'server', url: firm.url, token: server.person('ops').token }],
      databaseUrl: server.database.url,
      stateDir: join(directory, 'gateway'),
      signer: openSigner(await readServiceKey(server.dataDir, 'gateway')),
      hmacKey: new Uint8Array(32).fill(7),
      callers: [{ caller: 'desk', tokenDigest: createHash('sha256').update(TOKEN).digest('hex') }],
      host: '127.0.0.1',
      port: 0,
      scorers: { hostEnvironment: HOST_VARIABLES },
    });
    const response = await fetch(`${gateway.url}/v1/decide/${MODEL}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ inputs: { burden: 2.345, years: 1.7 } }),
    });
    const answer = (await response.json()) as DecideAnswer;
    const [burden, years] = [Math.fround(2.345), Math.fround(1.7)];
    expect(answer.score).toBe(1 / (1 + Math.exp(-(1.5 * burden - 0.12 * years - 0.8))));
    expect(answer.reasons.length).toBeGreaterThan(0);
    const again = await replayed(answer.id);
    expect(again.text).toContain('replayed here: the same bits');
    expect(again.exitCode).toBe(0);
    const other = join(directory, 'other.json');
    await writeFile(other, COEFFICIENTS.replace('1.5', '1.6'));
    const args = ['trace', answer.id, '--replay', '--rebuilt', other];
    expect((await runAs(firm, 'audit', args)).text).toContain('replayed here: OTHER bits');
  });

  test('is monitored by the answers that it gave', async () => {
    const rows = Array.from({ length: 120 }, (_, n) => ({
      burden: (n % 30) / 10,
      years: (n * 7) % 40,
      region: n % 2 === 0 ? 'north' : 'south',
    }));
    await serveStream(server, rows, { from: '2026-10-01T08:00:00.000Z' });
    const window = {
      model: MODEL,
      version: 1,
      from: '2026-10-01T00:00:00.000Z',
      to: '2026-10-02T00:00:00.000Z',
      label: '2026-10',
    };
    const result = done(await job('ops', 'monitor', window));
    expect(Object.keys(result.conclusions as object)).toContain('drift');
  });
});
