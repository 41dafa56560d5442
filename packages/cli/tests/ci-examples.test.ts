// SPDX-License-Identifier: Apache-2.0
// The pipelines of examples/ci, line by line in bash against a real server: a run from a pipeline's own account, and a
// deployment under a live warrant, then under one that was revoked.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { jobRunners } from '../../server/src/jobs/index.ts';
import { intake } from '../../server/tests/model-life.ts';
import { scorecardRepository } from '../../server/tests/scorecard-repository.ts';
import {
  PASSPHRASE,
  PASSWORD,
  PEOPLE,
  type TestServer,
  testServer,
} from '../../server/tests/server-fixture.ts';
import { type Runner, runGithubJob, runGitlabJob } from './pipeline-file.ts';
import { BIN, BYTES, type WarrantedFirm, warrantedFirm } from './warranted-firm.ts';

const EXAMPLES = join(import.meta.dirname, '../../../examples/ci');
const PIPELINES = [
  ['github-actions.yml', runGithubJob],
  ['gitlab-ci.yml', runGitlabJob],
] as const;
const scratch = mkdtempSync(join(tmpdir(), 'countersign-ci-'));
const path = join(scratch, 'bin');

beforeAll(() => {
  mkdirSync(path);
  symlinkSync(join(BIN, 'countersign.js'), join(path, 'countersign'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('a deployment', () => {
  let firm: WarrantedFirm;
  beforeAll(async () => {
    firm = await warrantedFirm();
  }, 120_000);
  afterAll(() => firm?.close());

  /** A repository with the two scripts that a firm brings itself. */
  function repository(files: Readonly<Record<string, string>> = BYTES): Runner {
    const cwd = mkdtempSync(join(scratch, 'deploy-'));
    mkdirSync(join(cwd, 'deploy'));
    const copies = Object.entries(files).map(([name, text]) => {
      const target = `"$2"/${name}`;
      return `mkdir -p "$2"/${dirname(name)}; printf '%s' '${text}' > ${target}`;
    });
    const scripts = { 'fetch-artefact.sh': copies.join('\n'), 'deploy.sh': 'echo "$1" > deployed' };
    for (const [name, text] of Object.entries(scripts))
      writeFileSync(join(cwd, 'deploy', name), `#!/bin/sh\nset -e\n${text}\n`, { mode: 0o755 });
    const settings = {
      COUNTERSIGN_SERVER: firm.url,
      COUNTERSIGN_ROOT: firm.root,
      COUNTERSIGN_SOURCE: 'unused',
      COUNTERSIGN_VERSION: 'unused',
    };
    const inputs = { version: 'consumer-credit@1', VERSION: 'consumer-credit@1' };
    return { cwd, path, settings, inputs };
  }
  const told = ({ cwd }: Runner) => JSON.parse(readFileSync(join(cwd, 'gate.json'), 'utf8'));
  const isDeployed = ({ cwd }: Runner) => existsSync(join(cwd, 'deployed'));

  describe.each(PIPELINES)('by %s', (file, runJob) => {
    const deploy = (runner: Runner) => runJob(join(EXAMPLES, file), 'deploy', runner);

    test('goes ahead under a live warrant', async () => {
      const runner = repository();
      const ended = await deploy(runner);
      expect(ended.exitCode, ended.text).toBe(0);
      expect(told(runner)).toMatchObject({ ok: true, warrant: firm.production, files: 3 });
      expect(isDeployed(runner)).toBe(true);
    }, 60_000);

    test('stops at files that are not the approved ones', async () => {
      const runner = repository({ ...BYTES, 'model.onnx': 'another model' });
      expect((await deploy(runner)).exitCode).toBe(1);
      expect(told(runner).reasons.join('\n')).toContain('`model.onnx` has other bytes');
      expect(isDeployed(runner)).toBe(false);
    }, 60_000);

    test('stops while the server is away', async () => {
      const runner = repository();
      const settings = { ...runner.settings, COUNTERSIGN_SERVER: 'http://127.0.0.1:9' };
      expect((await deploy({ ...runner, settings })).exitCode).toBe(1);
      expect(isDeployed(runner)).toBe(false);
    }, 60_000);
  });

  test('by either stops once the warrant is revoked', async () => {
    await firm.revoke(firm.production, 'drift');
    for (const [file, runJob] of PIPELINES) {
      const runner = repository();
      const ended = await runJob(join(EXAMPLES, file), 'deploy', runner);
      expect(ended.exitCode, ended.text).toBe(1);
      expect(told(runner)).toMatchObject({ ok: false });
      expect(isDeployed(runner)).toBe(false);
    }
  }, 60_000);
});

describe('a run', () => {
  let server: TestServer;
  let settings: Readonly<Record<string, string>>;

  beforeAll(async () => {
    const people = [
      ...PEOPLE,
      { account: 'pipeline', roles: ['developer'] as const, team: 'models' },
    ];
    server = await testServer({ runners: jobRunners, people });
    await server.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.app.server.address() as AddressInfo;
    await intake(server, [{ metric: 'auc', op: '>=', value: '0.65' }]);
    settings = {
      COUNTERSIGN_SERVER: `http://127.0.0.1:${port}`,
      COUNTERSIGN_ROOT: server.context.root,
      COUNTERSIGN_SOURCE: 'unused',
      COUNTERSIGN_VERSION: 'unused',
      COUNTERSIGN_TOKEN: await scopedToken(server),
      COUNTERSIGN_KEY: readFileSync(server.person('pipeline').keyFile, 'utf8'),
      COUNTERSIGN_PASSPHRASE: PASSPHRASE,
    };
  }, 120_000);
  afterAll(() => server?.close());

  test.each(PIPELINES)(
    'by %s registers a version and opens its change request',
    async (file, runJob) => {
      const cwd = mkdtempSync(join(scratch, 'train-'));
      await scorecardRepository(cwd, { name: 'Dev', email: server.person('dev').email });
      const before = await versions();
      const runner: Runner = { cwd, path, settings, inputs: {} };
      const ended = await runJob(join(EXAMPLES, file), 'train', runner);
      expect(ended.exitCode, ended.text).toBe(0);
      expect(await versions()).toBe(before + 1);
      const change = JSON.parse(readFileSync(join(cwd, 'change.json'), 'utf8'));
      const url = `/v1/change-requests/${change.changeRequest}`;
      const reply = await server.as('audit', { method: 'GET', url });
      expect(reply.json()).toMatchObject({ submitter: 'pipeline', transition: 'staging' });
      // The key is gone, and the pipeline's output holds neither passphrase nor token.
      for (const secret of [PASSPHRASE, settings.COUNTERSIGN_TOKEN!])
        expect(ended.text).not.toContain(secret);
      const left = [`${cwd}.runner/countersign-data`, `${cwd}.countersign`].filter(existsSync);
      expect(left).toEqual([]);
    },
    180_000,
  );

  test('with the pipeline’s token promotes nothing', async () => {
    const url = `/v1/change-requests/${'0'.repeat(64)}/promote`;
    const headers = { authorization: `Bearer ${settings.COUNTERSIGN_TOKEN}` };
    const reply = await server.app.inject({ method: 'POST', url, headers, payload: {} });
    expect([reply.statusCode, reply.json().error.code]).toEqual([403, 'scope_missing']);
  });

  async function versions(): Promise<number> {
    const reply = await server.as('audit', { method: 'GET', url: '/v1/inventory' });
    return reply.json().models[0].versions;
  }
});

/** As its holder makes one: signed in by password, for a pipeline and for a month. */
async function scopedToken(server: TestServer): Promise<string> {
  const { email } = server.person('pipeline');
  const signedIn = await server.app.inject({
    method: 'POST',
    url: '/v1/auth/sign-in/email',
    payload: { email, password: PASSWORD },
  });
  const cookie = signedIn.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  const reply = await server.app.inject({
    method: 'POST',
    url: '/v1/tokens',
    headers: { cookie, origin: 'http://localhost' },
    payload: { name: 'pipeline', scopes: ['ci'], expiresInDays: 30 },
  });
  if (reply.statusCode !== 200) throw new Error(reply.body);
  return String(reply.json().token);
}

describe('the manifests for Kubernetes', () => {
  const documents = (file: string) =>
    parseAllDocuments(readFileSync(join(EXAMPLES, 'kubernetes', file), 'utf8')).map((one) => {
      expect(one.errors).toEqual([]);
      return one.toJS();
    });

  test('fail closed, and ask about every kind that admission judges', () => {
    const webhook = documents('validating-webhook.yaml').at(-1).webhooks[0];
    expect(webhook).toMatchObject({ failurePolicy: 'Fail', sideEffects: 'None' });
    const asked = webhook.rules.flatMap((rule: { resources: string[] }) => rule.resources);
    expect(asked).toEqual(
      expect.arrayContaining([
        'pods',
        'pods/ephemeralcontainers',
        'deployments',
        'inferenceservices',
      ]),
    );
  });

  test('start commands that the command line takes', async () => {
    const [service] = documents('kserve-inference-service.yaml');
    const deployment = documents('validating-webhook.yaml').find(
      ({ kind }) => kind === 'Deployment',
    );
    const admission = deployment.spec.template.spec.containers[0].args as string[];
    const verify = service.spec.predictor.initContainers[0].args as string[];
    expect([admission[0], verify[0]]).toEqual(['admission', 'gate']);
    for (const argv of [admission, verify]) {
      const { runCommand } = await import('../src/index.ts');
      const lines: string[] = [];
      const line = (text: string) => void lines.push(text);
      const io = {
        out: line,
        err: line,
        isTerminal: false,
        env: { HOME: scratch },
        now: () => new Date(),
      };
      const away = argv.map((one) =>
        one.replace('https://countersign.bank.example', 'http://127.0.0.1:9'),
      );
      const { exitCode } = await runCommand(away, { ...io, cwd: scratch });
      // Refused for what is not there, not for how it was asked.
      expect(exitCode, lines.join('\n')).toBe(1);
    }
  });
});
