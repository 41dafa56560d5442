// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from 'vitest';
import { type LoadedPack, loadPack } from './load-pack.ts';

let loaded: LoadedPack;
beforeAll(async () => {
  const file = new URL('../../../../frameworks/fda-samd.yaml', import.meta.url);
  loaded = await loadPack(file.pathname);
});

describe('fda-samd', () => {
  test('says of the lifecycle guidance that it is a draft, wherever it is cited', () => {
    const cited = loaded.pack.clauses.filter(({ id }) => id.includes('/aidsf.'));
    expect(cited).toHaveLength(9);
    for (const { ref } of cited) expect(ref).toContain('draft');
  });
});
