// SPDX-License-Identifier: Apache-2.0
// A program as a scorer: the real sandbox, the real Python of this machine, and every way in which a program can go wrong.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AnalysisError,
  attemptRows,
  type CommandGround,
  openArtefact,
  type Scorer,
  type ScorerSpec,
} from '@countersign/analysis';
import { describeHostProgram, SANDBOX_UID, writeIdentityFiles } from '@countersign/pipeline';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  artefactOf,
  fixtureScorer,
  HOST_VARIABLES,
  pythonArtefact,
  pythonHere,
  scorerPids,
} from './command-artefact.ts';

const SPEC: ScorerSpec = {
  inputs: [
    { name: 'amount', type: 'f64', min: '0' },
    { name: 'duration', type: 'i64' },
  ],
  output: 'probabilities',
  outputIndex: 1,
};
const LOGISTIC = { 'score.py': fixtureScorer('logistic.py') };
const RUN = { run: ['python', 'score.py'] };

let root: string;
let python: string;
const open: Scorer[] = [];
const reports: string[] = [];

beforeAll(async () => {
  python = (await pythonHere()).program;
  root = mkdtempSync(join(tmpdir(), 'command-scorer-'));
});
afterEach(async () => {
  for (const scorer of open.splice(0)) await scorer.close();
  reports.length = 0;
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function ground(change: Partial<CommandGround> = {}): CommandGround {
  return {
    workDir: join(root, 'work'),
    cacheDir: join(root, 'cache'),
    hostEnvironment: HOST_VARIABLES,
    python,
    report: ({ code }) => reports.push(code),
    ...change,
  };
}

async function opened(
  files: Readonly<Record<string, Uint8Array | string>> = LOGISTIC,
  command: Parameters<typeof pythonArtefact>[1] = RUN,
  change: Partial<CommandGround> = {},
): Promise<Scorer> {
  const scorer = await openArtefact(await pythonArtefact(files, command), SPEC, ground(change));
  open.push(scorer);
  return scorer;
}

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => 'answered',
    (error: unknown) => {
      if (error instanceof AnalysisError) return error.code;
      throw error;
    },
  );
}

/** The score of a row once the scorer is up again. */
async function scoreAgain(scorer: Scorer): Promise<number> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const scored = await scorer.score({ amount: 1500, duration: 24 }).catch((error: unknown) => {
      if (performance.now() > deadline) throw error;
    });
    if (scored !== undefined) return scored.score;
    await sleep(50);
  }
}

/** A Python scorer that answers each row with what an expression says of `row`. */
function answering(expression: string): string {
  return `
import json, sys
print(json.dumps({"ready": "countersign-scorer/1", "name": "test", "version": "1",
    "outputs": [{"name": "probabilities", "size": 2}]}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    row = request["inputs"]
    print(json.dumps({"id": request["id"], "outputs": {"probabilities": [0, ${expression}]}}), flush=True)
`;
}

