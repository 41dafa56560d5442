// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { copyUnchanged } from '../../src/extract/copy-unchanged.ts';
import type { ExtractRequest } from '../../src/extract/extracted.ts';
import type { DvcFacts } from '../../src/extract/snapshot-origin.ts';
import { extract, snapshot } from './extract-for-test.ts';
import { startS3, type TestS3 } from './s3-server.ts';

const LOANS = 'id,amount\n1,10\n2,20\n3,30\n';
const LOANS_MD5 = '39e94d4ccc2b56f342c15de36dfcf075';

let root: string;
let s3: TestS3;
let project: string;
let count = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'dvc-source-'));
  s3 = await startS3();
  await s3.bucket('dvc');
}, 300_000);
afterAll(async () => {
  await s3?.stop();
  await rm(root, { recursive: true, force: true });
});
beforeEach(async () => {
  count += 1;
  project = join(root, `project-${count}`);
  await layProject('dvc-3');
});

async function layProject(written: 'dvc-2' | 'dvc-3', config = ''): Promise<void> {
  await rm(project, { recursive: true, force: true });
  await cp(join(import.meta.dirname, written, 'project'), project, { recursive: true });
  await mkdir(join(project, '.dvc'));
  await writeFile(join(project, '.dvc', 'config'), config);
}

/** As `dvc push` left it: a cache, or a remote that is a directory. */
async function layStorage(written: 'dvc-2' | 'dvc-3', directory: string): Promise<void> {
  await cp(join(import.meta.dirname, written, 'storage'), directory, { recursive: true });
}

const layCache = (written: 'dvc-2' | 'dvc-3' = 'dvc-3') =>
  layStorage(written, join(project, '.dvc', 'cache'));

