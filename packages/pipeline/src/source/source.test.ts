// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFileBlobStore } from '../blobs/blob-store.ts';
import { checkoutBundle } from './checkout-bundle.ts';
import { git } from './git.ts';
import { archiveSource } from './source-revision.ts';

let root: string;
let repository: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'source-'));
  repository = join(root, 'repository');
  await mkdir(join(repository, 'src'), { recursive: true });
  await git(repository, ['init', '--quiet', '--template=']);
  await writeFile(join(repository, 'src', 'train.py'), 'print("ä")\r\n');
  await commit('ada@example.com');
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function commit(email: string): Promise<void> {
  const person = { NAME: 'A', EMAIL: email, DATE: '2026-03-31T10:00:00Z' };
  const env = Object.fromEntries(
    Object.entries(person).flatMap(([key, value]) => [
      [`GIT_AUTHOR_${key}`, value],
      [`GIT_COMMITTER_${key}`, value],
    ]),
  );
  await git(repository, ['add', '--all']);
  await git(repository, ['commit', '--quiet', '--message', 'change'], env);
}

const archive = () => archiveSource(repository, openFileBlobStore(join(root, 'blobs')), root);

test('a bundle gives back the files of the commit byte for byte, without git metadata', async () => {
  await writeFile(join(repository, 'README'), 'x');
  await commit('bob@example.com');
  const revision = await archive();
  const bundle = join(root, 'archived.bundle');
  const blobs = openFileBlobStore(join(root, 'blobs'));
  await blobs.copyTo(revision.bundle.digest, bundle);
  const target = join(root, 'checkout');
  const described = await checkoutBundle(bundle, target, { commit: revision.commit });
  expect({ ...described, bundle: revision.bundle }).toEqual(revision);
  expect((await readdir(target)).toSorted()).toEqual(['README', 'src']);
  expect(await readFile(join(target, 'src', 'train.py'), 'utf8')).toBe('print("ä")\r\n');
  expect(revision.contributors).toEqual([
    { email: 'ada@example.com' },
    { email: 'bob@example.com' },
  ]);
  expect(revision.committedAt).toBe('2026-03-31T10:00:00.000Z');
});

test('a dirty tree is refused and the file is named', async () => {
  await writeFile(join(repository, 'new.py'), '');
  await expect(archive()).rejects.toMatchObject({
    code: 'checkout_dirty',
    message: expect.stringContaining('`new.py`'),
  });
  await rm(join(repository, 'new.py'));
  await writeFile(join(repository, 'src', 'train.py'), 'changed');
  await expect(archive()).rejects.toMatchObject({ code: 'checkout_dirty' });
});

test('a directory that is no repository, and one without a commit, are told what to do', async () => {
  repository = join(root, 'begun');
  await mkdir(repository);
  const refused = (message: string) =>
    expect(archive()).rejects.toMatchObject({
      code: 'source_unsupported',
      message: expect.stringContaining(message),
    });
  await refused('`git init` it and commit');
  await git(repository, ['init', '--quiet', '--template=']);
  await refused('without a commit; make the first one');
});

test('a bundle of another commit is refused', async () => {
  const revision = await archive();
  const bundle = join(root, 'b');
  await openFileBlobStore(join(root, 'blobs')).copyTo(revision.bundle.digest, bundle);
  await expect(
    checkoutBundle(bundle, join(root, 'c'), { commit: '0'.repeat(40) }),
  ).rejects.toMatchObject({
    code: 'git_failed',
  });
});

test('symbolic links, and filters but that of LFS, are refused with the path', async () => {
  await symlink('/etc/shadow', join(repository, 'data.csv'));
  await commit('ada@example.com');
  await expect(archive()).rejects.toMatchObject({
    code: 'source_unsupported',
    message: expect.stringContaining('`data.csv`'),
  });
  await rm(join(repository, 'data.csv'));
  await writeFile(
    join(repository, '.gitattributes'),
    '*.bin filter=lfs diff=lfs -text\n*.x filter=tool\n',
  );
  await commit('ada@example.com');
  await expect(archive()).rejects.toMatchObject({
    code: 'source_unsupported',
    message: expect.stringContaining('`.gitattributes:2`'),
  });
});
