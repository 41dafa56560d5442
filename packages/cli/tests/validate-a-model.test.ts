// SPDX-License-Identifier: Apache-2.0
// The validator's own work from the command line: rows of her own, replication, looks, challengers, the assessment.
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jobRunners } from '../../server/src/jobs/index.ts';
import { actors, intake, MODEL, runRequest } from '../../server/tests/model-life.ts';
import { random, scorecardRepository } from '../../server/tests/scorecard-repository.ts';
import { type ListeningFirm, listeningFirm, type Ran, runAs } from './warranted-firm.ts';

const VERSION = `${MODEL}@1`;
const HEADER = 'row_id,burden,years,region,outcome';

let firm: ListeningFirm;
let directory: string;
let development: readonly string[];

/** Rows of the same population as the developer's, with ids of their own. */
function ownRows(count: number, seed = 7): readonly string[] {
  const draw = random(seed);
  return Array.from({ length: count }, (_, index) => {
    const burden = Math.round(draw() * 3000) / 1000;
    const years = Math.round(draw() * 400) / 10;
    const score = 1 / (1 + Math.exp(-(1.5 * burden - 0.12 * years - 0.8)));
    const outcome = draw() < score ? 'bad' : 'good';
    const region = draw() < 0.5 ? 'north' : 'south';
    return `${100_000 + index},${burden},${years},${region},${outcome}`;
  });
}

const plan = (more: string, data = 'applications') => `id: own-rows
version: "1"
author: val
phase: validation
data: ${data}
${more}testing:
  metrics: { auc: { min: 0.65 } }
  segments: [{ column: region }]
  fairness: { governing: approval_ratio, why: as tested, limits: { approval_ratio: { min: 0.8 } } }
  sensitivity: { inputs: all, shift: 1, limits: { flip_share: { max: 0.9 } } }
`;

async function file(name: string, lines: readonly string[] | string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, typeof lines === 'string' ? lines : `${lines.join('\n')}\n`);
  return path;
}

const val = (...argv: readonly string[]): Promise<Ran> => runAs(firm, 'val', argv);
const validate = (data: string, planFile: string, ...more: readonly string[]) =>
  val('validate', VERSION, '--data', data, '--plan', planFile, ...more);
const digestOf = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
const contentOf = async (digest: string) => {
  const reply = await firm.server.as('audit', { method: 'GET', url: `/v1/records/${digest}` });
  return reply.json().statement.predicate.content;
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'countersign-validate-'));
  firm = await listeningFirm({ runners: jobRunners });
  const act = actors(firm.server);
  await intake(firm.server);
  const author = { name: 'Dev', email: firm.server.person('dev').email };
  const repository = await scorecardRepository(join(directory, 'model'), author);
  const run = await act.job('dev', {
    kind: 'run',
    request: await runRequest(firm.server, repository),
  });
  expect(run.error).toBeUndefined();
  const tested = await act.job('dev', { kind: 'test', params: { model: MODEL, version: 1 } });
  expect(tested.error).toBeUndefined();
  const csv = await readFile(join(directory, 'model/applications.csv'), 'utf8');
  development = csv.trim().split('\n').slice(1);
}, 180_000);

afterAll(async () => {
  await firm?.server.close();
  await rm(directory, { recursive: true, force: true });
}, 60_000);

