// SPDX-License-Identifier: Apache-2.0
// The commands against a real server on the embedded PostgreSQL: found, sign with two persons, propose, tier, enrol,
// and every refusal a newcomer meets. Runs of a pipeline are the demonstration's.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  openSigner,
  type RunningServer,
  readKeyFile as readServerKey,
  startServer,
} from '@countersign/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Io, runCommand } from '../src/index.ts';
import { createKeyFile, openKey, readKeyFile } from '../src/profile/signing-key.ts';

const top = new URL('../../../', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'countersign-cli-'));
const data = join(scratch, 'bank');
const repository = join(scratch, 'credit');
const PEOPLE = {
  'ada.admin': ['administrator'],
  'alan.admin': ['administrator'],
  'omar.owner': ['model-owner'],
  'dana.developer': ['developer'],
  'mia.risk': ['model-risk'],
  'vera.validator': ['validator'],
} as const;
type Account = keyof typeof PEOPLE;

let server: RunningServer;

interface Ran {
  readonly exitCode: number;
  readonly result: Record<string, unknown>;
  readonly text: string;
}

async function run(
  account: Account | undefined,
  argv: readonly string[],
  env: Io['env'] = {},
): Promise<Ran> {
  const lines: string[] = [];
  const io: Io = {
    out: (line) => lines.push(line),
    err: (line) => lines.push(line),
    isTerminal: false,
    env: {
      COUNTERSIGN_DATA: data,
      ...(account === undefined
        ? {}
        : { COUNTERSIGN_AS: account, COUNTERSIGN_PASSPHRASE: `${account} passphrase` }),
      ...env,
    },
    cwd: scratch,
    now: () => new Date(),
  };
  const { exitCode, result } = await runCommand(argv, io);
  return { exitCode, result: (result ?? {}) as Record<string, unknown>, text: lines.join('\n') };
}

interface SignedHere {
  readonly digest: string;
  readonly type: string;
}

interface Shown {
  readonly predicate: {
    readonly type: string;
    readonly supersedes?: string;
    readonly content: Readonly<Record<string, unknown>>;
  };
}

const ok = async (account: Account, ...argv: readonly string[]): Promise<Ran> => {
  const ran = await run(account, argv);
  expect(ran.exitCode, ran.text).toBe(0);
  return ran;
};

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        resolve(typeof address === 'object' && address !== null ? address.port : 0),
      );
    });
  });
}

beforeAll(async () => {
  const people = Object.entries(PEOPLE).map(
    ([account, roles]) =>
      `  - { account: ${account}, name: ${account}, roles: [${roles.join(', ')}], team: ${account}, passphrase: ${account} passphrase, password: ${account} password }`,
  );
  writeFileSync(join(scratch, 'people.yaml'), `people:\n${people.join('\n')}\n`);
  const port = await freePort();
  const founded = await run(undefined, [
    ...['found', '--firm', 'Test Bank', '--people', 'people.yaml'],
    ...['--demonstration', '--data', data, '--port', String(port)],
  ]);
  expect(founded.exitCode, founded.text).toBe(0);
  server = await startServer({ dataDir: data });
  cpSync(join(top, 'examples/consumer-credit'), repository, { recursive: true });
}, 60_000);

afterAll(async () => {
  await server?.close();
  rmSync(scratch, { recursive: true, force: true });
}, 60_000);

