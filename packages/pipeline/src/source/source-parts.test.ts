// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BlobStore, openFileBlobStore } from '../blobs/blob-store.ts';
import { checkoutBundle } from './checkout-bundle.ts';
import { git } from './git.ts';
import { archiveSource, type SourceRevision } from './source-revision.ts';

let root: string;
let repository: string;
let blobs: BlobStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'parts-'));
  repository = join(root, 'repository');
  blobs = openFileBlobStore(join(root, 'blobs'));
  await init(repository, { 'train.py': 'print(1)\n' });
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function init(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(directory, { recursive: true });
  await git(directory, ['init', '--quiet', '--template=']);
  await commit(directory, files);
}

async function commit(
  directory: string,
  files: Readonly<Record<string, string>>,
  email = 'ada@example.com',
): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  await git(directory, ['add', '--all']);
  const who = ['-c', 'user.name=A', '-c', `user.email=${email}`];
  await git(directory, [...who, 'commit', '--quiet', '--message', 'change']);
}

const archive = () => archiveSource(repository, blobs, root);

/** What a worker would lay out from what was archived alone. */
async function checkOut(revision: SourceRevision): Promise<string> {
  const bundle = join(root, 'archived.bundle');
  await blobs.copyTo(revision.bundle.digest, bundle);
  const target = join(root, 'checkout');
  const described = await checkoutBundle(bundle, target, { commit: revision.commit, blobs });
  expect({ ...described, bundle: revision.bundle }).toEqual(revision);
  return target;
}

const files = { GIT_ALLOW_PROTOCOL: 'file' };

async function addSubmodule(directory: string, from: string, path: string): Promise<void> {
  await git(directory, ['submodule', '--quiet', 'add', from, path], files);
}

test('submodules travel in the same bundle, at the commits that they stand at, their authors with them', async () => {
  await init(join(root, 'inner'), { 'inner.py': 'inner\n' });
  await init(join(root, 'vendor'), { 'lib/old.py': 'old\n' });
  await addSubmodule(join(root, 'vendor'), join(root, 'inner'), 'deep/inner');
  await commit(join(root, 'vendor'), { 'lib/new.py': 'new\n' }, 'vera@example.com');
  await addSubmodule(repository, join(root, 'vendor'), 'vendor');
  await git(repository, ['submodule', '--quiet', 'update', '--init', '--recursive'], files);
  await commit(repository, {});
  const revision = await archive();
  expect(revision.submodules?.map(({ path }) => path)).toEqual(['vendor', 'vendor/deep/inner']);
  expect(revision.contributors.map(({ email }) => email)).toContain('vera@example.com');
  await rm(join(root, 'vendor'), { recursive: true });
  await rm(join(root, 'inner'), { recursive: true });
  await rm(repository, { recursive: true });
  const target = await checkOut(revision);
  expect(await readFile(join(target, 'vendor', 'lib', 'new.py'), 'utf8')).toBe('new\n');
  expect(await readFile(join(target, 'vendor', 'deep', 'inner', 'inner.py'), 'utf8')).toBe(
    'inner\n',
  );
  expect(await readFile(join(target, 'train.py'), 'utf8')).toBe('print(1)\n');
});

test('a submodule that is absent, changed or at another commit is refused with what to do', async () => {
  await init(join(root, 'vendor'), { 'a.py': '1\n' });
  await addSubmodule(repository, join(root, 'vendor'), 'vendor');
  await commit(repository, {});
  await writeFile(join(repository, 'vendor', 'a.py'), '2\n');
  await expect(archive()).rejects.toMatchObject({
    code: 'checkout_dirty',
    message: expect.stringContaining('`vendor/a.py`'),
  });
  await commit(join(repository, 'vendor'), {});
  await expect(archive()).rejects.toMatchObject({
    code: 'checkout_dirty',
    message: expect.stringContaining('the submodule `vendor` stands at'),
  });
  await git(repository, ['submodule', '--quiet', 'deinit', '--force', 'vendor']);
  await expect(archive()).rejects.toMatchObject({
    code: 'source_unsupported',
    message: expect.stringContaining('git submodule update --init --recursive'),
  });
});