describe('rows of the validator’s own', { timeout: 120_000 }, () => {
  let rows: string;
  let planFile: string;
  let first: Ran;

  test('are measured by her plan, and every number of the developer’s is replicated', async () => {
    rows = await file('holdout.csv', [HEADER, ...ownRows(300)]);
    planFile = await file('plan.yaml', plan('looks_max: 3\n'));
    first = await validate(rows, planFile);
    expect(first.exitCode, first.text).toBe(0);
    expect(first.result).toMatchObject({ look: 1, plans: 1, rows: 300, replication: 'pass' });
    expect(first.result.mismatches).toBe(0);
    expect(first.result.figures).toBeGreaterThan(50);
    expect(first.text).toMatch(/auc +performance-test +0\.\d+ +0\.\d+ +0 +0\.000000001 +match/);
    expect(first.text).toContain('look 1 at these 300 rows, under 1 plan');
  });

  test('every kind of developer report is replicated', async () => {
    const content = await contentOf(first.result.records[0]);
    const reports = content.detail.reports.map((one: { report: string }) => one.report);
    expect(reports.toSorted()).toEqual([
      'benchmark-test',
      'explainability-test',
      'fairness-test',
      'performance-test',
      'robustness-test/boundary',
      'robustness-test/design',
      'robustness-test/sensitivity',
    ]);
    expect(content.detail.figures).toHaveLength(first.result.figures);
  });

  test('the record names digest, rows, who brought them, and what can and cannot be shown', async () => {
    const content = await contentOf(first.result.records[1]);
    expect(content.data).toMatchObject({
      digest: await digestOf(rows),
      rows: 300,
      suppliedBy: 'val',
    });
    expect(content.detail.custody).toMatchObject({
      suppliedBy: 'val',
      name: 'holdout.csv',
      namedBefore: [],
      shown: [
        expect.stringContaining('did not hold these bytes when'),
        expect.stringContaining('No record from before the seal names them'),
        expect.stringContaining('Of 300 rows, 0 stand among the'),
        'No validator has looked at other rows of this model before.',
      ],
      notShown: [expect.stringContaining('elsewhere'), expect.anything()],
    });
    expect(content.detail.overlap).toMatchObject({ by: 'id', column: 'row_id' });
  });

  test('no developer fetches them, nor the validator again; an auditor does', async () => {
    const digest = await digestOf(rows);
    const get = async (account: string) =>
      (await firm.server.as(account, { method: 'GET', url: `/v1/blobs/${digest}` })).statusCode;
    expect(await get('dev')).toBe(403);
    expect(await get('val')).toBe(403);
    expect(await get('audit')).toBe(200);
    const payload = { digests: [digest] };
    const asked = await firm.server.as('dev', {
      method: 'POST',
      url: '/v1/blobs/missing',
      payload,
    });
    expect(asked.json().missing).toEqual([{ digest }]);
  });

  test('a look under another plan is look 2, of 2 plans, and the plan came after the first look', async () => {
    const other = await file(
      'later.yaml',
      plan('replication: { figures_tolerances: { auc: 0.01 } }\n'),
    );
    const ran = await validate(rows, other);
    expect(ran.exitCode, ran.text).toBe(0);
    expect(ran.result).toMatchObject({ look: 2, plans: 2, planAfterFirstLook: true });
    expect(ran.text).toContain('this plan was signed after the first look');
    expect(ran.text).toMatch(/auc +performance-test .* 0\.01 +match/);
  });

  test('a file with one row less is another file, and its rows are found in the one before', async () => {
    const less = await file('less.csv', [HEADER, ...ownRows(299)]);
    const ran = await validate(less, await file('less.yaml', plan('')));
    expect(ran.exitCode, ran.text).toBe(0);
    expect(ran.result.look).toBe(1);
    expect(ran.text).toContain('299 of 299 rows stood in the 1 other sets of rows of this model');
  });

  test('a tolerance of a figure that nobody measured loosens nothing: it is refused', async () => {
    const typo = await file('typo.yaml', plan('replication: { figures_tolerances: { auk: 1 } }\n'));
    const ran = await validate(rows, typo);
    expect(ran.text).toContain('names `auk`, which no developer report has');
  });

  test('beyond the strictest limit of any plan nothing is measured, whatever a later plan says', async () => {
    const ran = await validate(rows, await file('lax.yaml', plan('looks_max: 99\n')));
    expect(ran.exitCode).not.toBe(0);
    expect(ran.text).toContain(
      'this would be look 4 at these rows, under 4 plans; a plan for them allows 3',
    );
  });
});

test('a document prints the table of replicated figures, the looks and who had the rows', async () => {
  const act = actors(firm.server);
  const params = { model: MODEL, version: 1, document: 'doc/independent-validation' };
  const job = await act.job('val', { kind: 'document', params });
  expect(job.error).toBeUndefined();
  const { documents } = await act.get('audit', `/v1/documents?model=${MODEL}`);
  const html = documents[0].content.rendered.find(
    (one: { format: string }) => one.format === 'html',
  );
  const text = Buffer.from(await firm.server.context.blobs.get(html.digest)).toString();
  expect(text).toContain('Replication of the developer’s reports');
  expect(text).toContain('Every look at these rows, by any version and plan');
  expect(text).toContain('What it cannot show');
}, 60_000);