describe('keys and sign-in', () => {
  test('a key file of the server opens here, and one made here opens in the server', async () => {
    const path = join(data, 'people', 'ada.admin', 'key.json');
    const theirs = await readServerKey(path);
    expect(openKey(await readKeyFile(path), 'ada.admin passphrase').keyid).toBe(theirs.keyid);
    const ours = createKeyFile('ecdsa-p256-sha256', 'a long passphrase');
    expect(openSigner(ours, 'a long passphrase').keyid).toBe(ours.keyid);
  });

  test('signing in by password keeps a token and chooses the account', async () => {
    const signedIn = await run(undefined, ['login', 'dana.developer', '--renew'], {
      COUNTERSIGN_PASSWORD: 'dana.developer password',
    });
    expect(signedIn.exitCode, signedIn.text).toBe(0);
    expect((await run(undefined, ['models'])).exitCode).toBe(0);
    const wrong = await run(undefined, ['login', 'dana.developer', '--renew'], {
      COUNTERSIGN_PASSWORD: 'nonsense-nonsense',
    });
    expect(wrong.result).toHaveProperty('error.code', 'not_signed_in');
  });

  test('a wrong passphrase signs nothing', async () => {
    const ran = await run('omar.owner', ['propose', repository], {
      COUNTERSIGN_PASSPHRASE: 'not the passphrase',
    });
    expect(ran.result).toHaveProperty('error.code', 'passphrase_wrong');
    expect((await ok('omar.owner', 'models')).result).toEqual([]);
  });

  test('without a passphrase nobody is asked where nobody can answer', async () => {
    const ran = await run('omar.owner', ['propose', repository], { COUNTERSIGN_PASSPHRASE: '' });
    expect(ran.result).toHaveProperty('error.code', 'passphrase_missing');
  });
});

describe('intake', () => {
  test('a policy takes two persons, one of whom sees it in what waits', async () => {
    for (const file of [
      'policies/promotion.yaml',
      'policies/questionnaire.yaml',
      'frameworks/sr-26-2.yaml',
    ]) {
      const path = join(top, file);
      const first = await ok('mia.risk', 'sign', path);
      expect(first.result).toMatchObject({ state: 'awaiting-signatures', type: 'policy-document' });
      const digest = String(first.result.digest);
      expect((await ok('ada.admin', 'inbox')).text).toContain(
        `countersign sign --add ${digest.slice(0, 12)}`,
      );
      expect((await ok('ada.admin', 'sign', '--add', path)).result).toMatchObject({
        state: 'recorded',
        digest,
      });
    }
  }, 60_000);

  test('a questionnaire that cannot be computed with is not signed', async () => {
    const path = join(scratch, 'questionnaire.yaml');
    const start = 'id: q\nversion: "1"\ntitle: t\nquestions: []\n';
    writeFileSync(path, `${start}tiers: { high: x, medium: 1 }\n`);
    const ran = await run('mia.risk', ['sign', path]);
    expect(ran.result).toHaveProperty('error.code', 'file_invalid');
    expect(ran.text).toContain(`${path}:5: `);
  });

  test('the owner proposes and model risk tiers', async () => {
    const proposed = await ok('omar.owner', 'propose', repository);
    expect(proposed.text).toContain('recorded inventory-entry');
    expect(proposed.text).toContain('recorded intended-use');
    await ok('mia.risk', 'propose', repository, '--tier');
    const { result } = await ok('omar.owner', 'inventory');
    expect(result).toMatchObject([
      { model: 'consumer-credit', uses: [{ tier: 'high', fairLending: true }] },
    ]);
  }, 60_000);

  test('model risk’s part done again signs what changed and supersedes what stood', async () => {
    const records = async (...more: readonly string[]): Promise<readonly SignedHere[]> => {
      const { result } = await ok('mia.risk', 'propose', repository, '--tier', ...more);
      return result.records as readonly SignedHere[];
    };
    expect((await records()).map(({ type }) => type)).toEqual(['risk-tier']);

    const scope = join(repository, 'intake/scope.yaml');
    const before = readFileSync(scope, 'utf8');
    const changed = before.replace(
      'rationale: Superseded',
      'rationale: Looked at again; superseded',
    );
    expect(changed).not.toBe(before);
    writeFileSync(scope, changed);
    const assign = ['--assign', 'vera.validator=validator', '--competence', 'Has done it since'];
    const again = await records(...assign);
    expect(again.map(({ type }) => type)).toEqual([
      'scope-determination',
      'risk-tier',
      'role-assignment',
    ]);
    for (const { digest, type } of again) {
      const { result } = await ok('mia.risk', 'show', digest);
      const { predicate } = result.statement as Shown;
      const earlier = await ok('mia.risk', 'show', String(predicate.supersedes));
      const old = (earlier.result.statement as Shown).predicate;
      expect(old.type).toBe(type);
      if (type === 'scope-determination') expect(old.content.pack).toBe(predicate.content.pack);
      if (type !== 'role-assignment') continue;
      // The file's assignment of the same duty stands back, and the duty keeps its first day.
      expect(predicate.content).toEqual({
        ...old.content,
        competence: 'Has done it since',
        conflicts: 'none declared',
      });
    }
    expect((await records(...assign)).map(({ type }) => type)).toEqual(['risk-tier']);
  }, 60_000);

  test('the owner cannot tier, whatever the command line says', async () => {
    const ran = await run('omar.owner', ['propose', repository, '--tier']);
    expect(ran.exitCode).toBe(1);
    expect(ran.result).toHaveProperty('error.code', 'not_permitted');
  });

  test('a paper is signed by its author once, and superseded by a later text', async () => {
    const paper = join(repository, 'evidence/feature-catalogue.md');
    const stranger = await run('omar.owner', ['sign', paper]);
    expect(stranger.result).toHaveProperty('error.code', 'refused');
    const first = await ok('dana.developer', 'sign', paper);
    expect((await ok('dana.developer', 'sign', paper)).result).toMatchObject({
      state: 'unchanged',
    });
    writeFileSync(paper, `${readFileSync(paper, 'utf8')}\n## Added\n\nLater.\n`);
    const second = await ok('dana.developer', 'sign', paper);
    const shown = await ok('dana.developer', 'show', String(second.result.digest).slice(0, 12));
    expect(shown.result).toHaveProperty('statement.predicate.supersedes', first.result.digest);
  });
});

