// SPDX-License-Identifier: Apache-2.0
import type { AsOfReply } from '@countersign/contract';
import { expect, test } from 'vitest';
import { type AsOfWarrant, heldRows } from './held-rows.ts';

const at = '2026-03-03T23:59:59.999Z';
const correction = {
  digest: 'c'.repeat(64),
  type: 'validation-report',
  by: ['val'],
  loggedAt: at,
  effectiveAt: at,
};

function warrant(digest: string, more: Partial<AsOfWarrant> = {}): AsOfWarrant {
  return {
    digest,
    model: 'credit',
    use: 'underwriting',
    version: 1,
    environment: 'production',
    warrant: 'full',
    artifactDigest: '0'.repeat(64),
    demonstration: false,
    notBefore: at,
    expires: at,
    loggedAt: at,
    limits: {},
    inEffect: true,
    corrections: [],
    chain: { approvals: [], validation: [], packs: [], exceptions: [], evidence: [], datasets: [] },
    ...more,
  };
}

const answer = (warrants: readonly AsOfWarrant[]): AsOfReply => ({
  date: at,
  known: { time: at, index: 1 },
  warrants,
  stages: [],
});

test('what is told otherwise now than then is said, and what is told the same is not', () => {
  const then = answer(['a', 'b', 'c'].map((digest) => warrant(digest)));
  const now = answer([
    warrant('a'),
    warrant('b', { inEffect: false, corrections: [correction] }),
    warrant('c', { corrections: [correction] }),
    warrant('d'),
  ]);
  expect(heldRows(now, then).map(({ differs }) => differs)).toEqual([
    '',
    'known since to have ended before',
    'corrected since',
    'not known then',
  ]);
  expect(heldRows(then, then).every(({ differs }) => differs === '')).toBe(true);
});