describe('a program', () => {
  test('gives the numbers that it computed, to the last bit', async () => {
    const scorer = await opened();
    const rows = Array.from({ length: 20 }, (_, n) => ({ amount: 1500.1 * n, duration: n }));
    const scores = await Promise.all(rows.map((row) => scorer.score(row)));
    const script = `import json, math, sys
print(json.dumps([1 / (1 + math.exp(-(r["amount"] / 10000 + r["duration"] / 100 - 1))) for r in json.load(sys.stdin)]))`;
    const said = execFileSync('python3', ['-c', script], { input: JSON.stringify(rows) });
    expect(scores.map(({ score }) => score)).toEqual(JSON.parse(said.toString()));
  });

  test('is given every value as it came: the sign of zero, the last bit, integers beyond 2^53, texts', async () => {
    const spec: ScorerSpec = {
      inputs: [
        { name: 'f64', type: 'f64' },
        { name: 'f32', type: 'f32' },
        { name: 'i64', type: 'i64' },
        { name: 'text', type: 'string' },
        { name: 'truth', type: 'bool' },
        { name: 'gone', type: 'f64', missing: 'accept' },
      ],
      output: 'probabilities',
      outputIndex: 1,
    };
    const row = {
      f64: -0,
      f32: 0.1,
      i64: 2n ** 62n + 1n,
      text: 'naïve "quoted"\n\u2028',
      truth: true,
      gone: null,
    };
    const seen =
      'int.from_bytes(__import__("hashlib").sha256(repr(row).encode()).digest()[:6], "big")';
    const artefact = await pythonArtefact({ 'score.py': answering(seen) }, RUN);
    const scorer = await openArtefact(artefact, spec, ground());
    open.push(scorer);
    const expected = `{'f64': -0.0, 'f32': 0.10000000149011612, 'i64': '4611686018427387905', 'text': 'naïve "quoted"\\\\n\\\\u2028', 'truth': True, 'gone': None}`;
    const script = `import hashlib; print(int.from_bytes(hashlib.sha256('''${expected}'''.encode()).digest()[:6], "big"))`;
    const digest = Number(execFileSync('python3', ['-c', script]).toString());
    expect((await scorer.score(row)).score).toBe(digest);
  });

  test('may spell what JSON has no word for; a score that is not finite is refused and the program goes on', async () => {
    const scorer = await opened();
    expect(await codeOf(scorer.score({ amount: 1, duration: -7 }))).toBe('output_invalid');
    expect(await codeOf(scorer.score({ amount: 1, duration: -10 }))).toBe('scoring_failed');
    expect(await codeOf(scorer.score({ amount: 1, duration: 1 }))).toBe('answered');
    expect(reports).toEqual([]);
  });

  test('is not asked about a row that the specification refuses', async () => {
    const scorer = await opened();
    expect(await codeOf(scorer.score({ amount: -1, duration: 1 }))).toBe('input_out_of_range');
    expect(await codeOf(scorer.score({ amount: 1 }))).toBe('input_missing');
  });

  test('answers from several processes what one answers', async () => {
    const scorer = await opened(LOGISTIC, { ...RUN, workers: 2 });
    const rows = Array.from({ length: 200 }, (_, n) => ({ amount: n * 7.3, duration: n }));
    const together = await Promise.all(rows.map((row) => scorer.score(row)));
    const single = await opened();
    for (const [n, row] of rows.slice(0, 50).entries())
      expect(await single.score(row)).toEqual(together[n]);
  });
});

const FAULTS: readonly (readonly [string, number, string])[] = [
  ['is killed in the middle of a row', -1, 'scorer_ended'],
  ['hangs', -2, 'scorer_timeout'],
  ['prints a warning', -3, 'scorer_protocol'],
  ['writes a bare NaN', -4, 'scorer_protocol'],
  ['writes a line of a megabyte', -5, 'scorer_protocol'],
  ['answers another id', -6, 'scorer_protocol'],
  ['answers twice', -8, 'scorer_protocol'],
  ['leaves a number out', -9, 'scorer_protocol'],
  ['writes for ever without a line end', -11, 'scorer_protocol'],
  ['exits', -12, 'scorer_ended'],
];

describe('a program that', () => {
  // One for all: that it goes on after each is the point.
  let scorer: Scorer;
  beforeAll(async () => {
    const artefact = await pythonArtefact(LOGISTIC, { ...RUN, timeoutMs: 1500 });
    scorer = await openArtefact(artefact, SPEC, ground());
  });
  afterAll(() => scorer.close());

  test.each(FAULTS)('%s gives no answer and is started anew', async (_, duration, code) => {
    const before = await scoreAgain(scorer);
    expect(await codeOf(scorer.score({ amount: 1, duration }))).toBe(code);
    expect(await scoreAgain(scorer)).toBe(before);
    expect(reports).toEqual([code]);
  });
});

describe('a program that', () => {
  test('is ended from outside while it is idle is started anew', async () => {
    const scorer = await opened({ 'score.py': `${answering('__import__("os").getpid()')}` });
    await scorer.score({ amount: 1, duration: 1 });
    for (const pid of scorerPids('score.py')) process.kill(pid, 'SIGKILL');
    expect(await scoreAgain(scorer)).toBeGreaterThan(0);
    expect(reports).toEqual(['scorer_ended']);
  });

  test('speaks before it is asked is not believed', async () => {
    const early = answering('0.5').replace(
      'for line in sys.stdin:',
      'print("{}", flush=True)\nfor line in sys.stdin:',
    );
    const scorer = await opened({ 'score.py': early }).catch((error: unknown) => error);
    const code =
      scorer instanceof AnalysisError
        ? scorer.code
        : await codeOf((scorer as Scorer).score({ amount: 1, duration: 1 }));
    expect(['scorer_protocol', 'scorer_down']).toContain(code);
  });

  test('takes more memory than it may is ended', async () => {
    const greedy = answering('len(bytearray(2_000_000_000))');
    const scorer = await opened({ 'score.py': greedy }, { ...RUN, memoryMb: 256 });
    expect(await codeOf(scorer.score({ amount: 1, duration: 1 }))).toBe('scorer_ended');
  });

  test('dies on every row is started ever more rarely, and says so at once', async () => {
    const scorer = await opened();
    const codes = new Set<string>();
    for (let n = 0; n < 60; n += 1) {
      codes.add(await codeOf(scorer.score({ amount: 1, duration: -1 })));
      await sleep(20);
    }
    expect([...codes].sort()).toEqual(['scorer_down', 'scorer_ended']);
    // 60 rows in 1.2 s and more: starts after 200, 400, 800 ms.
    expect(reports.length).toBeLessThan(12);
  });
});

