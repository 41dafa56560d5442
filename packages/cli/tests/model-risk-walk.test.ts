// SPDX-License-Identifier: Apache-2.0
// The guide docs/guides/a-year-of-model-risk.md, walked section by section in one firm: a real server, database, pipeline and
// gateway by a clock that starts 265 days ago. The walker holds the guide's own words against what is printed; the tests look
// at the same facts another way: over the API, at the gateway, in the package.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readZip } from '@countersign/verifier';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY_MS, DemonstrationClock } from '../src/demo/model-risk/demonstration-clock.ts';
import { type ModelRiskFirm, openModelRiskFirm } from '../src/demo/model-risk/firm.ts';
import { guideBlocks } from '../src/demo/model-risk/guide-blocks.ts';
import { GUIDE, WALK_DAYS } from '../src/demo/model-risk/run-model-risk.ts';
import { type Variables, type Walked, walkGuide } from '../src/demo/model-risk/walk-guide.ts';
import { runCommand } from '../src/index.ts';
import { BIN, runProcess } from './warranted-firm.ts';

const home = join(import.meta.dirname, '../../..');
const scratch = mkdtempSync(join(tmpdir(), 'countersign-year-'));
const blocks = guideBlocks(home, GUIDE);
const variables: Variables = new Map();
const clock = new DemonstrationClock(WALK_DAYS);
let firm: ModelRiskFirm;

beforeAll(async () => {
  firm = await openModelRiskFirm({
    home,
    dataDir: join(scratch, 'bank'),
    clock,
    report: () => undefined,
  });
}, 120_000);
afterAll(async () => {
  await firm?.close();
  rmSync(scratch, { recursive: true, force: true });
}, 180_000);

const quiet = () => undefined;
const tell = { section: quiet, line: quiet, shown: quiet, leap: quiet };
const io = { out: quiet, err: quiet, isTerminal: false, env: process.env, now: () => new Date() };

const walk = (section: string): Promise<readonly Walked[]> => {
  const chosen = blocks.filter((block) => block.section === section);
  expect(chosen.length, section).toBeGreaterThan(0);
  return walkGuide({ firm, runCommand, io, tell }, chosen, variables);
};

/** Lines of a shell, as if they stood in the guide. */
const commands = (...lines: readonly string[]): Promise<readonly Walked[]> =>
  walkGuide(
    { firm, runCommand, io, tell },
    [{ section: 'test', language: 'sh', lines }],
    variables,
  );

// biome-ignore lint/suspicious/noExplicitAny: each route answers in a shape of its own
async function get(path: string, account = 'aura.auditor'): Promise<any> {
  const token = readFileSync(join(firm.dataDir, 'people', account, 'token'), 'utf8').trim();
  const response = await fetch(`${firm.server.url}${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const text = await response.text();
  expect(response.status, `${path} ${text}`).toBe(200);
  return JSON.parse(text);
}

const ranOf = (walked: readonly Walked[], command: string): Walked => {
  const found = walked.find(({ line }) => line.startsWith(`countersign ${command}`));
  if (found === undefined) throw new Error(`the guide runs no \`${command}\` here`);
  return found;
};

// biome-ignore lint/suspicious/noExplicitAny: each command returns a shape of its own
const resultOf = (walked: readonly Walked[], command: string): any => ranOf(walked, command).result;

interface WarrantSeen {
  readonly version: number;
  readonly environment: string;
  readonly live: boolean;
  readonly denials: readonly string[];
  readonly changeRequest: string;
  readonly digest: string;
}

async function production(version: number): Promise<WarrantSeen> {
  const { warrants } = await get('/v1/warrants?model=card-fraud');
  const found = (warrants as readonly WarrantSeen[]).find(
    (one) => one.version === version && one.environment === 'production',
  );
  if (found === undefined) throw new Error(`version ${version} was never warranted`);
  return found;
}

interface Decided {
  readonly version?: number;
  readonly basis?: string;
  readonly score?: number | null;
}

