// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { packageIndex } from './package-index.ts';

const PATH = process.env.PATH ?? '';

test('the index that the host names is handed on, one with credentials is not', async () => {
  const index = 'https://mirror.example/simple';
  expect(await packageIndex('python3', { PATH, PIP_INDEX_URL: index })).toBe(index);
  const secret = 'https://user:word@mirror.example/simple';
  expect(await packageIndex('python3', { PATH, PIP_INDEX_URL: secret })).toBeUndefined();
});

test('where the host names none pip is asked, and without a Python there is none', async () => {
  expect(await packageIndex('python3', { PATH })).toMatch(/^https?:\/\/\S+$/);
  expect(await packageIndex('/nowhere/python3', { PATH })).toBeUndefined();
});