describe('a file is refused', { timeout: 120_000 }, () => {
  let planFile: string;
  const refusal = async (name: string, lines: readonly string[]): Promise<string> => {
    const ran = await validate(await file(name, lines), planFile);
    expect(ran.exitCode, ran.text).not.toBe(0);
    return ran.text;
  };
  beforeAll(async () => {
    planFile = await file('refusals.yaml', plan(''));
  });

  test('that shares rows with what steps could read, with their number and the first', async () => {
    const known = development.filter((_, index) => index < 6);
    const text = await refusal('shared.csv', [HEADER, ...ownRows(50, 11), ...known]);
    expect(text).toMatch(/[1-6] of 56 rows of `shared\.csv` stand in applications\.development/);
    expect(text).toMatch(/the first is row 5[1-6]; [1-6] are equal in inputs and label/);
  });

  test('whose label goes by another name, which is named with what the file has', async () => {
    const text = await refusal('renamed.csv', [
      HEADER.replace('outcome', 'result'),
      ...ownRows(20, 12),
    ]);
    expect(text).toContain('`renamed.csv` has no column `outcome`; it has row_id, burden');
  });

  test('with a value that is no number, by line and column', async () => {
    const text = await refusal('nan.csv', [HEADER, ...ownRows(5, 13), '1,NaN,2,north,bad']);
    expect(text).toMatch(/line 7 .*column `burden`: `NaN` is not a finite decimal number/);
  });

  test('with an id that stands twice', async () => {
    const [one = '', ...others] = ownRows(20, 14);
    expect(await refusal('twice.csv', [HEADER, one, ...others, one])).toContain(
      'row 21 of `twice.csv` repeats `row_id` 100000',
    );
  });

  test('that lies on the platform in the open: somebody may have read it', async () => {
    const lines = [HEADER, ...ownRows(20, 15)];
    await firm.server.context.blobs.put(Buffer.from(`${lines.join('\n')}\n`));
    expect(await refusal('open.csv', lines)).toContain('lie here already and were not sealed');
  });

  test('that is a split of the run, whoever brings it', async () => {
    const held = await firm.server.as('audit', {
      method: 'GET',
      url: `/v1/models/${MODEL}/versions/1`,
    });
    const sealed = held
      .json()
      .snapshots.find((one: { content: { split: string } }) => one.content.split === 'holdout');
    const bytes = await firm.server.context.blobs.get(sealed.content.contentDigest);
    expect(
      await refusal('split.csv', Buffer.from(bytes).toString().trimEnd().split('\n')),
    ).toContain('were not sealed for a validator');
  });

  test('from a developer, at the door: it seals nothing and uses up no look', async () => {
    const rows = await file('dev.csv', [HEADER, ...ownRows(20, 16)]);
    const signed = await val('sign', planFile, '--subject', VERSION, '--use', 'underwriting');
    const { digest } = signed.result;
    expect(signed.exitCode, signed.text).toBe(0);
    const asked = ['validate', VERSION, '--data', rows, '--plan', digest];
    const ran = await runAs(firm, 'dev', asked);
    expect(ran.text).toContain('rows of one’s own are brought by a validator');
    expect(await firm.server.context.blobs.has(await digestOf(rows))).toBe(false);
  });

  test('under a plan for the sealed split, and the split under a plan for a file', async () => {
    const rows = await file('other.csv', [HEADER, ...ownRows(20, 17)]);
    const forSplit = await file('split.yaml', plan('', 'applications.holdout'));
    expect((await validate(rows, forSplit)).text).toContain(
      'is for `applications.holdout`, a sealed split',
    );
    const ran = await val('validate', VERSION, '--plan', planFile);
    expect(ran.text).toContain('the run took no split `applications`');
  });
});

test('parts of a plan that want columns of their own find them in her file', async () => {
  const rows = ownRows(240, 31).map((row, at) => {
    const state = at % 8 === 0 ? 'open' : 'closed';
    return `${row},${2019 + Math.floor(at / 80)},${state}`;
  });
  const data = await file('parts.csv', [`${HEADER},year,account`, ...rows]);
  const own = '{ like: applications, columns: { year: integer, account: text } }';
  const text = `${plan('', own)}  slices: { columns: [region, years], metric: error_rate }
  backtest: { time: year, window: 1y, limits: { auc: { min: 0.5 } } }
  selective_labels: { rules: [{ column: account, values: [open], state: pending }] }
`;
  const ran = await validate(data, await file('parts.yaml', text));
  expect(ran.exitCode, ran.text).toBe(0);
  expect(Object.keys(ran.result.conclusions)).toEqual(
    expect.arrayContaining([
      'performance-test/backtest',
      'performance-test/selective-labels',
      'performance-test/slices',
    ]),
  );
}, 120_000);

