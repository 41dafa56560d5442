// SPDX-License-Identifier: Apache-2.0
// The inventory over the real API: an import of 180 rows with eleven bad ones, lists, links, and versions that no run made.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCsvRows } from '@countersign/pipeline';
import { type RunningServer, startServer } from '@countersign/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Io, runCommand } from '../src/index.ts';
import { BAD, GOOD, inventoryRows, tableOf } from './inventory-table.ts';

const top = new URL('../../../', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'countersign-inventory-'));
const data = join(scratch, 'bank');
const PEOPLE = {
  'ada.admin': ['administrator'],
  'alan.admin': ['administrator'],
  'omar.owner': ['model-owner'],
  'olga.owner': ['model-owner'],
  'mia.risk': ['model-risk'],
  'dana.developer': ['developer'],
} as const;
type Account = keyof typeof PEOPLE;

let server: RunningServer;

interface Ran {
  readonly exitCode: number;
  // biome-ignore lint/suspicious/noExplicitAny: what `--json` prints, of any command
  readonly result: any;
  readonly text: string;
}

async function run(account: Account | undefined, ...argv: readonly string[]): Promise<Ran> {
  const lines: string[] = [];
  const env =
    account === undefined
      ? {}
      : { COUNTERSIGN_AS: account, COUNTERSIGN_PASSPHRASE: `${account} passphrase` };
  const io: Io = {
    out: (line) => lines.push(line),
    err: (line) => lines.push(line),
    isTerminal: false,
    env: { COUNTERSIGN_DATA: data, ...env },
    cwd: scratch,
    now: () => new Date(),
  };
  const { exitCode, result } = await runCommand(argv, io);
  return { exitCode, result, text: lines.join('\n') };
}

const ok = async (account: Account, ...argv: readonly string[]): Promise<Ran> => {
  const ran = await run(account, ...argv);
  expect(ran.exitCode, ran.text).toBe(0);
  return ran;
};

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

beforeAll(async () => {
  const people = Object.entries(PEOPLE).map(
    ([account, roles]) =>
      `  - { account: ${account}, name: ${account}, roles: [${roles.join(', ')}], team: ${account}, passphrase: ${account} passphrase, password: ${account} password }`,
  );
  writeFileSync(join(scratch, 'people.yaml'), `people:\n${people.join('\n')}\n`);
  const founded = await run(
    undefined,
    ...['found', '--firm', 'Test Bank', '--people', 'people.yaml', '--demonstration'],
    ...['--data', data, '--port', String(await freePort())],
  );
  expect(founded.exitCode, founded.text).toBe(0);
  server = await startServer({ dataDir: data });
  writeFileSync(join(scratch, 'models.csv'), tableOf(inventoryRows(['omar.owner', 'olga.owner'])));
}, 60_000);

afterAll(async () => {
  await server?.close();
  rmSync(scratch, { recursive: true, force: true });
}, 60_000);

const modelsOf = async (): Promise<readonly string[]> =>
  (await ok('mia.risk', 'inventory')).result.map(({ model }: { model: string }) => model);

