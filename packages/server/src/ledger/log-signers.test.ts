// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { parseNote, publicKeyOf, verifyCheckpoint } from '@countersign/kernel';
import { nodeSigner, nodePrimitives as p } from '@countersign/kernel/node';
import { describe, expect, test } from 'vitest';
import { type LogSigner, signCheckpointWith } from './log-signers.ts';
import { trustCheckpoint } from './published-log.ts';

const name = 'bank.test/log';

function logKey(): LogSigner {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
  return { signer: nodeSigner(privateKey), publicKey: publicKeyOf(p, 'ed25519', spki) };
}

const head = (size: number) => ({ origin: name, size, root: new Uint8Array(32).fill(size) });
const [old, next] = [logKey(), logKey()];

describe('a log whose key is being replaced', () => {
  test('has checkpoints that verify under either key alone', async () => {
    const note = await signCheckpointWith([old, next], head(7));
    expect(parseNote(note).signatures).toHaveLength(2);
    for (const { publicKey } of [old, next]) {
      expect(verifyCheckpoint(p, note, { name, publicKey })).toEqual(head(7));
    }
  });

  test('believes the replaced key up to the last tree without its end, and no further', async () => {
    const log = {
      origin: name,
      publicKey: next.publicKey,
      replaced: [{ publicKey: old.publicKey, lastSize: 7 }],
    };
    const before = await signCheckpointWith([old], head(7));
    expect(trustCheckpoint(before, log, 'it').size).toBe(7);
    const after = await signCheckpointWith([old], head(8));
    expect(() => trustCheckpoint(after, log, 'it')).toThrow(/is not signed by the key/);
    expect(() => trustCheckpoint('no note at all', log, 'it')).toThrow(/is not signed by the key/);
    const both = await signCheckpointWith([old, next], head(8));
    expect(trustCheckpoint(both, log, 'it').size).toBe(8);
  });

  test('signs nothing without a key', async () => {
    await expect(signCheckpointWith([], head(1))).rejects.toThrow(/without a key/);
  });
});