describe('a thousand rows at once', () => {
  test('get an answer or a reason each, and never the answer of another', async () => {
    const scorer = await opened(LOGISTIC, { ...RUN, workers: 2, timeoutMs: 1500 });
    const rows = Array.from({ length: 1000 }, (_, n) => ({
      amount: 1000 + n,
      duration: n === 20 ? -1 : n === 40 ? -6 : 1,
    }));
    const results = await Promise.all(
      rows.map((row) =>
        scorer.score(row).then(
          ({ score }) => score,
          (error: unknown) => (error instanceof AnalysisError ? error.code : 'unforeseen'),
        ),
      ),
    );
    const answered = results.flatMap((one, n) => (typeof one === 'number' ? [[n, one]] : []));
    for (const [n = 0, score = 0] of answered) {
      const expected = 1 / (1 + Math.exp(-((1000 + n) / 10000 + 0.01 - 1)));
      expect(Math.abs(score - expected)).toBeLessThan(1e-15);
    }
    const refused = results.filter((one) => typeof one === 'string');
    expect(answered.length + refused.length).toBe(1000);
    const known = ['busy', 'down', 'ended', 'protocol', 'timeout'].map((one) => `scorer_${one}`);
    expect(refused.filter((code) => !known.includes(String(code)))).toEqual([]);
    expect(refused).toContain('scorer_busy');
    expect(answered.length).toBeGreaterThan(10);
  });

  test('that are measured lose no row to another that ends the program', async () => {
    const scorer = await opened(LOGISTIC, RUN, { isPatient: true, waitMs: 20_000 });
    const rows = Array.from({ length: 60 }, (_, n) => ({ amount: n, duration: n === 9 ? -1 : 1 }));
    const results = await attemptRows(scorer, rows);
    const failed = results.flatMap((one, n) =>
      one instanceof AnalysisError ? [[n, one.code]] : [],
    );
    expect(failed).toEqual([[9, 'scorer_ended']]);
  });

  test('do not wait longer than the caller would', async () => {
    const slow = answering('__import__("time").sleep(0.3) or 0.5');
    const scorer = await opened({ 'score.py': slow }, RUN, { waitMs: 200 });
    const codes = await Promise.all(
      Array.from({ length: 4 }, () => codeOf(scorer.score({ amount: 1, duration: 1 }))),
    );
    expect(codes.toSorted()).toEqual(['answered', 'scorer_busy', 'scorer_busy', 'scorer_busy']);
  });
});

describe('a program of the machine', () => {
  test('answers where it is the one that was recorded', async () => {
    const directory = join(root, 'programs');
    const identityDirectory = join(directory, 'identity');
    mkdirSync(directory, { recursive: true });
    await writeIdentityFiles(identityDirectory, SANDBOX_UID);
    const at = { workDir: directory, identityDirectory, uid: SANDBOX_UID };
    const programs = [
      await describeHostProgram({ name: 'sh' }, at),
      await describeHostProgram({ name: 'sort', version: ['--version'] }, at),
    ];
    expect(programs[1]?.version?.says).toContain('sort');
    const script = `echo '{"ready":"countersign-scorer/1","name":"sh","version":"1","outputs":[{"name":"probabilities","size":2}]}'
while read -r line; do
  id=\${line#*'"id":"'}
  echo '{"id":"'\${id%%'"'*}'","outputs":{"probabilities":[0.25,0.75]}}'
done
`;
    const artefact = artefactOf(
      { 'score.sh': script },
      { run: ['sh', 'score.sh'], environment: { kind: 'host', programs } },
    );
    const scorer = await openArtefact(artefact, SPEC, ground());
    open.push(scorer);
    expect((await scorer.score({ amount: 1, duration: 1 })).raw).toEqual([0.25, 0.75]);
  });
});

