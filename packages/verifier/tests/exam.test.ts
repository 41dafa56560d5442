// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Checkpoint,
  concatBytes,
  encodeLogLeaf,
  fromUtf8,
  type LoggedRecord,
  leafHash,
  merkleRoot,
  parseStrictJson,
  publicKeyOf,
  recordSet,
  signatureSetDigest,
  signCheckpoint,
  toBase64,
} from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import {
  type ExamContents,
  isExamPackage,
  readZip,
  verifyExamPackage,
  writeExamPackage,
  writeZip,
  type ZipEntry,
} from '@countersign/verifier';
import { beforeAll, describe, expect, test } from 'vitest';
import { hex, MODEL, produce, USE } from '../../kernel/tests/credit-model.ts';
import { type Firm, foundFirm, LOG_ORIGIN, WORKSPACE } from '../../kernel/tests/firm.ts';

let firm: Firm;
let from: string;
let date: string;
let production: string;
let revocation: string;
let file: Uint8Array;
const REF = { workspace: WORKSPACE, model: MODEL, use: USE };

beforeAll(async () => {
  firm = await foundFirm();
  from = firm.now();
  ({ production } = await produce(firm));
  firm.pass(5);
  const finding = {
    title: '<b>drift</b>',
    source: 'monitoring',
    severity: 'high',
    blocking: false,
    owner: 'omar',
    description: 'scores drift',
  };
  await firm.add(
    {
      type: 'finding',
      scope: 'use',
      subjectRef: REF,
      content: { ...finding, id: 'F-1', status: 'open', due: '2026-03-10' },
    },
    'vera',
  );
  await firm.add(
    {
      type: 'decision-log',
      kind: 'batch',
      scope: 'firm',
      producer: 'serving',
      subjectRef: { workspace: WORKSPACE },
      content: { gateway: 'gateway-1', n: 0 },
    },
    'gateway',
  );
  firm.pass(7);
  date = firm.now();
  firm.pass(1);
  revocation = await firm.add(
    {
      type: 'deployment-record',
      kind: 'revoke',
      scope: 'use',
      subjectRef: REF,
      content: { warrant: production, environment: 'production', reason: 'drift' },
    },
    'mia',
  );
  // Wrongly signed: it counts for nothing and is of the population all the same.
  await firm.add({ type: 'deployment-record', kind: 'promote', content: {} }, 'dana');
  file = await packageOf(firm.entries);
});

const leafOf = ({ digest, envelope, loggedAt }: LoggedRecord) =>
  encodeLogLeaf({
    v: 1,
    type: 'record',
    payload: digest,
    signatures: signatureSetDigest(p, envelope.signatures),
    time: loggedAt,
  });

function hashesOf(entries: readonly LoggedRecord[]): readonly Uint8Array[] {
  return entries.map((entry) => leafHash(p, leafOf(entry)));
}

function signedBy(checkpoint: Checkpoint): Promise<string> {
  const { signer, spki } = firm.people.log;
  const publicKey = publicKeyOf(p, signer.algorithm, spki);
  return signCheckpoint(p, checkpoint, { name: LOG_ORIGIN, signer, publicKey });
}

/** The firm's exam package, by its own keys, with the records that `keep` lets through. */
async function packageOf(
  entries: readonly LoggedRecord[],
  how: Partial<ExamContents> & { readonly keep?: (record: LoggedRecord) => boolean } = {},
): Promise<Uint8Array> {
  const { keep, ...changed } = how;
  const hashes = hashesOf(entries);
  const checkpointAt = (size: number) =>
    signedBy({ origin: LOG_ORIGIN, size, root: merkleRoot(p, hashes.slice(0, size)) });
  const logged = entries.filter((record) => keep?.(record) ?? true);
  const result = recordSet(p, firm.root, logged);
  if (!result.ok) throw new Error(result.reason);
  const contents: ExamContents = {
    root: firm.root,
    question: {
      workspace: WORKSPACE,
      date,
      known: entries.length - 1,
      period: { from, to: firm.now() },
    },
    bulk: 'records',
    hashes: concatBytes(...hashes),
    checkpoints: [await checkpointAt(hashes.length), await checkpointAt(3)],
    records: logged.map(({ index, loggedAt, envelope }) => ({ index, time: loggedAt, envelope })),
    edges: [],
    blobs: [{ digest: hex('policy text'), bytes: new TextEncoder().encode('policy text') }],
    ...changed,
  };
  const { signer } = firm.people.platform;
  return writeExamPackage(p, contents, { set: result.set, logged, signer });
}

