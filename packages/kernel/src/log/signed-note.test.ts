// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { ed25519Key, p256Key } from '../../tests/test-keys.ts';
import { fromBase64, toHex } from '../bytes.ts';
import { ed25519Spki } from '../key-format.ts';
import { noblePrimitives } from '../noble.ts';
import { nodePrimitives } from '../node.ts';
import { type Primitives, type PublicKey, publicKeyOf } from '../primitives.ts';
import { noteKeyHash, parseNote, signNote, verifyNote } from './signed-note.ts';

const both: readonly (readonly [string, Primitives])[] = [
  ['node', nodePrimitives],
  ['noble', noblePrimitives],
];

/** Notes that other implementations published, each with its verifier key. */
const published = [
  {
    source: 'C2SP signed-note',
    vkey: 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
    text: 'This is an example message.\n',
    signature:
      '— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n',
  },
  {
    source: 'golang.org/x/mod/sumdb/note',
    vkey: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
    signature:
      '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
  },
];

function keyOfVkey(vkey: string): { name: string; keyHash: string; publicKey: PublicKey } {
  const [name, keyHash, ...encoded] = vkey.split('+');
  const typed = fromBase64(encoded.join('+'));
  const publicKey = publicKeyOf(nodePrimitives, 'ed25519', ed25519Spki(typed.slice(1)));
  return { name: name!, keyHash: keyHash!, publicKey };
}

describe.each(both)('signed notes, by %s', (_, p) => {
  it.each(published)(
    'of $source verify, and no longer when changed',
    ({ vkey, text, signature }) => {
      const { name, keyHash, publicKey } = keyOfVkey(vkey);
      expect(toHex(noteKeyHash(p, name, publicKey))).toBe(keyHash);
      const note = `${text}\n${signature}`;
      expect(verifyNote(p, note, { name, publicKey })).toBe(text);
      expect(verifyNote(p, note.replace('is', 'is not'), { name, publicKey })).toBeUndefined();
      expect(verifyNote(p, note, { name: `${name}x`, publicKey })).toBeUndefined();
      expect(verifyNote(p, note, { name, publicKey: ed25519Key(9).publicKey })).toBeUndefined();
    },
  );

  it('verify among signatures of unknown keys, of the same name too', async () => {
    const log = { name: 'log.example', ...ed25519Key(1) };
    const signed = await signNote(p, 'text\n', log);
    const other = await signNote(p, 'text\n', { ...log, ...ed25519Key(2) });
    const witness = await signNote(p, 'text\n', { name: 'witness.example', ...ed25519Key(3) });
    const lines = (note: string) => note.slice('text\n\n'.length);
    const note = `text\n\n${lines(witness)}${lines(other)}${lines(signed)}`;
    expect(verifyNote(p, note, log)).toBe('text\n');
    expect(parseNote(note).signatures.map((one) => one.name)).toEqual([
      'witness.example',
      'log.example',
      'log.example',
    ]);
  });

  it('are spoilt by one wrong signature that claims the key', async () => {
    const log = { name: 'log.example', ...ed25519Key(1) };
    const signed = await signNote(p, 'text\n', log);
    const wrong = (await signNote(p, 'other\n', log)).split('\n').at(-2);
    expect(verifyNote(p, `${signed}${wrong}\n`, log)).toBeUndefined();
  });
});

describe('a note', () => {
  const key = { name: 'log.example', ...ed25519Key(1) };

  it('may hold empty lines: the last one is the border', async () => {
    const text = 'one\n\ntwo\n';
    const note = await signNote(nodePrimitives, text, key);
    expect(verifyNote(nodePrimitives, note, key)).toBe(text);
  });

  it.each(['no newline at the end', 'a\rb\n', 'a\tb\n', '\u0000\n', '\ud800\n', ''])(
    'of text %j is not signed',
    async (text) => {
      await expect(signNote(nodePrimitives, text, key)).rejects.toMatchObject({ code: 'bad_note' });
    },
  );

  it.each(['', 'a b', 'a+b', 'a\u00a0b', 'a\nb'])('is not signed by the name %j', async (name) => {
    await expect(signNote(nodePrimitives, 'text\n', { ...key, name })).rejects.toMatchObject({
      code: 'bad_note',
    });
  });

  it('is signed by Ed25519 keys only, and by the key that is named', async () => {
    const { publicKey } = ed25519Key(2);
    await expect(
      signNote(nodePrimitives, 'text\n', { name: 'n', ...p256Key() }),
    ).rejects.toMatchObject({ code: 'bad_key' });
    await expect(signNote(nodePrimitives, 'text\n', { ...key, publicKey })).rejects.toMatchObject({
      code: 'bad_key',
    });
    expect(() =>
      verifyNote(nodePrimitives, 'text\n', { name: 'n', publicKey: p256Key().publicKey }),
    ).toThrow(expect.objectContaining({ code: 'bad_key' }));
  });

  const line = '— n AAAAAAA=\n';
  it.each([
    ['no signature', 'text\n'],
    ['an empty line and no signature', 'text\n\n'],
    ['no newline at the end', `text\n\n${line.slice(0, -1)}`],
    ['a hyphen for the dash', `text\n\n- n AAAAAAA=\n`],
    ['two spaces', `text\n\n—  n AAAAAAA=\n`],
    ['a fourth word', `text\n\n— n AAAAAAA= x\n`],
    ['no signature bytes', `text\n\n— n AAAAAA==\n`],
    ['a name with a plus', `text\n\n— n+m AAAAAAA=\n`],
    ['a control character', `te\u0001xt\n\n${line}`],
    ['a control character in a name', `text\n\n— n\u0001 AAAAAAA=\n`],
    ['a lone surrogate', `te\ud800xt\n\n${line}`],
    ['over 100 signatures', `text\n\n${line.repeat(101)}`],
    ['over 256 Ki characters', `${'t'.repeat(256 * 1024)}\n\n${line}`],
  ])('is refused with %s', (_, note) => {
    expect(() => parseNote(note)).toThrow(expect.objectContaining({ code: 'bad_note' }));
    expect(verifyNote(nodePrimitives, note, key)).toBeUndefined();
  });

  it('is refused with a signature that is not base64', () => {
    expect(() => parseNote('text\n\n— n ????\n')).toThrow(
      expect.objectContaining({ code: 'bad_base64' }),
    );
    expect(parseNote(`text\n\n${line.repeat(100)}`).signatures).toHaveLength(100);
  });

  it('that is no text at all is an error of the caller', () => {
    expect(() => verifyNote(nodePrimitives, {} as string, key)).toThrow(TypeError);
  });
});