describe('whose a commit address is', () => {
  const laptop = ['attribute', 'dana@laptop.example', '--account', 'dana.developer'];

  test('takes two independent persons, or the person', async () => {
    const reason = ['--reason', 'her laptop, seen'];
    const first = await ok('mia.risk', ...laptop, ...reason);
    expect(first.result).toMatchObject({
      state: 'awaiting-signatures',
      type: 'author-attribution',
    });
    const digest = String(first.result.digest);
    expect(first.text).toContain(`countersign sign --add ${digest.slice(0, 12)}`);
    const second = await ok('vera.validator', 'sign', '--add', digest.slice(0, 12));
    expect(second.result).toMatchObject({ state: 'recorded', digest });
    expect((await ok('dana.developer', ...laptop, ...reason)).result).toMatchObject({
      state: 'recorded',
    });
    const other = await run('omar.owner', [...laptop, ...reason]);
    expect(other.result).toHaveProperty('error.code', 'record_refused');
  });

  test.each([
    [['attribute'], 'usage'],
    [laptop, 'usage'],
    [[...laptop, '--reason', 'r', '--commit-key', 'ABCD'], 'usage'],
    [[...laptop, '--reason', 'r', '--public-key', 'people.yaml'], 'usage'],
    [['attribute', 'x@y.example', '--list', 'consumer-credit@1'], 'usage'],
    [['attribute', '--list', 'consumer-credit@7'], 'not_found'],
  ])('%j ends with a code', async (argv, code) => {
    const ran = await run('mia.risk', argv);
    expect(ran.result).toHaveProperty('error.code', code);
  });
});

