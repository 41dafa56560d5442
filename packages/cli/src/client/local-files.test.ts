// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliError } from '../errors.ts';
import { FILES_MAX, listLocalFiles } from './local-files.ts';

let top: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'local-files-'));
  put('deep/model.bin');
});
afterEach(() => rmSync(top, { recursive: true }));

function put(path: string): void {
  mkdirSync(dirname(join(top, path)), { recursive: true });
  writeFileSync(join(top, path), 'x');
}

const paths = () => listLocalFiles(top).map(({ path }) => path);

test('everything below a directory is listed by path, in one order, and an empty directory is nothing', () => {
  for (const path of ['b', 'a/z', 'a.txt', '.hidden']) put(path);
  mkdirSync(join(top, 'empty'));
  expect(paths()).toEqual(['.hidden', 'a.txt', 'a/z', 'b', 'deep/model.bin']);
});

test('one file is listed by its name, also through a link that was named', () => {
  symlinkSync(join(top, 'deep/model.bin'), join(top, 'link'));
  expect(listLocalFiles(join(top, 'link'))).toEqual([{ path: 'link', from: join(top, 'link') }]);
});

test.each([
  ['a link', () => symlinkSync('/etc/passwd', join(top, 'passwd')), 'symbolic link'],
  ['a link to a directory', () => symlinkSync('/etc', join(top, 'etc')), 'symbolic link'],
  ['a link to nothing', () => symlinkSync('gone', join(top, 'gone')), 'symbolic link'],
  ['a pipe', () => execFileSync('mkfifo', [join(top, 'pipe')]), 'no regular file'],
  ['names that differ in case', () => put('deep/MODEL.bin'), 'one name'],
  ['directories that differ in case', () => put('Deep/model.bin'), 'one name'],
  ['names that differ in Unicode form', () => ['\u00e9', 'e\u0301'].map(put), 'one name'],
  ['a path that is too long', () => put(`${`${'x'.repeat(99)}/`.repeat(3)}y`), '255 are the most'],
  ['a name with a line end', () => put('a\nb'), 'read differently'],
  ['a name with a backslash', () => put('..\\b'), 'read differently'],
  [
    'a name that is no UTF-8',
    () => execFileSync('sh', ['-c', `touch "$(printf '${top}/\\377')"`]),
    'read differently',
  ],
])('a directory with %s is refused with a code', (_, make, says) => {
  make();
  try {
    paths();
  } catch (error) {
    expect(error).toBeInstanceOf(CliError);
    expect(error).toMatchObject({ code: 'file_invalid', message: expect.stringContaining(says) });
    return;
  }
  expect.unreachable('it was listed');
});

test('no files, more files than a record names, and a list that no record holds are refused', () => {
  rmSync(join(top, 'deep'), { recursive: true });
  expect(paths).toThrow('holds 0 files');
  for (let n = 0; n < FILES_MAX; n += 1) put(`${n}`);
  expect(paths()).toHaveLength(FILES_MAX);
  put('one-more');
  expect(paths).toThrow(`1 to ${FILES_MAX}`);
  rmSync(top, { recursive: true });
  for (let n = 0; n < 2700; n += 1) put(`${'x'.repeat(200)}${n}`);
  expect(paths).toThrow('no record holds the list');
});

test('a path that is not there, and one that is a device, are refused', () => {
  expect(() => listLocalFiles(join(top, 'gone'))).toThrow('cannot be read');
  expect(() => listLocalFiles('/dev/null')).toThrow('neither a file nor a directory');
});