describe('challengers of the validator’s own', { timeout: 120_000 }, () => {
  const own = ownRows(250, 21);
  const scores = (rows: readonly string[]) => [
    'row_id,score',
    ...rows.map((row) => {
      const [id, burden] = row.split(',');
      return `${id},${1 / (1 + Math.exp(-(1.5 * Number(burden) - 3)))}`;
    }),
  ];

  test('are compared on the same rows with paired tests, and the rows’ file is looked at again', async () => {
    const data = await file('challenged.csv', [HEADER, ...own]);
    const planFile = await file('challenge.yaml', plan(''));
    const other = await file('burden.csv', scores(own.toReversed()));
    const ran = await validate(
      ...([data, planFile] as const),
      ...['--challenger', `burden=${other}`],
      ...['--challenger', `same=${join(directory, 'model/scorecard.onnx')}`],
    );
    expect(ran.exitCode, ran.text).toBe(0);
    expect(ran.result.conclusions).toHaveProperty('benchmark-test/challenger');
    const content = await contentOf(ran.result.records.at(-1));
    expect(content).toMatchObject({ phase: 'validation', detail: { sealedLook: 1 } });
    const difference = (name: string) =>
      content.measurements.find(
        (one: { metric: string; segment?: string }) =>
          one.metric === 'auc_difference' && one.segment === `against=${name}`,
      ).value;
    expect(Number(difference('burden'))).toBeGreaterThan(0);
    expect(difference('same')).toBe('0');
    const fetched = await firm.server.as('dev', {
      method: 'GET',
      url: `/v1/blobs/${await digestOf(other)}`,
    });
    expect(fetched.statusCode).toBe(403);
  });

  test('with scores of other rows are refused', async () => {
    const data = await file('other-rows.csv', [HEADER, ...ownRows(30, 22)]);
    const planFile = await file('challenge.yaml', plan(''));
    const other = await file('others.csv', scores(ownRows(31, 23).slice(1)));
    const ran = await validate(data, planFile, '--challenger', `boosting=${other}`);
    expect(ran.text).toMatch(/challenger `others\.csv`: .* exactly one row for each/);
  });
});

describe('the assessment', { timeout: 120_000 }, () => {
  const write = async (text: string) => file('assessment.md', text);
  let draft: string;

  test('is drafted from the records, and is no assessment until it is written', async () => {
    const path = join(directory, 'draft.md');
    const ran = await val('assess', VERSION, '--draft', path);
    expect(ran.exitCode, ran.text).toBe(0);
    draft = await readFile(path, 'utf8');
    expect(draft).toMatch(/`[0-9a-f]{12}` performance-test \(replication\): pass/);
    expect(draft).toMatch(/brought by val; scored row by row by the artefact; look 1/);
    expect(draft).toContain('The version has not been rebuilt.');
    expect((await val('assess', VERSION, '--draft', path)).text).toContain('is there already');
    expect((await val('assess', VERSION, '--form', path)).text).toContain(
      '`outcome` must be one of',
    );
  });

  test('is signed with its findings and conditions in one go, and a second time signs nothing', async () => {
    const form = draft
      .replace("outcome: ''", 'outcome: approved with conditions')
      .replace('outcome: ""', 'outcome: approved with conditions')
      .replace(/rating: (''|"")/, 'rating: satisfactory')
      .replace(/independence: (''|"")/, 'independence: took no part')
      .replace(
        /(## Findings\n\n)<!--[\s\S]*?-->/,
        '$1### Old rows are scored\n\n- severity: high\n- owner: owner\n- due: 2099-01-31\n- blocking: yes\n\nNothing stops them.',
      )
      .replace(
        /(## Conditions\n\n)<!--[\s\S]*?-->/,
        '$11. Watch the south (owner: owner, due: 2099-02-28).\n2. In one branch only.',
      )
      .replace(/<!--[\s\S]*?-->/g, 'As read.');
    const path = await write(form);
    const ran = await val('assess', VERSION, '--form', path);
    expect(ran.exitCode, ran.text).toBe(0);
    expect(ran.text).toContain('signing validation-report, finding, finding:');
    expect(ran.result.findings).toMatchObject([
      { id: 'F-1', title: 'Old rows are scored' },
      { id: 'F-2', title: 'Condition: Watch the south' },
    ]);
    const content = await contentOf(ran.result.digest);
    expect(content).toMatchObject({
      grade: 'satisfactory',
      conditions: [
        { text: 'Watch the south', owner: 'owner', due: '2099-02-28' },
        { text: 'In one branch only.' },
      ],
    });
    const register = await firm.server.as('audit', { method: 'GET', url: '/v1/findings' });
    expect(register.json().findings).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({
          id: 'F-2',
          content: expect.objectContaining({ condition: ran.result.digest }),
        }),
      ]),
    );
    const again = await val('assess', VERSION, '--form', path);
    expect(again.result).toMatchObject({ state: 'unchanged' });
    const corrected = await val(
      'assess',
      VERSION,
      '--form',
      await write(`${form}\nOne more line.\n`),
    );
    expect(corrected.exitCode, corrected.text).toBe(0);
    expect(corrected.result.findings).toEqual([]);
  });
});
