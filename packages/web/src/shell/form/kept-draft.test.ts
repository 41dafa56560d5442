// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { type DraftStore, dropDraft, keepDraft, keptDraft } from './kept-draft.ts';

const AT = '2026-03-01T09:00:00.000Z';
const OF = { account: 'vera', name: 'finding/credit' };

function memory(): DraftStore & { readonly held: Map<string, string> } {
  const held = new Map<string, string>();
  return {
    held,
    getItem: (key) => held.get(key) ?? null,
    setItem: (key, value) => void held.set(key, value),
    removeItem: (key) => void held.delete(key),
  };
}

describe('a kept draft', () => {
  test('comes back to its author and its form alone, until it is dropped', () => {
    const store = memory();
    const values = { title: 'rows are missing', blocking: true };
    expect(keepDraft(store, OF, { values, at: AT })).toBe(true);
    expect(keptDraft(store, 'vera', 'finding/credit')).toEqual({ values, at: AT });
    expect(keptDraft(store, 'omar', 'finding/credit')).toBeUndefined();
    expect(keptDraft(store, 'vera', 'finding/churn')).toBeUndefined();
    dropDraft(store, 'vera', 'finding/credit');
    expect(keptDraft(store, 'vera', 'finding/credit')).toBeUndefined();
  });

  test('is nothing where the storage holds something else, and holds text and choices alone', () => {
    const store = memory();
    store.setItem('countersign.draft.vera.a', 'not JSON');
    expect(keptDraft(store, 'vera', 'a')).toBeUndefined();
    store.setItem('countersign.draft.vera.a', '{"values":{"title":"x","n":1,"o":{}},"at":"t"}');
    expect(keptDraft(store, 'vera', 'a')?.values).toEqual({ title: 'x' });
  });

  test('is not kept where there is no room, and says so', () => {
    const full: DraftStore = {
      ...memory(),
      setItem: () => {
        throw new Error('QuotaExceededError');
      },
    };
    expect(keepDraft(full, OF, { values: { title: 'x' }, at: AT })).toBe(false);
    const long = { title: 'x'.repeat(400_001) };
    expect(keepDraft(memory(), OF, { values: long, at: AT })).toBe(false);
  });
});