describe('an import of 180 rows, eleven of them bad', () => {
  test('says what is wrong with each by line and column, what to do, and writes nothing', async () => {
    const { exitCode, result, text } = await run('mia.risk', 'inventory', 'import', 'models.csv');
    expect(exitCode).toBe(1);
    expect(result.rows).toBe(GOOD + BAD.length);
    expect(result.good).toBe(GOOD);
    const found = result.problems.map((one: { line: number; column?: string }) => [
      one.line,
      one.column,
    ]);
    expect(found).toEqual(BAD.map(({ line, column }) => [line, column]));
    for (const { line, says } of BAD) {
      const said = text.split('\n').find((one) => one.startsWith(`models.csv:${line}:`));
      expect(said).toMatch(says);
    }
    expect(text).toContain(`180 rows, ${GOOD} good, 11 bad: nothing was written`);
    expect(await modelsOf()).toEqual([]);
  });

  test('a dry run signs nothing, and a header that is wrong is said before any row', async () => {
    const dry = await run('mia.risk', 'inventory', 'import', 'models.csv', '--dry-run');
    expect(dry.exitCode).toBe(1);
    expect(dry.text).toContain(`${GOOD} entries`);
    writeFileSync(join(scratch, 'header.csv'), 'model,nmae\na,b\n');
    const wrong = await run('mia.risk', 'inventory', 'import', 'header.csv');
    expect(wrong.text).toContain('header.csv:1: the header lacks `name`');
    expect(await modelsOf()).toEqual([]);
  });

  test('a tier takes model risk: an owner who imports is told so, row by row', async () => {
    const { exitCode, text } = await run('omar.owner', 'inventory', 'import', 'models.csv');
    expect(exitCode).toBe(1);
    expect(text).toContain('a tier is signed by model risk');
  });

  test('--partial signs the good rows with the importer’s key, in seconds', async () => {
    const started = performance.now();
    const { result, text } = await ok('mia.risk', 'inventory', 'import', 'models.csv', '--partial');
    const seconds = (performance.now() - started) / 1000;
    console.log(
      `import of ${GOOD} rows, ${result.records.length} records: ${seconds.toFixed(1)} s`,
    );
    expect(result.drafts).toHaveLength(GOOD);
    expect(text).toContain('models.csv:');
    expect(await modelsOf()).toHaveLength(GOOD);
    const [first] = (await ok('mia.risk', 'inventory', '--tier', 'high', '--sort', 'tier')).result;
    const { statement, signers } = (await ok('mia.risk', 'show', first.entry)).result;
    expect(statement?.predicate?.actor ?? signers).toBeDefined();
  }, 60_000);

  test('imported again it signs nothing; a row that changed supersedes what stood', async () => {
    const before = await ok('mia.risk', 'inventory', 'import', 'models.csv', '--partial');
    expect(before.result).toMatchObject({ unchanged: GOOD, drafts: [], records: [] });
    const rows = inventoryRows(['omar.owner', 'olga.owner']).filter(
      (_, index) => !BAD.some(({ row }) => row === index),
    );
    const changed = rows.map((row, index) => (index === 3 ? { ...row, purpose: 'changed' } : row));
    writeFileSync(join(scratch, 'again.csv'), tableOf(changed));
    const again = await ok('mia.risk', 'inventory', 'import', 'again.csv');
    expect(again.result.drafts).toHaveLength(1);
    expect(again.result.records).toHaveLength(1);
    const { result } = await ok('mia.risk', 'inventory');
    const found = result.find(({ model }: { model: string }) => model === changed[3]?.model);
    expect(found.purpose).toBe('changed');
  }, 60_000);

  test('no import changes a tier that is signed', async () => {
    const rows = inventoryRows(['omar.owner', 'olga.owner']);
    const tiered = rows.find(({ tier }) => tier === 'high');
    writeFileSync(join(scratch, 'lower.csv'), tableOf([{ ...tiered, feeds: '', tier: 'low' }]));
    const { exitCode, text } = await run('mia.risk', 'inventory', 'import', 'lower.csv');
    expect(exitCode).toBe(1);
    expect(text).toContain('an import changes no signed tier');
  });
});