describe('refusals', () => {
  test('a dirty tree is not run', async () => {
    const git = (...args: readonly string[]) =>
      execFileSync('git', [...args], { cwd: repository, stdio: 'ignore' });
    git('init', '--quiet');
    git('add', '--all');
    git('-c', 'user.name=d', '-c', 'user.email=d@x.example', 'commit', '--quiet', '-m', 'credit');
    writeFileSync(join(repository, 'train.py'), 'changed\n');
    const ran = await run('dana.developer', ['run', repository, '--remote']);
    expect(ran.result).toHaveProperty('error.code', 'checkout_dirty');
    expect(ran.text).toContain('`train.py`');
  });

  test.each([
    [['show', 'consumer-credit@7'], 'not_found'],
    [['show', '0123456789abcdef'], 'not_found'],
    [['show', 'zzz'], 'usage'],
    [['versions', 'Consumer'], 'usage'],
    [['evidence', 'consumer-credit@7'], 'version_unknown'],
    [['trace', '00000000-0000-4000-8000-000000000000'], 'decision_unknown'],
    [['trace', '00000000-0000-4000-8000-000000000000', '--rebuilt', 'x'], 'usage'],
    [['promote', '0123456789abcdef'], 'not_found'],
    [['decide', 'consumer-credit', '--input', 'no-such.csv'], 'file_missing'],
    [['sign', 'people.yaml'], 'file_invalid'],
    [['sign', 'people.txt'], 'file_missing'],
    [['verify', 'people.yaml', '--root', 'x'], 'usage'],
    [['monitor', 'consumer-credit@1', '--from', 'yesterday'], 'usage'],
  ])('%j ends with a code', async (argv, code) => {
    const ran = await run('omar.owner', argv);
    expect(ran.exitCode).toBe(code === 'usage' ? 2 : 1);
    expect(ran.result).toHaveProperty('error.code', code);
    expect(ran.text).not.toContain('    at ');
  });

  test('no warrant, no gateway: serve refuses to start', async () => {
    const ran = await run('omar.owner', [
      'serve',
      'consumer-credit',
      '--demonstration',
      '--check',
      '--port',
      '0',
    ]);
    expect(ran.exitCode).toBe(1);
  });
});

describe('the data directory', () => {
  test('the log verifies against what is published', async () => {
    expect((await ok('ada.admin', 'ledger', 'verify', '--published')).text).toContain(
      'everything agrees',
    );
    const { result } = await ok('ada.admin', 'ledger', 'checkpoint');
    expect(result).toMatchObject({ origin: 'test-bank.example/log' });
  });

  test('a backup is refused while the server runs, and restores to the same log afterwards', async () => {
    const backup = join(scratch, 'backup');
    expect((await run('ada.admin', ['backup', '--out', backup])).result).toHaveProperty(
      'error.code',
      'refused',
    );
    await server.close();
    await ok('ada.admin', 'backup', '--out', backup);
    const restored = join(scratch, 'restored');
    const made = await run('ada.admin', ['restore', backup, '--data', restored], {
      COUNTERSIGN_DATA: restored,
    });
    expect(made.exitCode, made.text).toBe(0);
    const verified = await run('ada.admin', ['ledger', 'verify'], { COUNTERSIGN_DATA: restored });
    expect(verified.text).toContain('everything agrees');
    const again = await startServer({ dataDir: restored, port: 0 });
    try {
      const before = await run('ada.admin', ['people', '--server', again.url], {
        COUNTERSIGN_TOKEN: readFileSync(join(data, 'people', 'ada.admin', 'token'), 'utf8').trim(),
        COUNTERSIGN_DATA: restored,
      });
      expect(before.text).toContain('vera.validator');
    } finally {
      await again.close();
    }
  }, 90_000);

  test('one changed byte in a backup is found before anything is restored', async () => {
    const backup = join(scratch, 'backup');
    const file = join(backup, 'tables', 'account.ndjson');
    writeFileSync(file, readFileSync(file, 'utf8').replace('ada', 'eve'));
    const ran = await run('ada.admin', ['restore', backup], {
      COUNTERSIGN_DATA: join(scratch, 'never'),
    });
    expect(ran.text).toContain('table `account` of the backup is damaged');
  });
});
