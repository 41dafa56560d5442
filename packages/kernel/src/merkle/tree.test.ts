// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { equalBytes, fromHex, toHex } from '../bytes.ts';
import { nodePrimitives as p } from '../node.ts';
import { consistencyProof, inclusionProof, merkleRoot, merkleTree } from './tree.ts';
import { emptyRoot, leafHash, nodeHash } from './tree-hash.ts';
import {
  type ConsistencyClaim,
  type InclusionClaim,
  verifyConsistency,
  verifyInclusion,
} from './verify.ts';

const SIZE_MAX = 200;

// The eight entries and the answers that the Certificate Transparency implementations share.
const entries = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const known = entries.map((entry) => leafHash(p, fromHex(entry)));
const hashes = Array.from({ length: SIZE_MAX }, (_, i) => leafHash(p, Uint8Array.of(i >> 8, i)));

describe('known answers of Certificate Transparency', () => {
  it('leaf, node and empty hashes', () => {
    expect(toHex(emptyRoot(p))).toBe(roots[0]);
    expect(toHex(leafHash(p, new Uint8Array(0)))).toBe(roots[1]);
    expect(toHex(leafHash(p, new TextEncoder().encode('L123456')))).toBe(
      '395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56',
    );
    expect(toHex(nodeHash(p, known[0]!, known[1]!))).toBe(roots[2]);
  });

  it.each(roots.map((root, size) => [size, root] as const))('root of %i entries', (size, root) => {
    expect(toHex(merkleRoot(p, known.slice(0, size)))).toBe(root);
  });

  it.each<[number, number, string[]]>([
    [0, 1, []],
    [
      0,
      8,
      [
        '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
      ],
    ],
    [
      5,
      8,
      [
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    ],
    [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
    [
      1,
      5,
      [
        '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      ],
    ],
  ])('audit path of entry %i among %i', (index, size, path) => {
    const proof = inclusionProof(p, known.slice(0, size), index);
    expect(proof.map(toHex)).toEqual(path);
    const root = fromHex(roots[size]!);
    expect(verifyInclusion(p, { leaf: known[index]!, index, size, proof, root })).toBe(true);
  });

  it.each<[number, number, string[]]>([
    [1, 1, []],
    [
      1,
      8,
      [
        '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
      ],
    ],
    [
      6,
      8,
      [
        '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    ],
    [
      2,
      5,
      [
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      ],
    ],
    [
      6,
      7,
      [
        '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
        'b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    ],
  ])('consistency of %i with %i entries', (oldSize, newSize, path) => {
    const proof = consistencyProof(p, known.slice(0, newSize), oldSize);
    expect(proof.map(toHex)).toEqual(path);
    const [oldRoot, newRoot] = [fromHex(roots[oldSize]!), fromHex(roots[newSize]!)];
    expect(verifyConsistency(p, { oldSize, oldRoot, newSize, newRoot, proof })).toBe(true);
  });
});

describe(`every tree of up to ${SIZE_MAX} leaves`, () => {
  it('has the root that RFC 6962 section 2.1 defines by recursion', () => {
    for (let size = 0; size <= SIZE_MAX; size++) {
      expect(toHex(merkleRoot(p, hashes.slice(0, size)))).toBe(toHex(mth(hashes.slice(0, size))));
    }
  });

  it('proves each of its leaves by the path of RFC 6962 section 2.1.1, and no tampered path', () => {
    for (let size = 1; size <= SIZE_MAX; size++) {
      const tree = merkleTree(p, hashes.slice(0, size));
      for (let index = 0; index < size; index++) {
        const proof = tree.inclusionProof(index);
        const claim = { leaf: hashes[index]!, index, size, proof, root: tree.root };
        expect(verifyInclusion(p, claim)).toBe(true);
        if (size % 40 === 0 || size < 20) {
          expect(proof.map(toHex)).toEqual(path(index, hashes.slice(0, size)).map(toHex));
          for (const [, wrong] of wrongInclusions(claim))
            expect(verifyInclusion(p, wrong)).toBe(false);
        }
      }
    }
  });

  it('is consistent with each smaller tree by the proof of RFC 6962 section 2.1.2, and no tampered proof', () => {
    const roots = Array.from({ length: SIZE_MAX + 1 }, (_, size) =>
      merkleRoot(p, hashes.slice(0, size)),
    );
    for (let newSize = 0; newSize <= SIZE_MAX; newSize++) {
      const tree = merkleTree(p, hashes.slice(0, newSize));
      for (let oldSize = 0; oldSize <= newSize; oldSize++) {
        const proof = tree.consistencyProof(oldSize);
        const claim = {
          oldSize,
          oldRoot: roots[oldSize]!,
          newSize,
          newRoot: roots[newSize]!,
          proof,
        };
        expect(verifyConsistency(p, claim)).toBe(true);
        if (newSize % 40 === 0 || newSize < 20) {
          if (oldSize > 0 && oldSize < newSize) {
            const expected = subproof(oldSize, hashes.slice(0, newSize), true);
            expect(proof.map(toHex)).toEqual(expected.map(toHex));
          }
          for (const wrong of wrongConsistencies(claim))
            expect(verifyConsistency(p, wrong)).toBe(false);
        }
      }
    }
  });
});

describe('a claim from an attacker', () => {
  const tree = merkleTree(p, hashes.slice(0, 10));
  const inclusion: InclusionClaim = {
    leaf: hashes[3]!,
    index: 3,
    size: 10,
    proof: tree.inclusionProof(3),
    root: tree.root,
  };
  const consistency: ConsistencyClaim = {
    oldSize: 6,
    oldRoot: merkleRoot(p, hashes.slice(0, 6)),
    newSize: 10,
    newRoot: tree.root,
    proof: tree.consistencyProof(6),
  };

  it.each<[string, Partial<InclusionClaim>]>([
    ['an index at the size', { index: 10 }],
    ['a negative index', { index: -1 }],
    ['a fraction as index', { index: 3.5 }],
    ['NaN as size', { size: Number.NaN }],
    ['an endless size', { size: Number.POSITIVE_INFINITY }],
    ['an unsafe size', { size: 2 ** 53 }],
    ['an empty tree', { index: 0, size: 0, proof: [], root: emptyRoot(p) }],
    ['a short leaf', { leaf: hashes[3]!.slice(1) }],
    ['a short root', { root: tree.root.slice(1) }],
    ['a short proof element', { proof: [new Uint8Array(31), ...inclusion.proof.slice(1)] }],
    ['a proof of thousands', { proof: Array.from({ length: 5000 }, () => tree.root) }],
  ])('of inclusion with %s is refused', (_, change) => {
    expect(verifyInclusion(p, inclusion)).toBe(true);
    expect(verifyInclusion(p, { ...inclusion, ...change })).toBe(false);
  });

  it.each<[string, Partial<ConsistencyClaim>]>([
    ['a tree that shrinks', { oldSize: 11 }],
    ['a negative size', { oldSize: -1 }],
    ['an unsafe size', { newSize: 2 ** 53 }],
    ['NaN as size', { oldSize: Number.NaN }],
    ['an empty proof', { proof: [] }],
    ['an old tree said to be empty', { oldSize: 0, proof: [] }],
    ['a proof although the old tree is empty', { oldSize: 0, oldRoot: emptyRoot(p) }],
    ['equal sizes and different roots', { oldSize: 10, proof: [] }],
    ['equal sizes and a proof', { oldSize: 10, oldRoot: tree.root }],
    ['a short root', { oldRoot: tree.root.slice(1) }],
  ])('of consistency with %s is refused', (_, change) => {
    expect(verifyConsistency(p, consistency)).toBe(true);
    expect(verifyConsistency(p, { ...consistency, ...change })).toBe(false);
  });

  it('cannot pass off a node as a leaf', () => {
    const node = nodeHash(p, hashes[0]!, hashes[1]!);
    const four = merkleTree(p, hashes.slice(0, 4));
    const proof = [nodeHash(p, hashes[2]!, hashes[3]!)];
    const leaf = leafHash(p, Uint8Array.from([...hashes[0]!, ...hashes[1]!]));
    expect(equalBytes(nodeHash(p, node, proof[0]!), four.root)).toBe(true);
    expect(verifyInclusion(p, { leaf, index: 0, size: 2, proof, root: four.root })).toBe(false);
  });

  it('cannot give a leaf the place that it has in a smaller or larger tree', () => {
    const two = merkleTree(p, hashes.slice(0, 2));
    const alone = { leaf: hashes[1]!, index: 0, size: 1, proof: [hashes[0]!], root: two.root };
    expect(verifyInclusion(p, alone)).toBe(false);
    const eight = merkleTree(p, hashes.slice(0, 8));
    const claim = { leaf: hashes[3]!, index: 3, proof: eight.inclusionProof(3), root: eight.root };
    expect(verifyInclusion(p, { ...claim, size: 8 })).toBe(true);
    expect(verifyInclusion(p, { ...claim, size: 16 })).toBe(false);
  });

  it('cannot pass off the growth of one tree as that of a smaller or larger one', () => {
    const oldRoot = merkleRoot(p, hashes.slice(0, 7));
    const eight = merkleTree(p, hashes.slice(0, 8));
    const claim = { oldRoot, newRoot: eight.root, proof: eight.consistencyProof(7) };
    expect(verifyConsistency(p, { ...claim, oldSize: 7, newSize: 8 })).toBe(true);
    expect(verifyConsistency(p, { ...claim, oldSize: 3, newSize: 4 })).toBe(false);
    expect(verifyConsistency(p, { ...claim, oldSize: 7, newSize: 16 })).toBe(false);
  });

  it('holds for trees of up to 2^53 - 1 leaves', () => {
    // The last leaf of such a tree has a path of right-hand neighbours only: its hash is folded
    // from them.
    const proof = Array.from({ length: 52 }, (_, i) => hashes[i]!);
    const root = proof.reduce((hash, left) => nodeHash(p, left, hash), hashes[99]!);
    const index = 2 ** 53 - 2;
    expect(verifyInclusion(p, { leaf: hashes[99]!, index, size: 2 ** 53 - 1, proof, root })).toBe(
      true,
    );
    expect(
      verifyInclusion(p, { leaf: hashes[99]!, index: index - 1, size: 2 ** 53 - 1, proof, root }),
    ).toBe(false);
  });
});

describe('a proof that is not there', () => {
  it.each([
    ['beyond the last leaf', () => inclusionProof(p, hashes.slice(0, 3), 3)],
    ['before the first leaf', () => inclusionProof(p, hashes.slice(0, 3), -1)],
    ['of an empty tree', () => inclusionProof(p, [], 0)],
    ['from a larger tree', () => consistencyProof(p, hashes.slice(0, 3), 4)],
    ['from a size that is no integer', () => consistencyProof(p, hashes.slice(0, 3), 0.5)],
  ])('%s is refused', (_, run) => {
    expect(run).toThrow(expect.objectContaining({ code: 'bad_tree_range' }));
  });
});

// RFC 6962 section 2.1, word for word: the oracle for trees beyond the published vectors.

function mth(d: readonly Uint8Array[]): Uint8Array {
  if (d.length === 0) return createHash('sha256').digest();
  if (d.length === 1) return d[0]!;
  const k = split(d.length);
  return createHash('sha256')
    .update(Uint8Array.of(1))
    .update(mth(d.slice(0, k)))
    .update(mth(d.slice(k)))
    .digest();
}

function path(m: number, d: readonly Uint8Array[]): Uint8Array[] {
  if (d.length === 1) return [];
  const k = split(d.length);
  return m < k
    ? [...path(m, d.slice(0, k)), mth(d.slice(k))]
    : [...path(m - k, d.slice(k)), mth(d.slice(0, k))];
}

function subproof(m: number, d: readonly Uint8Array[], isWhole: boolean): Uint8Array[] {
  if (m === d.length) return isWhole ? [] : [mth(d)];
  const k = split(d.length);
  return m <= k
    ? [...subproof(m, d.slice(0, k), isWhole), mth(d.slice(k))]
    : [...subproof(m - k, d.slice(k), false), mth(d.slice(0, k))];
}

function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[copy.length - 1]! ^= 1;
  return copy;
}

/** Each single change to a true claim that a verifier must notice. */
function wrongInclusions(claim: InclusionClaim): (readonly [string, InclusionClaim])[] {
  const { proof, index, size } = claim;
  const wrong: (readonly [string, InclusionClaim])[] = [
    ['leaf', { ...claim, leaf: flipped(claim.leaf) }],
    ['root', { ...claim, root: flipped(claim.root) }],
    ['longer', { ...claim, proof: [...proof, claim.root] }],
    ['longer at the start', { ...claim, proof: [claim.leaf, ...proof] }],
    ['beyond', { ...claim, index: index + size }],
  ];
  if (size > 1) wrong.push(['index', { ...claim, index: (index + 1) % size }]);
  if (proof.length > 0) {
    wrong.push(['shorter', { ...claim, proof: proof.slice(1) }]);
    wrong.push(['shorter at the end', { ...claim, proof: proof.slice(0, -1) }]);
  }
  for (let i = 0; i < proof.length; i++) {
    wrong.push([`element ${i}`, { ...claim, proof: proof.with(i, flipped(proof[i]!)) }]);
    if (i > 0) wrong.push([`swap ${i}`, { ...claim, proof: swapped(proof, i) }]);
  }
  return wrong;
}

function wrongConsistencies(claim: ConsistencyClaim): ConsistencyClaim[] {
  const { proof, oldSize, newSize } = claim;
  const wrong: ConsistencyClaim[] = [
    { ...claim, oldRoot: flipped(claim.oldRoot) },
    { ...claim, proof: [...proof, claim.newRoot] },
    { ...claim, oldSize: newSize + 1 },
  ];
  // Any new tree extends the empty one, so its root is not tied by that proof.
  if (oldSize > 0) wrong.push({ ...claim, newRoot: flipped(claim.newRoot) });
  if (proof.length > 0)
    wrong.push({ ...claim, proof: proof.slice(1) }, { ...claim, proof: proof.slice(0, -1) });
  for (let i = 0; i < proof.length; i++) {
    wrong.push({ ...claim, proof: proof.with(i, flipped(proof[i]!)) });
    if (i > 0) wrong.push({ ...claim, proof: swapped(proof, i) });
  }
  return wrong;
}

function swapped(proof: readonly Uint8Array[], i: number): Uint8Array[] {
  return proof.with(i, proof[i - 1]!).with(i - 1, proof[i]!);
}