describe('the list', () => {
  test('is filtered by tier, owner, origin, grade and status together', async () => {
    const all = (await ok('mia.risk', 'inventory')).result;
    const wanted = await ok(
      'mia.risk',
      ...['inventory', '--tier', 'high', '--owner', 'omar.owner', '--origin', 'external'],
      ...['--grade', 'attested', '--status', 'declared'],
    );
    expect(wanted.result.length).toBeGreaterThan(0);
    expect(wanted.result.length).toBeLessThan(all.length);
    for (const one of wanted.result) {
      expect(one).toMatchObject({
        owner: 'omar.owner',
        origin: 'external',
        enforcement: 'attested',
      });
      expect(one.inUseSince).toMatch(/^\d{4}-\d\d-\d\d$/);
    }
  });

  test('as CSV neutralises what a spreadsheet would run, and keeps every row and cell', async () => {
    const formulas = [
      '=1+1',
      '+1',
      '-1',
      '@SUM(A1)',
      '\t=1',
      ' =HYPERLINK("http://evil.example","x")',
      '＝1',
    ];
    const [row] = inventoryRows(['omar.owner']);
    const rows = formulas.map((purpose, index) => ({
      ...row,
      model: `formula-${index}`,
      purpose,
      uses: 'underwriting',
      tier: '',
      feeds: '',
    }));
    writeFileSync(join(scratch, 'formulas.csv'), tableOf(rows));
    await ok('mia.risk', 'inventory', 'import', 'formulas.csv');
    await ok('mia.risk', 'inventory', '--csv', '--out', 'list.csv');
    const [header, ...lines] = parseCsvRows(readFileSync(join(scratch, 'list.csv'), 'utf8'));
    const purpose = header?.cells.indexOf('purpose') ?? -1;
    const written = lines
      .filter(({ cells }) => cells[0]?.startsWith('formula-'))
      .map(({ cells }) => cells[purpose]);
    expect(written).toEqual(formulas.map((text) => `'${text.trim()}`));
    const dangerous = lines
      .flatMap(({ cells }) => cells)
      .filter((cell) => /^\s*[=+\-@＝]/.test(cell));
    expect(dangerous).toEqual([]);
    expect(lines.length).toBeGreaterThanOrEqual(GOOD + formulas.length);
  });

  test('links are drawn as data, and risk in aggregate is counted by tag', async () => {
    const graph = (await ok('mia.risk', 'inventory', 'graph')).result;
    const feeds = graph.edges.filter(({ type }: { type: string }) => type === 'feeds');
    expect(feeds.length).toBeGreaterThan(0);
    const known = new Set(graph.nodes.map(({ model }: { model: string }) => model));
    for (const { from, to } of graph.edges)
      expect([known.has(from), known.has(to)]).toEqual([true, true]);
    const shared = (await ok('mia.risk', 'inventory', 'shared')).result;
    const bureau = shared.find(({ tag }: { tag: string }) => tag === 'bureau-file');
    const rows = inventoryRows(['omar.owner', 'olga.owner']);
    const expected = rows.filter(
      ({ sources = '' }, index) =>
        sources.includes('bureau-file') && !BAD.some(({ row }) => row === index),
    );
    expect(bureau.models.length).toBeGreaterThanOrEqual(expected.length);
    const { high, medium, low, untiered } = bureau.tiers;
    expect(high + medium + low + untiered).toBe(bureau.models.length);
    const owned = bureau.owners.reduce(
      (sum: number, { models }: { models: number }) => sum + models,
      0,
    );
    expect(owned).toBe(bureau.models.length);
  });
});

describe('a version that no run made', () => {
  const SPEC = [
    'artifact:',
    '  scorer: onnx',
    '  file: scorecard.onnx',
    '  inputs:',
    '    - { name: burden, type: f32, min: 0, max: 3 }',
    '    - { name: years, type: f32, min: 0, max: 40 }',
    '  output: score',
    'decision: { score: probability of a bad loan, cutoff: 0.5, adverse: decline }',
  ].join('\n');

  test('external: is identified by digests, attested, and evidence is attached to it', async () => {
    const [model] = (await ok('mia.risk', 'inventory', '--origin', 'external')).result;
    const use = model.uses[0].use;
    writeFileSync(join(scratch, 'methodology.pdf'), 'how the vendor scores');
    const made = await ok(
      'omar.owner',
      ...['models', 'register', model.model, '--origin', 'external', '--use', use],
      ...['--vendor', 'Vendor Inc.', '--document', 'methodology.pdf'],
    );
    expect(made.text).toContain('external, enforcement grade attested');
    expect(made.text).not.toContain('no inventory entry');
    const version = `${model.model}@${made.result.version}`;
    writeFileSync(join(scratch, 'benchmark.pdf'), 'figures of the vendor');
    const attached = await ok(
      'omar.owner',
      ...['attach', version, 'benchmark.pdf', '--as-evidence', 'benchmark-test'],
      ...['--made-by', 'Vendor Inc.', '--statement', 'received with the contract'],
    );
    expect(attached.text).toContain('recorded evidence-attachment');
    const refused = await run(
      'omar.owner',
      ...['attach', version, 'benchmark.pdf', '--as-evidence', 'validation-report'],
      ...['--statement', 'trust me'],
    );
    expect(refused.exitCode).toBe(2);
    expect(refused.text).toContain('nothing is attached as `validation-report`');
    const listed = await ok('omar.owner', 'versions', model.model);
    expect(listed.text).toMatch(/external +attested/);

    const pack = join(top, 'frameworks/sr-26-2.yaml');
    await ok('mia.risk', 'sign', pack);
    await ok('ada.admin', 'sign', '--add', pack);
    const status = async () => {
      const { result } = await ok('omar.owner', 'evidence', version, '--framework', 'sr-26-2');
      const text = JSON.stringify(result);
      return /"id":"benchmark-test"[^}]*?"status":"([a-z ]+)"/.exec(text)?.[1];
    };
    expect(await status()).toBe('met');
    await ok('omar.owner', 'dossier', version, '--framework', 'sr-26-2', '--out', 'vendor.html');
    const printed = readFileSync(join(scratch, 'vendor.html'), 'utf8');
    for (const words of ['attested', 'external', 'benchmark.pdf', 'received with the contract'])
      expect(printed).toContain(words);
  }, 90_000);

  test('imported without a specification: checked, and no change request can be opened for it', async () => {
    mkdirSync(join(scratch, 'sas/lib'), { recursive: true });
    writeFileSync(join(scratch, 'sas/score.sas'), 'data scored; set in; run;');
    writeFileSync(join(scratch, 'sas/lib/macros.sas'), '%macro x; %mend;');
    const [model] = (await ok('mia.risk', 'inventory', '--origin', 'imported')).result;
    const made = await ok(
      'dana.developer',
      ...['models', 'register', model.model, '--origin', 'imported', '--files', 'sas'],
      ...['--entry', 'score.sas', '--use', model.uses[0].use],
    );
    expect(made.text).toContain('imported, enforcement grade checked');
    expect(made.text).toContain('no change request can be opened for it');
    const outside = await run(
      'dana.developer',
      ...['models', 'register', model.model, '--origin', 'external', '--files', 'sas'],
    );
    expect(outside.exitCode).toBe(2);
  }, 60_000);

  test('imported with an ONNX artefact and a specification: enforced, and one that cannot be served is refused', async () => {
    mkdirSync(join(scratch, 'onnx'), { recursive: true });
    copyFileSync(
      join(top, 'packages/server/tests/fixtures/scorecard.onnx'),
      join(scratch, 'onnx/scorecard.onnx'),
    );
    writeFileSync(join(scratch, 'spec.yaml'), SPEC);
    const [model] = (await ok('mia.risk', 'inventory', '--origin', 'imported')).result;
    const register = (spec: string) => [
      ...['models', 'register', model.model, '--origin', 'imported', '--files', 'onnx'],
      ...['--spec', spec, '--use', model.uses[0].use],
    ];
    const made = await ok('dana.developer', ...register('spec.yaml'));
    expect(made.text).toContain('imported, enforcement grade enforced');
    writeFileSync(
      join(scratch, 'wrong.yaml'),
      SPEC.replace('output: score', 'output: no-such-output'),
    );
    const wrong = await run('dana.developer', ...register('wrong.yaml'));
    expect(wrong.exitCode).toBe(1);
    expect(wrong.text).toContain('cannot be served');
  }, 60_000);
});