describe('opening', () => {
  test('refuses where bubblewrap is missing', async () => {
    const attempt = opened(LOGISTIC, RUN, { program: '/usr/bin/no-bubblewrap' });
    expect(await codeOf(attempt)).toBe('sandbox_missing');
  });

  test('refuses another interpreter than the recorded one', async () => {
    const { manifest, read } = await pythonArtefact(LOGISTIC, RUN);
    const { command } = manifest;
    if (command?.environment.kind !== 'python') throw new Error('a Python artefact');
    const interpreter = { ...command.environment.interpreter, digest: '0'.repeat(64) };
    const environment = { ...command.environment, interpreter };
    const other = { ...manifest, command: { ...command, environment } };
    const attempt = openArtefact({ manifest: other, read }, SPEC, ground());
    expect(await codeOf(attempt)).toBe('environment_differs');
  });

  test('refuses a program of the machine whose bytes or version are not the recorded ones', async () => {
    const program = { name: 'sh', path: '/usr/bin/dash', digest: '0'.repeat(64) };
    const host = artefactOf(LOGISTIC, {
      run: ['sh', 'score.sh'],
      environment: { kind: 'host', programs: [program] },
    });
    expect(await codeOf(openArtefact(host, SPEC, ground()))).toBe('environment_differs');
  });

  test('refuses a file whose bytes are not those of its digest', async () => {
    const { manifest } = await pythonArtefact(LOGISTIC, RUN);
    const read = async () => new TextEncoder().encode('other bytes');
    expect(await codeOf(openArtefact({ manifest, read }, SPEC, ground()))).toBe('model_unreadable');
  });

  test('refuses a path that leads out of the artefact', async () => {
    const attempt = opened({ '../score.py': 'print()' });
    expect(await codeOf(attempt)).toBe('model_unreadable');
  });

  test('refuses a program without the output that is scored by', async () => {
    const { manifest, read } = await pythonArtefact(LOGISTIC, RUN);
    const spec = { ...SPEC, output: 'score' };
    expect(await codeOf(openArtefact({ manifest, read }, spec, ground()))).toBe('model_mismatch');
  });

  test('says what a program that does not get ready wrote on standard error', async () => {
    const attempt = opened({ 'score.py': 'import sys; sys.exit("no such model: model.pkl")' });
    await expect(attempt).rejects.toThrow('no such model: model.pkl');
  });

  test('refuses a manifest that does not say how its scorer is started, and one that answers elsewhere', async () => {
    const { manifest, read } = await pythonArtefact(LOGISTIC, RUN);
    const { command: _, ...bare } = manifest;
    expect(await codeOf(openArtefact({ manifest: bare, read }, SPEC, ground()))).toBe(
      'scorer_unsupported',
    );
    const remote = { ...bare, scorer: 'remote' as const };
    expect(await codeOf(openArtefact({ manifest: remote, read }, SPEC, ground()))).toBe(
      'scorer_unsupported',
    );
  });

  test('starts nothing on files that were changed since they were laid out', async () => {
    const scorer = await opened();
    const [directory = ''] = readdirSync(join(root, 'work'));
    const place = join(root, 'work', directory, 'files', 'score.py');
    writeFileSync(place, readFileSync(place, 'utf8').replace('- 1)))', '- 2)))'));
    expect(await codeOf(scorer.score({ amount: 1, duration: -1 }))).toBe('scorer_ended');
    const deadline = performance.now() + 20_000;
    while (!reports.includes('model_unreadable') && performance.now() < deadline) await sleep(50);
    expect(reports).toContain('model_unreadable');
    expect(await codeOf(scorer.score({ amount: 1, duration: 1 }))).toBe('scorer_down');
  });

  test('leaves neither process nor file behind when it is closed', async () => {
    const scorer = await opened();
    expect(scorerPids('score.py').length).toBeGreaterThan(0);
    await scorer.close();
    expect(scorerPids('score.py')).toEqual([]);
    expect(readdirSync(join(root, 'work'))).toEqual([]);
    expect(await codeOf(scorer.score({ amount: 1, duration: 1 }))).toBe('scorer_closed');
  });
});
