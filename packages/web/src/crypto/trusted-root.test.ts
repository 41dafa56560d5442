// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { keepRoot, type RootStore, trustedRoot } from './trusted-root.ts';

const FIRST = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);
const MARCH = '2026-03-01T09:00:00.000Z';
const APRIL = '2026-04-01T09:00:00.000Z';

function memory(): RootStore {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
  };
}

describe('the founding record of a browser', () => {
  test('is the first that a server named, and stays it', () => {
    const store = memory();
    expect(trustedRoot(store, FIRST, MARCH)).toEqual({
      standing: 'trusted',
      trusted: { root: FIRST, since: MARCH },
    });
    expect(trustedRoot(store, FIRST, APRIL).trusted.since).toBe(MARCH);
  });

  test('is not replaced by another that the server names later', () => {
    const store = memory();
    trustedRoot(store, FIRST, MARCH);
    const changed = { standing: 'changed', trusted: { root: FIRST, since: MARCH }, told: OTHER };
    expect(trustedRoot(store, OTHER, APRIL)).toEqual(changed);
    expect(trustedRoot(store, OTHER, APRIL)).toEqual(changed);
  });

  test('is replaced by its user alone', () => {
    const store = memory();
    trustedRoot(store, FIRST, MARCH);
    keepRoot(store, { root: OTHER, since: APRIL });
    expect(trustedRoot(store, OTHER, APRIL)).toMatchObject({ standing: 'trusted' });
  });

  test('is taken afresh where the storage holds something else', () => {
    const store = memory();
    store.setItem('countersign.root', '{"root":"nonsense"}');
    expect(trustedRoot(store, FIRST, MARCH).trusted.root).toBe(FIRST);
    store.setItem('countersign.root', 'not JSON');
    expect(trustedRoot(store, OTHER, MARCH).trusted.root).toBe(OTHER);
  });
});