const BYTES = 'id,score\n1,0.5\n'.repeat(100);
const OID = createHash('sha256').update(BYTES).digest('hex');
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${OID}\nsize ${BYTES.length}\n`;
const ATTRIBUTES = '*.bin filter=lfs diff=lfs merge=lfs -text\n';
const objectAt = (directory: string) =>
  join(directory, '.git', 'lfs', 'objects', OID.slice(0, 2), OID.slice(2, 4), OID);

/** As `git lfs` leaves a repository: the pointer in the commit, the bytes in its store and in the working tree. */
async function addLfsFile(): Promise<void> {
  await commit(repository, { '.gitattributes': ATTRIBUTES, 'data/rows.bin': POINTER });
  await mkdir(dirname(objectAt(repository)), { recursive: true });
  await writeFile(objectAt(repository), BYTES);
  await writeFile(join(repository, 'data/rows.bin'), BYTES);
}

test('files of Git LFS are archived under their own digests, and steps see their bytes', async () => {
  await addLfsFile();
  const revision = await archive();
  expect(revision.lfs).toEqual([{ path: 'data/rows.bin', digest: OID, size: BYTES.length }]);
  const target = await checkOut(revision);
  expect(await readFile(join(target, 'data', 'rows.bin'), 'utf8')).toBe(BYTES);
  expect((await stat(join(target, 'data', 'rows.bin'))).mode & 0o111).toBe(0);
});

test('a changed LFS file, one that is not here, and one that was damaged are refused with the path', async () => {
  await addLfsFile();
  await writeFile(join(repository, 'data/rows.bin'), 'changed');
  await expect(archive()).rejects.toMatchObject({
    code: 'checkout_dirty',
    message: expect.stringContaining('`data/rows.bin`'),
  });
  await writeFile(join(repository, 'data/rows.bin'), BYTES);
  await writeFile(objectAt(repository), BYTES.replace('1', '2'));
  await expect(archive()).rejects.toMatchObject({
    code: 'source_unsupported',
    message: expect.stringContaining('has other bytes'),
  });
  await rm(objectAt(repository));
  await expect(archive()).rejects.toMatchObject({
    code: 'source_unsupported',
    message: expect.stringContaining('git lfs pull'),
  });
});

test('a pointer that no attribute makes a file of LFS, and one with extensions, are refused', async () => {
  await commit(repository, { 'rows.bin': POINTER });
  await expect(archive()).rejects.toMatchObject({
    code: 'source_unsupported',
    message: expect.stringContaining('`rows.bin` is a pointer of Git LFS, but'),
  });
  const extended = POINTER.replace('oid', `ext-0-crypt sha256:${OID}\noid`);
  await commit(repository, { '.gitattributes': ATTRIBUTES, 'rows.bin': extended });
  await expect(archive()).rejects.toMatchObject({
    code: 'source_unsupported',
    message: expect.stringContaining('not of the plain form'),
  });
});

test('shallow and partial clones are refused with what to do', async () => {
  await commit(repository, { more: 'x' });
  const from = `file://${repository}`;
  const original = repository;
  await git(root, ['clone', '--quiet', '--depth=1', from, 'shallow'], files);
  repository = join(root, 'shallow');
  await expect(archive()).rejects.toMatchObject({
    code: 'source_unsupported',
    message: expect.stringContaining('git fetch --unshallow'),
  });
  await git(original, ['config', 'uploadpack.allowFilter', 'true']);
  await git(
    root,
    ['clone', '--quiet', '--filter=blob:none', '--no-checkout', from, 'partial'],
    files,
  );
  repository = join(root, 'partial');
  await expect(archive()).rejects.toMatchObject({
    code: 'source_unsupported',
    message: expect.stringContaining('partial clone'),
  });
});

test('what a sparse checkout leaves out, and what export attributes would leave out or write in, is there as committed', async () => {
  const attributes = 'secret.txt export-ignore\nversion.txt export-subst\n';
  await commit(repository, {
    '.gitattributes': attributes,
    'secret.txt': 's',
    'version.txt': '$Format:%H$\n',
    'aside/a.txt': 'a',
  });
  await git(repository, ['sparse-checkout', 'set', '--no-cone', '/*', '!/aside/']);
  const target = await checkOut(await archive());
  expect(await readFile(join(target, 'aside', 'a.txt'), 'utf8')).toBe('a');
  expect(await readFile(join(target, 'secret.txt'), 'utf8')).toBe('s');
  expect(await readFile(join(target, 'version.txt'), 'utf8')).toBe('$Format:%H$\n');
});

test('line ends are those of the commit, whatever the caller’s git is set to; those that the commit asks for are made', async () => {
  await commit(repository, {
    'lf.txt': 'a\nb\n',
    '.gitattributes': '*.win text eol=crlf\n',
    'x.win': 'a\n',
  });
  await git(repository, ['config', 'core.autocrlf', 'true']);
  const revision = await archive();
  await cp(repository, join(root, 'kept'), { recursive: true });
  const target = await checkOut(revision);
  expect(await readFile(join(target, 'lf.txt'), 'utf8')).toBe('a\nb\n');
  expect(await readFile(join(target, 'x.win'), 'utf8')).toBe('a\r\n');
});