describe('a version that was in use before', () => {
  test('gets a legacy warrant that two persons sign for, with a due date, and no answer', async () => {
    const policy = join(top, 'policies/promotion.yaml');
    const [model] = (
      await ok(
        'mia.risk',
        ...['inventory', '--origin', 'external', '--status', 'declared', '--tier', 'high'],
      )
    ).result;
    const use = model.uses[0].use;
    const registered = await ok(
      'omar.owner',
      ...['models', 'register', model.model, '--origin', 'external', '--use', use],
      ...['--document', 'methodology.pdf'],
    );
    const version = `${model.model}@${registered.result.version}`;
    const onboard = ['models', 'onboard', version, '--in-use-since', model.inUseSince];
    const without = await run('omar.owner', ...onboard);
    expect(without.exitCode).toBe(1);
    expect(without.text).toContain('no rule `legacy`');

    await ok('mia.risk', 'sign', policy);
    await ok('ada.admin', 'sign', '--add', policy);
    const asked = await ok('omar.owner', ...onboard);
    expect(asked.text).toContain('waits: a signature by model-risk');
    const request = asked.result.digest.slice(0, 12);
    const early = await run('omar.owner', 'models', 'onboard', version, '--request', request);
    expect(early.exitCode).not.toBe(0);
    await ok('mia.risk', 'sign', '--add', request);
    const given = await ok('omar.owner', 'models', 'onboard', version, '--request', request);
    expect(given.text).toMatch(
      /legacy warrant [0-9a-f]{12} until .*, tier high, enforcement grade attested/,
    );

    const [listed] = (await ok('mia.risk', 'inventory', '--status', 'legacy')).result;
    expect(listed.model).toBe(model.model);
    const vsa = await run('omar.owner', 'vsa', version);
    expect(vsa.exitCode).not.toBe(0);
    const gate = await run('omar.owner', 'gate', version, '--stage', 'production');
    expect(gate.exitCode).toBe(1);
  }, 60_000);
});
