// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { ed25519Key, p256Key } from '../../tests/test-keys.ts';
import { fromHex, toBase64, toHex } from '../bytes.ts';
import { noblePrimitives } from '../noble.ts';
import { nodePrimitives } from '../node.ts';
import {
  type Checkpoint,
  formatCheckpoint,
  parseCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
} from './checkpoint.ts';
import { signNote } from './signed-note.ts';

const log = { name: 'countersign.example/log', ...ed25519Key(4) };
const checkpoint: Checkpoint = {
  origin: log.name,
  size: 8,
  root: fromHex('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'),
};

describe('a checkpoint', () => {
  it('is read as in the example of C2SP tlog-checkpoint', () => {
    const note = [
      'example.com/behind-the-sofa',
      '20852163',
      'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=',
      '',
      '— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=',
      '',
    ].join('\n');
    const read = parseCheckpoint(note);
    expect(read.origin).toBe('example.com/behind-the-sofa');
    expect(read.size).toBe(20_852_163);
    expect(toHex(read.root)).toBe(
      '0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62',
    );
    expect(read.extensions).toBeUndefined();
  });

  it('is three lines', () => {
    expect(formatCheckpoint(checkpoint)).toBe(
      'countersign.example/log\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n',
    );
  });

  it('verifies under its name and key, by both primitives', async () => {
    const note = await signCheckpoint(nodePrimitives, checkpoint, log);
    for (const p of [nodePrimitives, noblePrimitives]) {
      expect(verifyCheckpoint(p, note, log)).toEqual(checkpoint);
      expect(verifyCheckpoint(p, note.replace('\n8\n', '\n9\n'), log)).toBeUndefined();
      expect(verifyCheckpoint(p, note, { ...log, name: 'other.example' })).toBeUndefined();
      expect(verifyCheckpoint(p, note, { ...log, ...ed25519Key(5) })).toBeUndefined();
      expect(verifyCheckpoint(p, note, { ...log, ...p256Key() })).toBeUndefined();
    }
  });

  it('keeps extension lines', async () => {
    const extended = { ...checkpoint, extensions: ['one', 'two 2'] };
    const note = await signCheckpoint(nodePrimitives, extended, log);
    expect(verifyCheckpoint(nodePrimitives, note, log)).toEqual(extended);
  });

  it('may be of an empty log', async () => {
    const note = await signCheckpoint(nodePrimitives, { ...checkpoint, size: 0 }, log);
    expect(verifyCheckpoint(nodePrimitives, note, log)?.size).toBe(0);
  });

  it('of another origin is neither signed nor accepted under the key', async () => {
    const other = { ...checkpoint, origin: 'another.example' };
    await expect(signCheckpoint(nodePrimitives, other, log)).rejects.toMatchObject({
      code: 'bad_checkpoint',
    });
    const note = await signNote(nodePrimitives, formatCheckpoint(other), log);
    expect(verifyCheckpoint(nodePrimitives, note, log)).toBeUndefined();
  });

  it.each<[string, Partial<Checkpoint>]>([
    ['a negative size', { size: -1 }],
    ['a fraction as size', { size: 1.5 }],
    ['an unsafe size', { size: 2 ** 53 }],
    ['a short root', { root: new Uint8Array(31) }],
    ['no origin', { origin: '' }],
    ['an origin of two lines', { origin: 'a\nb' }],
    ['an empty extension', { extensions: [''] }],
  ])('with %s is not written', (_, change) => {
    expect(() => formatCheckpoint({ ...checkpoint, ...change })).toThrow(
      expect.objectContaining({ code: 'bad_checkpoint' }),
    );
  });

  const root = toBase64(checkpoint.root);
  it.each([
    ['two lines', `${log.name}\n8\n`],
    ['an empty origin', `\n8\n${root}\n`],
    ['a size with a leading zero', `${log.name}\n08\n${root}\n`],
    ['a size with a sign', `${log.name}\n+8\n${root}\n`],
    ['a size with an exponent', `${log.name}\n8e0\n${root}\n`],
    ['a negative size', `${log.name}\n-8\n${root}\n`],
    ['an unsafe size', `${log.name}\n9007199254740992\n${root}\n`],
    ['an empty size', `${log.name}\n\n${root}\n`],
    ['a short root', `${log.name}\n8\nAAAA\n`],
    ['an empty extension', `${log.name}\n8\n${root}\n\nx\n`],
  ])('with %s is refused, even when it is signed', async (_, text) => {
    const note = await signNote(nodePrimitives, text, log);
    expect(() => parseCheckpoint(note)).toThrow(
      expect.objectContaining({ code: 'bad_checkpoint' }),
    );
    expect(verifyCheckpoint(nodePrimitives, note, log)).toBeUndefined();
  });

  it('with a root that is not base64 is refused', async () => {
    const note = await signNote(nodePrimitives, `${log.name}\n8\n?${root.slice(1)}\n`, log);
    expect(() => parseCheckpoint(note)).toThrow(expect.objectContaining({ code: 'bad_base64' }));
    expect(verifyCheckpoint(nodePrimitives, note, log)).toBeUndefined();
  });

  it('is not blamed for broken code', async () => {
    const note = await signCheckpoint(nodePrimitives, checkpoint, log);
    const sha256 = () => {
      throw new TypeError('broken');
    };
    expect(() => verifyCheckpoint({ ...nodePrimitives, sha256 }, note, log)).toThrow(TypeError);
  });
});