function registerOf(bytes: Uint8Array, name: string): unknown {
  const entry = readZip(bytes).find((one) => one.name === `registers/${name}.json`);
  return parseStrictJson(entry?.bytes ?? new Uint8Array());
}

function replaced(name: string, change: (text: string) => string): Uint8Array {
  return writeZip(
    readZip(file).map(
      (entry): ZipEntry =>
        entry.name === name
          ? { name, bytes: new TextEncoder().encode(change(fromUtf8(entry.bytes))) }
          : entry,
    ),
  );
}

describe('an exam package', () => {
  test('verifies against the founding digest alone, and proves that no entry is left out', () => {
    const report = verifyExamPackage(p, file, firm.root);
    expect(report.problems).toEqual([]);
    expect(report.limits).toEqual([]);
    expect(report.established.join('\n')).toMatch(/complete: each of the \d+ entries/);
    expect(report.established.join('\n')).toMatch(/every entry of the log is here/);
    expect(verifyExamPackage(p, file, 'ab'.repeat(32)).ok).toBe(false);
  });

  test('has the same bytes when it is made again', async () => {
    expect(Buffer.compare(await packageOf(firm.entries), file)).toBe(0);
  });

  test('tells the state at its date, not what came after', () => {
    expect(registerOf(file, 'inventory')).toMatchObject([
      {
        model: MODEL,
        tiers: [{ tier: 'high', by: ['mia'] }],
        versions: [{ use: USE, version: 1, stage: 'production', warrants: [{}, {}] }],
      },
    ]);
    expect(registerOf(file, 'cm-2-baseline')).toMatchObject({
      components: [{ environment: 'staging' }, { environment: 'production', record: production }],
    });
    expect(registerOf(file, 'findings')).toMatchObject({
      findings: [{ id: 'F-1', daysOpen: 7, daysOverdue: 2, content: { status: 'open' } }],
      ageing: [{ severity: 'high', open: 1, overdue: 1 }, {}, {}],
    });
    expect(registerOf(file, 'validation-index')).toMatchObject([
      { outcome: 'approved', by: ['vera'], warrants: [{}, {}].map(() => expect.any(String)) },
    ]);
  });

  test('lists every change of its period, one that counts for nothing with the reason', () => {
    const population = registerOf(file, 'change-population') as {
      readonly byType: object;
      readonly records: readonly { readonly record: string }[];
    };
    expect(population.byType).toMatchObject({
      'approval-record': 3,
      'change-record/standard': 2,
      'deployment-record/promote': 3,
      'deployment-record/revoke': 1,
    });
    expect(population.records.at(-2)).toMatchObject({ record: revocation, counts: true });
    expect(population.records.at(-1)).toMatchObject({
      counts: false,
      reason: expect.stringContaining('must be signed by'),
    });
  });

  test('has a posture of each environment and month of its period', () => {
    expect(registerOf(file, 'posture-2026-03-production')).toMatchObject({
      live: { count: 0 },
      acts: { byKind: { promote: 1, revoke: 1 } },
      requests: { byClass: { standard: 1 }, byState: { promoted: 1 } },
      findings: { open: 1, bySeverity: { high: 1 } },
    });
  });

  test('shows what persons wrote as text', () => {
    const index = readZip(file).find(({ name }) => name === 'index.html');
    const html = fromUtf8(index?.bytes ?? new Uint8Array());
    expect(html).toContain('&lt;b&gt;drift&lt;/b&gt;');
    expect(html).not.toContain('<b>drift');
  });

  test('with a change taken out is found out, even when the firm’s own key signs the rest', async () => {
    const without = await packageOf(firm.entries, { keep: ({ digest }) => digest !== revocation });
    const report = verifyExamPackage(p, without, firm.root);
    expect(report.problems).toEqual([
      { entry: 'log/records.json', reason: expect.stringMatching(/1 of \d+ entries .* missing/) },
    ]);
  });

  test('from which a change and its leaf were taken does not meet the checkpoint', async () => {
    const place = firm.entries.findIndex(({ digest }) => digest === revocation);
    const shorter = firm.entries
      .filter((_, at) => at !== place)
      .map((record, index) => ({ ...record, index }));
    const hashes = hashesOf(firm.entries);
    const root = merkleRoot(p, hashes.slice(0, shorter.length));
    const honest = await signedBy({ origin: LOG_ORIGIN, size: shorter.length, root });
    const report = verifyExamPackage(
      p,
      await packageOf(shorter, { checkpoints: [honest] }),
      firm.root,
    );
    expect(report.problems).toMatchObject([{ entry: 'log/hashes.bin' }]);
  });

  test('with batch headers as hashes says that this much is not proven', async () => {
    const keep = ({ statement }: LoggedRecord) => statement.predicate.type !== 'decision-log';
    const report = verifyExamPackage(
      p,
      await packageOf(firm.entries, { keep, bulk: 'digests' }),
      firm.root,
    );
    expect(report.ok).toBe(true);
    expect(report.limits.join('\n')).toMatch(/1 of \d+ entries .* not proven/);
    expect(report.established.join('\n')).not.toMatch(/complete/);
  });

  test('shows the ends of a period by the leaves beside them', async () => {
    const isBatch = ({ statement }: LoggedRecord) => statement.predicate.type === 'decision-log';
    const batch = firm.entries.find(isBatch);
    if (batch === undefined) throw new Error('no batch');
    const to = firm.now();
    const after = new Date(Date.parse(batch.loggedAt) + 1).toISOString();
    const question = {
      workspace: WORKSPACE,
      date,
      known: firm.entries.length - 1,
      period: { from: after, to },
    };
    const keep = (record: LoggedRecord) => !isBatch(record);
    const bare = await packageOf(firm.entries, { keep, question });
    expect(verifyExamPackage(p, bare, firm.root).problems).toMatchObject([
      { entry: 'log/edges.json' },
    ]);
    const edges = [{ index: batch.index, leaf: toBase64(leafOf(batch)) }];
    const shown = verifyExamPackage(
      p,
      await packageOf(firm.entries, { keep, question, edges }),
      firm.root,
    );
    expect(shown.problems).toEqual([]);
    expect(shown.established.join('\n')).toMatch(/complete: each of the 2 entries/);
  });

  test('with an edited register, page, record or text names the entry', () => {
    const entryFor = (bytes: Uint8Array) =>
      verifyExamPackage(p, bytes, firm.root).problems.map(({ entry }) => entry);
    const findings = replaced('registers/findings.json', (text) => text.replace('"high"', '"low"'));
    expect(entryFor(findings)).toContain('registers/findings.json');
    expect(entryFor(replaced('index.html', (text) => text.replace('drift', 'drafts')))).toContain(
      'index.html',
    );
    const time = (text: string) => text.replace(/"time":"2026-03-01/, '"time":"2026-02-01');
    expect(entryFor(replaced('log/records.json', time))).toContain('log/records.json');
    expect(entryFor(replaced(`blobs/${hex('policy text')}`, () => 'another text'))).toContain(
      `blobs/${hex('policy text')}`,
    );
    expect(entryFor(replaced('question.json', (text) => text.replace('2026', '2025')))).not.toEqual(
      [],
    );
    expect(entryFor(file.subarray(0, file.length - 1))).not.toEqual([]);
  });

  test('that is damaged is still called an exam package', () => {
    expect(isExamPackage(file)).toBe(true);
    const flipped = Uint8Array.from(file);
    flipped[200] = (flipped[200] ?? 0) ^ 1;
    expect(verifyExamPackage(p, flipped, firm.root).ok).toBe(false);
    expect(isExamPackage(flipped)).toBe(true);
    expect(isExamPackage(file.subarray(0, file.length - 1))).toBe(true);
    expect(isExamPackage(new Uint8Array(0))).toBe(false);
  });

  test('is read by the emitted verifier, alone in an empty folder', () => {
    const folder = mkdtempSync(join(tmpdir(), 'exam-'));
    const program = join(folder, 'installed');
    execFileSync(process.execPath, [join(import.meta.dirname, '../build.ts'), program]);
    writeFileSync(join(folder, 'exam.zip'), file);
    const args = [join(program, 'countersign-verify.js'), 'exam.zip', '--root', firm.root];
    const said = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env: {} });
    expect(said.stdout).toMatch(/the exam package verifies/);
    expect(said.status).toBe(0);
  });
});