async function pushToS3(prefix: string): Promise<void> {
  const storage = join(import.meta.dirname, 'dvc-3', 'storage');
  for (const entry of await readdir(storage, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    await s3.put('dvc', `${prefix}/${path.slice(storage.length + 1)}`, await readFile(path));
  }
}

/** On a laptop the checkout and the working tree are one project; on a worker there is the checkout alone. */
function read(from: { dvc: string; output?: string; format?: 'csv' }, onWorker = false) {
  const request: Partial<ExtractRequest> = {
    checkout: project,
    workingTree: onWorker ? null : project,
    environment: s3.environment,
  };
  return extract(root, from, request);
}
async function refusal(
  work: Promise<unknown>,
): Promise<{ code?: string; message: string; details?: object }> {
  return work.then(
    () => ({ message: 'nothing was refused' }),
    (error) => error,
  );
}

test('a file that DVC added comes from its cache, and what counts is its SHA-256', async () => {
  await layCache();
  const extracted = await read({ dvc: 'loans.csv.dvc' });
  expect(await readFile(extracted.path, 'utf8')).toBe(LOANS);
  expect(extracted.origin).toMatchObject({
    dvc: 'loans.csv.dvc',
    output: 'loans.csv',
    md5: LOANS_MD5,
    readFrom: 'cache',
  });
  const taken = await snapshot(root, { dvc: 'loans.csv.dvc' }, extracted);
  expect(taken.content.digest).toBe(createHash('sha256').update(LOANS).digest('hex'));
});

test('a folder that DVC added is a table of its files', async () => {
  await layCache();
  const extracted = await read({ dvc: 'parts.dvc', format: 'csv' });
  expect(await readFile(extracted.path, 'utf8')).toBe('id,amount\n1,10\n2,20\n');
  const { parts } = extracted.origin as DvcFacts;
  expect(parts.map(({ name, claims }) => [name, claims.md5])).toEqual([
    ['2024.csv', '99dea7b29a4496f8051386834fe12a26'],
    ['2025.csv', '9352bd883a2ef614f2db93e06f343e84'],
  ]);
  expect(parts[0]?.digest).toBe(createHash('sha256').update('id,amount\n1,10\n').digest('hex'));
});

test('outputs that dvc.lock names are read, and a file within one of them', async () => {
  await layCache();
  const file = await read({ dvc: 'dvc.lock', output: 'copy.csv' });
  expect(await readFile(file.path, 'utf8')).toBe(LOANS);
  const within = await read({ dvc: 'dvc.lock', output: 'prepared/train.csv' });
  expect(await readFile(within.path, 'utf8')).toBe(LOANS);
  expect(within.origin).toMatchObject({ output: 'prepared/train.csv' });
  const none = await refusal(read({ dvc: 'dvc.lock', output: 'other.csv' }));
  expect(none).toMatchObject({ code: 'source_unsupported' });
  expect(none.message).toContain('it has `copy.csv`, `prepared`');
});

test('a cache of DVC 2 is read, where CR LF counts as LF in the claim alone', async () => {
  await layProject('dvc-2');
  await layCache('dvc-2');
  const windows = await read({ dvc: 'windows.csv.dvc' });
  const text = 'id,amount\r\n1,10\r\n2,20\r\n';
  expect(await readFile(windows.path, 'utf8')).toBe(text);
  const claimed = (windows.origin as DvcFacts).md5;
  expect(claimed).toBe(createHash('md5').update(text.replaceAll('\r\n', '\n')).digest('hex'));
  const parts = await read({ dvc: 'parts.dvc', format: 'csv' });
  expect(await readFile(parts.path, 'utf8')).toBe('id,amount\n1,10\n2,20\r\n');
});

test('other bytes than DVC claims are an error with file, claimed and found digest', async () => {
  await layCache();
  const cached = join(project, '.dvc/cache/files/md5/39', LOANS_MD5.slice(2));
  await writeFile(cached, LOANS.replace('30', '31'));
  const found = createHash('md5').update(LOANS.replace('30', '31')).digest('hex');
  const refused = await refusal(read({ dvc: 'loans.csv.dvc' }));
  expect(refused).toMatchObject({
    code: 'source_differs',
    details: { file: 'loans.csv', claimed: LOANS_MD5, found },
  });
  for (const said of ['`loans.csv`', 'cache', LOANS_MD5, found]) {
    expect(refused.message).toContain(said);
  }
});

test('a CRLF file does not pass under the MD5 of its LF form in a project of DVC 3', async () => {
  await layCache();
  const cached = join(project, '.dvc/cache/files/md5/39', LOANS_MD5.slice(2));
  await writeFile(cached, LOANS.replaceAll('\n', '\r\n'));
  expect(await refusal(read({ dvc: 'loans.csv.dvc' }))).toMatchObject({ code: 'source_differs' });
});

test('a worker reads from an S3 remote, and from no cache', async () => {
  await pushToS3('store');
  const config = `[core]\n    remote = storage\n['remote "storage"']\n    url = s3://dvc/store\n    endpointurl = ${s3.endpoint}\n`;
  await layProject('dvc-3', config);
  const extracted = await read({ dvc: 'loans.csv.dvc' }, true);
  expect(await readFile(extracted.path, 'utf8')).toBe(LOANS);
  expect(extracted.origin).toMatchObject({ readFrom: 'remote `storage` (s3://dvc/store)' });
  const parts = await read({ dvc: 'parts.dvc', format: 'csv' }, true);
  expect((parts.origin as DvcFacts).parts).toHaveLength(2);
});

test('without a remote a worker says that a cache is beside the checkout and what to do', async () => {
  await layCache();
  const refused = await refusal(read({ dvc: 'loans.csv.dvc' }, true));
  expect(refused).toMatchObject({ code: 'source_missing' });
  expect(refused.message).toContain('a worker sees the commit alone');
  expect(refused.message).toContain('`dvc push`');
});

test('a missing cache file is fetched from a remote that is a directory, or named', async () => {
  const missing = await refusal(read({ dvc: 'loans.csv.dvc' }));
  expect(missing).toMatchObject({ code: 'source_missing', details: { md5: LOANS_MD5 } });
  expect(missing.message).toContain('(asked: cache)');
  await layStorage('dvc-3', join(root, `remote-${count}`));
  await layProject(
    'dvc-3',
    `[core]\n  remote = disk\n['remote "disk"']\n  url = ../../remote-${count}\n`,
  );
  const extracted = await read({ dvc: 'loans.csv.dvc' });
  expect(await readFile(extracted.path, 'utf8')).toBe(LOANS);
});

test('another place for the cache may stand in the configuration, and the local one goes first', async () => {
  await layProject('dvc-3', '[cache]\n    dir = nowhere\n');
  await writeFile(join(project, '.dvc/config.local'), `[cache]\ndir = ../elsewhere\n`);
  await layStorage('dvc-3', join(project, 'elsewhere'));
  expect((await read({ dvc: 'loans.csv.dvc' })).origin).toMatchObject({ readFrom: 'cache' });
});

test('a list of parts that was cut off is refused, and so is a remote that is not S3', async () => {
  await layCache();
  const list = join(project, '.dvc/cache/files/md5/51/ac410abda7afd7acc6a56fde1912a8.dir');
  await writeFile(list, (await readFile(list)).subarray(0, 40));
  expect(await refusal(read({ dvc: 'parts.dvc', format: 'csv' }))).toMatchObject({
    code: 'source_differs',
  });
  const url = 'ssh://me:swordfish@host/store';
  await layProject('dvc-3', `[core]\n remote = far\n['remote "far"']\n url = ${url}\n`);
  const refused = await refusal(read({ dvc: 'loans.csv.dvc' }, true));
  expect(refused).toMatchObject({ code: 'source_unsupported' });
  expect(refused.message).not.toContain('swordfish');
});

test('a file that is written to while it is copied is refused', async () => {
  const from = join(root, `growing-${count}`);
  await writeFile(from, Buffer.alloc(8 * 1024 * 1024, 'x'));
  let isOn = true;
  const writer = (async () => {
    while (isOn) await appendFile(from, 'more');
  })();
  const refused = await refusal(copyUnchanged(from, join(root, `copy-${count}`)));
  isOn = false;
  await writer;
  expect(refused).toMatchObject({ code: 'source_changed' });
});

test('a file that is not as DVC writes it is refused with its line', async () => {
  await writeFile(join(project, 'bad.csv.dvc'), 'outs:\n- path: bad.csv\n  md5: 123\n');
  const refused = await refusal(read({ dvc: 'bad.csv.dvc' }));
  expect(refused).toMatchObject({ code: 'source_unsupported' });
  expect(refused.message).toContain('bad.csv.dvc:3: `outs.0.md5`');
  expect(await refusal(read({ dvc: 'none.csv.dvc' }))).toMatchObject({ code: 'file_missing' });
});