const decidedIn = (walked: readonly Walked[]): readonly (readonly Decided[])[] =>
  walked
    .filter(({ line }) => line.startsWith('countersign decide'))
    .map(({ result }) => (result as { readonly decisions: readonly Decided[] }).decisions);

describe('a year of model risk', { timeout: 600_000 }, () => {
  test('rules come first: three documents, each signed by two', async () => {
    await walk('Sign the rules first');
    const { versions } = await get('/v1/policy/history?kind=promotion-policy');
    expect(versions).toHaveLength(1);
  });

  test('of 180 rows eleven are told with file, line, field and code; mended, all 180 stand', async () => {
    const walked = await walk('Take the inventory over');
    const { problems, good, rows } = resultOf(walked, 'inventory import models.csv');
    expect([rows, good]).toEqual([180, 169]);
    expect(problems).toHaveLength(11);
    const text = readFileSync(join(firm.desk, 'models.csv'), 'utf8').split('\n');
    for (const { line, column, code, next } of problems) {
      expect([text[0]?.split(',').includes(column), code, next]).toEqual([
        true,
        expect.stringMatching(/^[a-z_]+$/),
        expect.any(String),
      ]);
      expect(text[line - 1]).toBeDefined();
    }
    const { models } = await get('/v1/inventory');
    expect(models).toHaveLength(180);
    const python = models.filter(({ kind }: { kind?: string }) =>
      ['statistical', 'machine-learning'].includes(kind ?? ''),
    );
    expect(python.length).toBeLessThanOrEqual(60);
  });

  test('nothing is built before intake is signed, and the computed tier stands', async () => {
    const walked = await walk('Authorise work before it starts');
    expect(resultOf(walked, 'run').error.code).toBe('job_request_refused');
    const { models } = await get('/v1/inventory');
    expect(models.find(({ model }: { model: string }) => model === 'card-fraud')).toMatchObject({
      versions: 0,
      uses: [{ use: 'authorisation', tier: 'high' }],
    });
  });

  test('the first version answers by its own weights behind the gateway', async () => {
    const walked = await walk('Take the first version into use');
    const [decided] = decidedIn(walked);
    const expected = await scoresOf(1);
    expect(decided).toHaveLength(4);
    for (const [at, { score, basis, version }] of (decided ?? []).entries()) {
      expect([basis, version]).toEqual(['model', 1]);
      expect(score).toBeCloseTo(expected[at] ?? Number.NaN, 5);
    }
  });

  test('a policy takes effect by two signatures, with its effect computed before the second', async () => {
    const walked = await walk('Change the policy under dual control');
    const effect = resultOf(walked, 'policy effect promotion-2.yaml');
    expect(JSON.stringify(effect)).toContain('1 approval by compliance');
    const { versions } = await get('/v1/policy/history?kind=promotion-policy');
    expect(versions).toHaveLength(2);
    expect(versions[0].signedBy).toEqual(['ada.admin', 'mia.risk']);
    expect(await production(1)).toMatchObject({ live: true });
  });

  test('a rejected request stays rejected, and the mended one is judged by the new policy', async () => {
    const walked = await walk('Reject a request, mend it, accept it');
    const first = await get(`/v1/change-requests/${variables.get('FIRST')}`);
    const second = await get(`/v1/change-requests/${variables.get('SECOND')}`);
    expect(first.verdict.allowed).toBe(false);
    const policyOf = ({ statement }: typeof first) => statement.predicate.content.policy;
    expect(policyOf(first)).not.toBe(policyOf(second));
    expect(second.verdict.approvals.map(({ role }: { role: string }) => role).sort()).toEqual([
      'compliance',
      'executive',
      'model-risk',
    ]);
    expect(
      decidedIn(walked)
        .at(-1)
        ?.map(({ version }) => version),
    ).toEqual([2, 2, 2, 2]);
  });

  test('findings are extended, accepted and closed by others than their owner; a lapsed condition restricts', async () => {
    const walked = await walk('Follow three findings');
    const { findings } = await get('/v1/findings?model=card-fraud');
    const history = Object.fromEntries(
      findings.map((one: { id: string; history: readonly { status: string }[] }) => [
        one.id,
        one.history.map(({ status }) => status),
      ]),
    );
    expect(history).toEqual({
      'F-1': ['open', 'extended', 'accepted'],
      'F-2': ['open', 'responded', 'retest', 'closed'],
      'F-3': ['open', 'responded', 'closed'],
    });
    const [lapsed, again] = decidedIn(walked);
    expect(lapsed?.map(({ basis, score }) => [basis, score])).toEqual(
      Array.from({ length: 4 }, () => ['fallback', null]),
    );
    expect(again?.map(({ basis }) => basis)).toEqual(['model', 'model', 'model', 'model']);
  });

  test('an emergency that nobody reviewed ends by itself, and a rollback follows', async () => {
    const walked = await walk('Change in an emergency');
    const decided = decidedIn(walked).map(
      (rows) => rows.map(({ basis, version }) => [basis, version])[0],
    );
    expect(decided).toEqual([
      ['model', 3],
      ['fallback', 3],
      ['fallback', 3],
      ['model', 2],
    ]);
    expect((await production(3)).live).toBe(false);
  });

  test('an envelope carries three refits on one confirmation each, and no fourth', async () => {
    await walk('Use an envelope up');
    for (const version of [4, 5, 6]) {
      const { changeRequest, live } = await production(version);
      const view = await get(`/v1/change-requests/${changeRequest}`);
      expect([live, view.changes.verdict.materiality]).toEqual([true, 'within-envelope']);
      const given = view.verdict.approvals.flatMap(
        (one: { given: readonly { account: string }[] }) => one.given,
      );
      expect(given.map(({ account }: { account: string }) => account)).toEqual(['rita.risk']);
    }
    await expect(production(7)).rejects.toThrow('never warranted');
  });

  test('an overdue review restricts what runs, until it is recorded', async () => {
    const walked = await walk('Miss a review');
    const decided = decidedIn(walked).map((rows) => rows.map(({ basis }) => basis)[0]);
    expect(decided).toEqual(['model', 'fallback', 'model']);
  });

  test('package, command and API say the same of a day in the middle, and the package needs no server', async () => {
    const walked = await walk('Answer the examiner');
    const file = join(firm.desk, 'exam.zip');
    const alone = await runProcess(
      'node',
      [join(BIN, 'countersign.js'), 'verify', file, '--root', firm.root],
      {
        cwd: scratch,
        env: { HOME: scratch },
      },
    );
    expect(alone.text).toContain('the exam package verifies');
    const date = variables.get('MIDDLE') ?? '';
    const { known: _known, ...answer } = await get(`/v1/as-of?date=${date}&model=card-fraud`);
    expect(resultOf(walked, 'as-of')).toMatchObject(answer);
    const entries = new Map(
      readZip(new Uint8Array(readFileSync(file))).map(({ name, bytes }) => [name, bytes]),
    );
    const register = (name: string) =>
      JSON.parse(new TextDecoder().decode(entries.get(`registers/${name}.json`)));
    const models = register('inventory');
    expect(models).toHaveLength(181);
    const inPackage = JSON.stringify(
      models.find(({ model }: { model: string }) => model === 'card-fraud'),
    );
    const inUse = answer.warrants.filter(
      (one: { environment: string }) => one.environment === 'production',
    );
    expect(inUse).toMatchObject([{ version: 2 }]);
    expect(inPackage).toContain(inUse[0].digest);
    const states = register('findings').findings.map(
      (one: { content: { id: string; status: string } }) => [one.content.id, one.content.status],
    );
    expect(states).toEqual([
      ['F-1', 'accepted'],
      ['F-2', 'closed'],
      ['F-3', 'open'],
    ]);
  });
});

