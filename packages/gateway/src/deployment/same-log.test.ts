// SPDX-License-Identifier: Apache-2.0
import { emptyRoot, leafHash, merkleTree, toHex } from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { describe, expect, test } from 'vitest';
import { requireSameLog, type TreeHead } from './same-log.ts';

const hashes = Array.from({ length: 12 }, (_, n) => leafHash(p, Uint8Array.of(n)));
/** The same log, but for its fourth entry. */
const forked = hashes.map((hash, n) => (n === 3 ? leafHash(p, Uint8Array.of(99)) : hash));
const head = (log: readonly Uint8Array[], size: number): TreeHead => ({
  size,
  root: toHex(merkleTree(p, log.slice(0, size)).root),
});

/** Proofs of a log, counting how often it is asked. */
function feedOf(log: readonly Uint8Array[]) {
  const asked: string[] = [];
  const consistency = async (from: number, to: number): Promise<readonly Uint8Array[]> => {
    asked.push(`${from}-${to}`);
    return merkleTree(p, log.slice(0, to)).consistencyProof(from);
  };
  return { asked, consistency };
}

const empty: TreeHead = { size: 0, root: toHex(emptyRoot(p)) };

describe('two heads', () => {
  test.each([
    ['of sizes 5 and 12', head(hashes, 5), head(hashes, 12), ['5-12']],
    ['the larger first', head(hashes, 12), head(hashes, 5), ['5-12']],
    ['of sizes 4 and 8, whole subtrees', head(hashes, 4), head(hashes, 8), ['4-8']],
    ['of one size', head(hashes, 7), head(hashes, 7), []],
    ['of which one is empty', empty, head(hashes, 7), []],
    ['that are both empty', empty, empty, []],
  ])('of one log, %s, are accepted', async (_, a, b, asked) => {
    const feed = feedOf(hashes);
    await expect(requireSameLog(feed, p, [a, b])).resolves.toBeUndefined();
    expect(feed.asked).toEqual(asked);
  });

  test.each([
    ['a fork of larger size', head(hashes, 5), head(forked, 12)],
    ['a fork one entry larger', head(hashes, 4), head(forked, 5)],
    ['a fork of the same size', head(hashes, 7), head(forked, 7)],
    [
      'an empty tree with entries in its root',
      { ...empty, root: 'ab'.repeat(32) },
      head(hashes, 7),
    ],
  ])('of two logs, %s, are refused whichever log proves', async (_, a, b) => {
    for (const log of [hashes, forked]) {
      await expect(requireSameLog(feedOf(log), p, [a, b])).rejects.toMatchObject({
        code: 'log_fork',
      });
    }
  });

  test('that differ after the smaller tree are of one log', async () => {
    await requireSameLog(feedOf(forked), p, [head(hashes, 3), head(forked, 12)]);
  });

  test('without a proof are neither', async () => {
    const consistency = () => Promise.reject(new Error('no answer'));
    const heads = [head(hashes, 5), head(hashes, 12)] as const;
    await expect(requireSameLog({ consistency }, p, heads)).rejects.toThrow('no answer');
  });
});
