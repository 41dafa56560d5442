// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorDocument, SERVER_ERRORS } from '../src/http/error-catalogue.ts';

const SOURCE = join(import.meta.dirname, '../src');

test('the catalogue has every code of errors.ts, and no other', async () => {
  const text = await readFile(join(SOURCE, 'errors.ts'), 'utf8');
  const union = text.slice(0, text.indexOf('export class'));
  const codes = [...union.matchAll(/^ {2}\| '([a-z_]+)'/gm)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(50);
  expect(Object.keys(SERVER_ERRORS).sort()).toEqual([...codes].sort());
});

test('every code is thrown somewhere', async () => {
  const names = (await readdir(SOURCE, { recursive: true })).filter(
    (name) =>
      name.endsWith('.ts') &&
      !name.endsWith('.test.ts') &&
      !/^(errors|http\/error-catalogue)\.ts$/.test(name),
  );
  const texts = await Promise.all(names.map((name) => readFile(join(SOURCE, name), 'utf8')));
  const unused = Object.keys(SERVER_ERRORS).filter(
    (code) => !texts.some((text) => text.includes(`'${code}'`)),
  );
  expect(unused).toEqual([]);
});

test('every status is one that its meaning has, and messages of failures stay inside', () => {
  for (const { status } of Object.values(SERVER_ERRORS)) {
    expect([400, 401, 403, 404, 409, 410, 412, 413, 415, 416, 422, 429, 500, 503]).toContain(
      status,
    );
  }
});

test('docs/errors.md is the catalogue', async () => {
  await expect(errorDocument()).toMatchFileSnapshot('../../../docs/errors.md');
});