const words = '--impact "a few payments more" --rollback "the version before"';
const submit = (version: number, to: string) =>
  `countersign submit card-fraud@${version} --to ${to} --reason "new cutoff" ${words} --as dana.developer`;

/** A new version from the desk's repository, tested and submitted to staging. */
async function newVersion(cutoff: string): Promise<number> {
  const walked = await commands(
    `sed -i "s/cutoff: .*/cutoff: ${cutoff}/" card-fraud/countersign.yaml`,
    `git -C card-fraud commit --quiet --all --message "cutoff ${cutoff}"`,
    'countersign run card-fraud --remote --as dana.developer',
  );
  const { version } = resultOf(walked, 'run');
  await commands(
    `countersign sign card-fraud/evidence/design-rationale.md --subject card-fraud@${version} --as dana.developer`,
    `countersign test card-fraud@${version} --as dana.developer`,
    submit(version, 'staging'),
  );
  return version;
}

/** Beyond the guide, in the same firm: who else may decide, and what policy lets somebody do without. */
describe('other ways that policy allows', { timeout: 600_000 }, () => {
  test('a committee decides by its chair, with attendance, votes, dissent and minutes, and a deputy stands in', async () => {
    const day = (ahead: number) => new Date(clock.nowMs() + ahead * DAY_MS).toISOString();
    writeFileSync(
      join(firm.desk, 'papers/deputies.yaml'),
      `id: deputies\nversion: "1"\ndeputations:\n  - { deputy: lena.legal, for: cora.compliance, role: compliance, from: "${day(-1)}", until: "${day(30)}" }\n`,
    );
    await commands(
      'sed -f papers/policy-2.sed policies/promotion.yaml | sed -f papers/policy-3.sed > promotion-3.yaml',
      ...['papers/committee.yaml', 'papers/deputies.yaml', 'promotion-3.yaml'].flatMap((file) => [
        `countersign sign ${file} --as mia.risk`,
        `countersign sign ${file} --add --as ada.admin`,
      ]),
    );
    const version = await newVersion('0.4');
    await commands(
      `countersign validate card-fraud@${version} --plan card-fraud/validator/plan.yaml --as vera.validator`,
      `countersign reproduce card-fraud@${version} --as vera.validator`,
      `countersign assess card-fraud@${version} --form card-fraud/validator/assessment.md --as vera.validator`,
      'countersign approve $REQUEST --as vera.validator',
      'countersign promote $REQUEST --as nina.owner',
      `countersign test card-fraud@${version} --parity --as olaf.operator`,
      submit(version, 'production'),
      'countersign approve $REQUEST --as mia.risk',
      '# refused: next: write down attendance',
      'countersign approve $REQUEST --as eve.executive',
      'sed -e "s/, against: .cora.compliance.,/, against: [],/" papers/decision.yaml > papers/short.yaml',
      '# refused: cora.compliance',
      'countersign approve $REQUEST --committee papers/short.yaml --as eve.executive',
      'countersign approve $REQUEST --committee papers/decision.yaml --as eve.executive',
      '# refused: no deputation',
      'countersign approve $REQUEST --role compliance --as-deputy-of cora.compliance --as omar.owner',
      'countersign approve $REQUEST --role compliance --as-deputy-of cora.compliance --as lena.legal',
      'countersign promote $REQUEST --as nina.owner',
      'countersign decide card-fraud --input papers/payments.csv --as olaf.operator',
    );
    const view = await get(`/v1/change-requests/${variables.get('REQUEST')}`);
    const given = view.verdict.approvals.map(
      (one: { role: string; committee?: string; given: readonly object[] }) => [
        one.role,
        one.committee,
        one.given,
      ],
    );
    expect(given).toEqual(
      expect.arrayContaining([
        [
          'executive',
          'model-risk-committee',
          [expect.objectContaining({ account: 'eve.executive' })],
        ],
        [
          'compliance',
          undefined,
          [expect.objectContaining({ account: 'lena.legal', asDeputyOf: 'cora.compliance' })],
        ],
      ]),
    );
  });

  test('a tier computed again follows exposure, says what differs, and calls for a review', async () => {
    const walked = await commands(
      'sed -i -e "s/exposure-amount: above-1bn/exposure-amount: 1m-to-50m/" -e "s/exposure-persons: above-100000/exposure-persons: below-1000/" card-fraud/intake/questionnaire.yaml',
      'git -C card-fraud commit --quiet --all --message "most shops have left"',
      'countersign propose card-fraud --retier --dry-run --as mia.risk',
      'countersign propose card-fraud --retier --as mia.risk',
      'countersign propose card-fraud --retier --as mia.risk',
      'countersign reviews --model card-fraud --as mia.risk',
    );
    const [dry, signed, again] = walked.filter(({ line }) => line.includes('--retier'));
    expect(dry?.text).toContain('nothing was signed');
    expect(dry?.text).toMatch(/tier.*high.*medium/);
    expect(signed?.text).toContain('recorded risk-tier');
    expect(again?.text).not.toContain('recorded risk-tier');
    expect(resultOf(walked, 'reviews')).toMatchObject([{ tier: 'medium', state: 'triggered' }]);
  });

  test('a waiver and a provisional use let a version answer within limits, and no further', async () => {
    const version = await newVersion('0.42');
    await commands(
      '# refused: policy lets nobody waive `dataset-snapshot`',
      `countersign exceptions waive card-fraud@${version} --evidence dataset-snapshot --control x --reason x --as mia.risk`,
      `countersign exceptions waive card-fraud@${version} --condition reproducible --control "scores compared by hand each day" --reason "the worker is being replaced" --as mia.risk`,
      'countersign exceptions sign $DIGEST --as cora.compliance',
      `countersign exceptions provisional card-fraud@${version} --limits "web shops of one country" --monitoring "weekly" --reason "the validator begins next month" --as mia.risk`,
      'countersign exceptions sign $DIGEST --as eve.executive',
      'countersign approve $REQUEST --as rita.risk',
      'countersign promote $REQUEST --as nina.owner',
      `countersign test card-fraud@${version} --parity --as olaf.operator`,
      submit(version, 'production'),
      'countersign approve $REQUEST --as rita.risk',
      'countersign promote $REQUEST --as nina.owner',
    );
    const { warrants } = await get('/v1/warrants?model=card-fraud&live=true');
    expect(warrants[0]).toMatchObject({
      version,
      environment: 'production',
      warrant: 'provisional',
    });
    expect(warrants[0].exceptions).toHaveLength(2);
    const ask = 'countersign decide card-fraud --input papers/payments.csv --as olaf.operator';
    const [first, second] = decidedIn(await commands(ask, ask));
    expect([first, second].flatMap((rows) => rows?.map(({ basis }) => basis))).toEqual(
      Array.from({ length: 8 }, () => 'model'),
    );
    // The server counts when it signs the next status; until then the gateway may answer on.
    const basis = async () => decidedIn(await commands(ask))[0]?.[0]?.basis;
    await expect.poll(basis, { timeout: 60_000, interval: 1_000 }).toBe('fallback');
    const { result } = ranOf(await commands('countersign exceptions --as mia.risk'), 'exceptions');
    expect((result as { exceptions: readonly object[] }).exceptions).toHaveLength(2);
  });
});

/** What the version's own reasons table gives for the payments, computed here. */
async function scoresOf(version: number): Promise<readonly number[]> {
  const page = await get(`/v1/models/card-fraud/versions/${version}`);
  const { files } = page.artifact.content.manifest;
  const reasons = files.find(({ path }: { path: string }) => path === 'reasons.json');
  const table = JSON.parse(
    new TextDecoder().decode(await firm.server.context.blobs.get(reasons.digest)),
  );
  const [header, ...rows] = readFileSync(join(firm.desk, 'papers/payments.csv'), 'utf8')
    .trim()
    .split('\n');
  const names = header?.split(',') ?? [];
  return rows.map((row) => {
    const cells = row.split(',');
    let logit: number = table.intercept;
    for (const { input, coefficient, reference } of table.features)
      logit += coefficient * (Number(cells[names.indexOf(input)]) - reference);
    return 1 / (1 + Math.exp(-logit));
  });
}
