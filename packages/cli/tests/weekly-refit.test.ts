// SPDX-License-Identifier: Apache-2.0
// A developer's week, command by command, on a server that executes pipelines and under the policy as it is shipped: three
// commands and no form for each refit, one confirmation by somebody else, and the fourth out of bounds.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseEnvelope, recordsOfType, verifySignature } from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
import { PASSPHRASE, type TestServer, testServer } from '../../server/tests/server-fixture.ts';
import { runCommand } from '../src/index.ts';

const git = promisify(execFile);

const ENVELOPE = `title: Weekly refit
rationale: New rows every week; form and inputs stay.
may: [data, code, artifact]
metrics: [{ metric: auc, op: ">=", value: "0.7" }]
shifts: { swapSet: "0.02", disparity: "0.02" }
uses: 3
days: 90
impact: the same applicants
rollback: the version before
`;

let server: TestServer;
let act: Actors;
let directory: string;
let repository: string;
let url: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'countersign-refit-'));
  repository = join(directory, 'model');
  server = await testServer({ runners: jobRunners });
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}`;
  act = actors(server);
  await intake(server, [{ metric: 'auc', op: '>=', value: '0.65' }]);
  await firstVersion();
}, 180_000);
afterAll(async () => {
  await server?.close();
  await rm(directory, { recursive: true, force: true });
});

async function job(account: string, body: object): Promise<void> {
  expect(await act.job(account, body)).toMatchObject({ state: 'done' });
}

/** The ordinary way, with everybody who signs a first version: this is what happens once. */
async function firstVersion(): Promise<void> {
  const author = { name: 'Dev', email: server.person('dev').email };
  const committed = await scorecardRepository(repository, author);
  await job('dev', { kind: 'run', request: await runRequest(server, committed) });
  await developerPapers(act);
  await job('dev', { kind: 'test', params: { model: MODEL, version: 1 } });
  const staging = await act.submit('dev', await act.prepare('dev', 'staging'));
  await job('val', { kind: 'validate', request: await validation(server, 1) });
  await job('val', { kind: 'reproduce', params: { model: MODEL, version: 1 } });
  const page = await act.get('audit', `/v1/models/${MODEL}/versions/1`);
  await act.validate(page.artifactDigest);
  await act.approve('val', 'validator', staging);
  expect(await act.promote('owner', staging)).toMatchObject({ status: 200 });
  await job('dev', { kind: 'parity', params: { model: MODEL, version: 1 } });
  const production = await act.submit('dev', await act.prepare('dev', 'production'));
  for (const [account, role] of [
    ['risk', 'model-risk'],
    ['legal', 'legal'],
    ['exec', 'executive'],
  ] as const) {
    await act.approve(account, role, production);
  }
  expect(await act.promote('owner', production)).toMatchObject({ status: 200 });
}

async function command(account: string, ...argv: readonly string[]) {
  const lines: string[] = [];
  const { exitCode, result } = await runCommand(argv, {
    out: (line) => lines.push(line),
    err: (line) => lines.push(line),
    isTerminal: false,
    env: {
      COUNTERSIGN_DATA: server.dataDir,
      COUNTERSIGN_SERVER: url,
      COUNTERSIGN_ROOT: server.context.root,
      COUNTERSIGN_AS: account,
      COUNTERSIGN_PASSPHRASE: PASSPHRASE,
    },
    cwd: repository,
    now: () => new Date(),
  });
  // biome-ignore lint/suspicious/noExplicitAny: each command prints JSON of its own shape
  return { exitCode, text: lines.join('\n'), result: result as any };
}

async function ok(account: string, ...argv: readonly string[]) {
  const ran = await command(account, ...argv);
  expect(ran.exitCode, ran.text).toBe(0);
  return ran;
}

/** New rows have come in: what the developer commits. */
async function commitRows(rows: number): Promise<void> {
  const lines = (await readFile(join(repository, 'applications.csv'), 'utf8')).trim().split('\n');
  await writeFile(join(repository, 'applications.csv'), `${lines.slice(0, rows + 1).join('\n')}\n`);
  const pipeline = SCORECARD_PIPELINE.replace('rows: 3000', `rows: ${rows}`);
  await writeFile(join(repository, 'countersign.yaml'), pipeline);
  const { email } = server.person('dev');
  const by = ['-c', 'user.name=Dev', '-c', `user.email=${email}`];
  await git('git', ['-C', repository, ...by, 'commit', '--all', '--quiet', '-m', `${rows} rows`]);
}

/** Types of records that a person signed since a place in the log, with who did. */
async function signedSince(index: number): Promise<readonly string[]> {
  const { records } = await server.context.records.current();
  return records
    .filter(
      (one) => one.index > index && one.signers.some(({ holder }) => holder.kind === 'person'),
    )
    .map(({ statement: { predicate } }) => `${predicate.type} by ${predicate.actor}`);
}

const lastIndex = async () => (await server.context.records.current()).records.at(-1)?.index ?? 0;

describe('a weekly refit', { timeout: 180_000 }, () => {
  test('begins with an envelope that everybody of a material change signs once, a validator among them', async () => {
    await writeFile(join(directory, 'weekly-refit.yaml'), ENVELOPE);
    const file = join(directory, 'weekly-refit.yaml');
    const drawn = await ok('risk', 'envelope', `${MODEL}@1`, '--file', file);
    expect(drawn.result.state).toBe('awaiting-signatures');
    for (const account of ['legal', 'exec', 'val']) {
      const signed = await ok(account, 'sign', drawn.result.digest.slice(0, 12), '--add');
      const state = account === 'val' ? 'recorded' : 'awaiting-signatures';
      expect(signed.text).toContain(state === 'recorded' ? 'recorded change-plan' : 'waits');
    }
  });

  test('has the provenance of each version, signed by the platform over what it made and from what', async () => {
    const out = join(directory, 'provenance.intoto.jsonl');
    const written = await ok('audit', 'provenance', `${MODEL}@1`, '--out', out);
    const { statement } = written.result;
    const [artifact] = (await server.context.records.current()).records.filter(
      (one) => one.statement.predicate.type === 'model-artifact',
    );
    const digest = artifact?.statement.predicate.subjectRef.artifactDigest;
    expect(statement.subject[0]).toEqual({ name: `${MODEL}@1`, digest: { sha256: digest } });
    expect(statement.predicate.runDetails.builder.id).toContain(server.context.root);
    const envelope = parseEnvelope(JSON.parse(await readFile(out, 'utf8')));
    const { keyid } = server.context.platform;
    const key = server.context.records.register().get(keyid)?.key;
    const [signature] = envelope.signatures;
    const isSigned =
      signature !== undefined &&
      key !== undefined &&
      verifySignature(nodePrimitives, envelope, signature, key);
    expect(isSigned).toBe(true);
    const shown = await ok('audit', 'runs', 'show', `${MODEL}@1`);
    expect(shown.text).toMatch(/^train +0 +[0-9.]+ s +1 +run-/m);
    const log = await ok('audit', 'runs', 'show', `${MODEL}@1`, '--step', 'train');
    expect(log.result.digest).toBe(shown.result.steps[0].log);
  });

  test.each([
    [2, 2900],
    [3, 2800],
    [4, 2700],
  ])(
    'takes the developer three commands and no form: version %i on %i rows',
    async (version, rows) => {
      await commitRows(rows);
      const before = await lastIndex();
      await ok('dev', 'run', '--remote');
      const within = ['--envelope', 'weekly refit'];
      const staged = await ok('dev', 'submit', `${MODEL}@${version}`, '--to', 'staging', ...within);
      const submitted = await ok(
        'dev',
        'submit',
        `${MODEL}@${version}`,
        '--to',
        'production',
        ...within,
      );
      expect(staged.result.measured).toEqual(['test', 'reproduce']);
      expect(submitted.result.measured).toEqual(['parity']);
      expect(staged.text).toContain('for staging; its chain verifies here');
      const request = submitted.result.changeRequest;
      const confirmed = await ok('risk', 'approve', request.slice(0, 12), '--promote');
      expect(confirmed.text).toContain('for production; its chain verifies here');
      // What people put their names to in this week, all of it: a run, two requests and one confirmation.
      expect(await signedSince(before)).toEqual([
        'run-request by dev',
        'change-record by dev',
        'change-record by dev',
        'approval-record by risk',
      ]);
      const shown = await ok('audit', 'show', request);
      expect(shown.text).toMatch(/^change +within-envelope, class standard$/m);
      expect(shown.text).toContain('carried: validation-report of @1');
    },
  );

  test('is out of bounds the fourth time, before anything is signed', async () => {
    await commitRows(2600);
    await ok('dev', 'run', '--remote');
    const before = await lastIndex();
    const fourth = await command(
      'dev',
      'submit',
      `${MODEL}@5`,
      '--to',
      'staging',
      '--envelope',
      'Weekly refit',
    );
    expect(fourth.exitCode).toBe(1);
    expect(fourth.text).toContain('all 3 uses of the envelope are used up');
    expect(await signedSince(before)).toEqual([]);
    const set = await server.context.records.current();
    const requests = recordsOfType(set, 'change-record').map(
      ({ statement }) => statement.predicate.subjectRef.version,
    );
    expect(requests).not.toContain(5);
  });

  test('whose words are missing says which, and takes them from a file', async () => {
    const bare = await command('dev', 'submit', `${MODEL}@5`, '--to', 'staging');
    expect(bare.exitCode).toBe(2);
    expect(bare.text).toContain('`--reason` is missing');
    const file = join(directory, 'change.yaml');
    await writeFile(
      file,
      'reason: new rows\nimpact: the same people\nrollback: version 4\nclass: data\n',
    );
    const checked = await command(
      'dev',
      'submit',
      `${MODEL}@5`,
      '--to',
      'staging',
      '--file',
      file,
      '--check',
    );
    expect(checked.exitCode).toBe(1);
    expect(checked.result.verdict.change).toMatchObject({ class: 'data', materiality: 'minor' });
    await writeFile(file, 'reason: new rows\nmood: good\n');
    const unknown = await command('dev', 'submit', `${MODEL}@5`, '--to', 'staging', '--file', file);
    expect(unknown.text).toContain('change.yaml:2: `mood` is not known here');
  });

  test('is printed with its envelope as a change control plan, by either command', async () => {
    const out = join(directory, 'pccp.json');
    const issued = await ok('risk', 'dossier', `${MODEL}@4`, '--document', 'pccp', '--out', out);
    expect(issued.result.document).toBe('doc/fda-pccp');
    const printed = JSON.parse(await readFile(out, 'utf8'));
    const cells = JSON.stringify(printed);
    expect(cells).toContain('Versions shipped inside the envelope');
    // Nobody wrote a plan for this envelope: bounds are printed, words are gaps.
    expect(issued.result.gaps).toBeGreaterThan(8);
    const { envelopes } = await act.get('audit', '/v1/envelopes');
    const pdf = join(directory, 'pccp.pdf');
    const rendered = await ok('risk', 'envelope', 'render', envelopes[0].digest, '--out', pdf);
    expect(rendered.result.gaps).toBe(issued.result.gaps);
    expect((await readFile(pdf)).subarray(0, 5).toString()).toBe('%PDF-');
    const none = await command(
      'risk',
      'dossier',
      `${MODEL}@4`,
      '--document',
      'pccp',
      '--out',
      out,
      '--envelope',
      'ffffffff',
    );
    expect(none.exitCode).toBe(1);
  });

  test('names an envelope that the use has', async () => {
    const refused = await command(
      'dev',
      'submit',
      `${MODEL}@5`,
      '--to',
      'staging',
      '--envelope',
      'monthly',
    );
    expect(refused.exitCode).toBe(1);
    expect(refused.text).toContain('no envelope of scorecard is called `monthly`');
  });
});
