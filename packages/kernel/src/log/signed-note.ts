// SPDX-License-Identifier: Apache-2.0
import { concatBytes, equalBytes, fromBase64, toBase64, utf8 } from '../bytes.ts';
import { KernelError } from '../errors.ts';
import { rawPublicKey } from '../key-format.ts';
import type { Primitives, PublicKey, Signer } from '../primitives.ts';

const ED25519_TYPE = 0x01;
const NEWLINE = 0x0a;
const KEY_HASH_BYTES = 4;
/**
 * Bounds that C2SP signed-note asks for: room for far more than 16 signatures of 5 kB each, and no
 * room for a flood.
 */
const NOTE_UNITS_MAX = 256 * 1024;
const SIGNATURES_MAX = 100;

export interface NoteSignature {
  readonly name: string;
  /** First four bytes of the key id; they select a key and prove nothing. */
  readonly keyHash: Uint8Array;
  readonly signature: Uint8Array;
}

export interface SignedNote {
  /** What is signed, with its final newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/**
 * C2SP signed-note: SHA-256(name || 0x0A || 0x01 || key)[:4] of an Ed25519 key; throws `bad_key`
 * for another key.
 */
export function noteKeyHash(p: Primitives, name: string, publicKey: PublicKey): Uint8Array {
  const key =
    publicKey.algorithm === 'ed25519'
      ? rawPublicKey('ed25519', fromBase64(publicKey.spki))
      : undefined;
  if (key === undefined) {
    throw new KernelError(
      'bad_key',
      `\`${publicKey.keyid}\` is not an Ed25519 key; notes are signed with those`,
    );
  }
  const id = p.sha256(concatBytes(utf8(name), Uint8Array.of(NEWLINE, ED25519_TYPE), key));
  return id.slice(0, KEY_HASH_BYTES);
}

export interface NoteSigner {
  readonly name: string;
  readonly signer: Signer;
  /**
   * The signer's own key: note key hashes are made of key bytes, which a `Signer` need not know.
   */
  readonly publicKey: PublicKey;
}

/**
 * The note with one signature. `text` must end with a newline and hold no other control character.
 */
export async function signNote(p: Primitives, text: string, by: NoteSigner): Promise<string> {
  refuseBadText(text);
  refuseBadName(by.name);
  if (by.signer.keyid !== by.publicKey.keyid) {
    throw new KernelError('bad_key', `\`${by.publicKey.keyid}\` is not the key of the signer`);
  }
  const keyHash = noteKeyHash(p, by.name, by.publicKey);
  const signature = await by.signer.sign(utf8(text));
  return `${text}\n— ${by.name} ${toBase64(concatBytes(keyHash, signature))}\n`;
}

/**
 * Splits a note; throws `bad_note` for anything but text, an empty line and signature lines. Proves
 * nothing yet.
 */
export function parseNote(note: string): SignedNote {
  if (note.length > NOTE_UNITS_MAX) throw bad(`is longer than ${NOTE_UNITS_MAX} characters`);
  const gap = note.lastIndexOf('\n\n');
  if (gap === -1) throw bad('has no signature lines after an empty line');
  refuseBadText(note);
  const text = note.slice(0, gap + 1);
  const lines = note.slice(gap + 2, -1).split('\n');
  if (lines.length > SIGNATURES_MAX) throw bad(`has over ${SIGNATURES_MAX} signatures`);
  return { text, signatures: lines.map(parseSignatureLine) };
}

/**
 * The text of a note that `publicKey` has signed under `name`, else undefined. Signatures of other
 * keys are not looked at; one wrong signature that claims this key spoils the note (C2SP
 * signed-note, "Verifying"). Throws only for a key that is not Ed25519.
 */
export function verifyNote(
  p: Primitives,
  note: string,
  by: { readonly name: string; readonly publicKey: PublicKey },
): string | undefined {
  // A passkey signs assertions alone, and a note has no place for one.
  if (by.publicKey.webauthn !== undefined) return undefined;
  const keyHash = noteKeyHash(p, by.name, by.publicKey);
  const parsed = parseNoteOrNothing(note);
  if (parsed === undefined) return undefined;
  const claimed = parsed.signatures.filter(
    (one) => one.name === by.name && equalBytes(one.keyHash, keyHash),
  );
  const spki = fromBase64(by.publicKey.spki);
  const message = utf8(parsed.text);
  const holds = claimed.every((one) => p.verify('ed25519', spki, message, one.signature));
  return claimed.length > 0 && holds ? parsed.text : undefined;
}

function parseNoteOrNothing(note: string): SignedNote | undefined {
  try {
    return parseNote(note);
  } catch (error) {
    if (error instanceof KernelError) return undefined;
    throw error;
  }
}

function parseSignatureLine(line: string): NoteSignature {
  const [dash, name, encoded, ...rest] = line.split(' ');
  if (dash !== '—' || name === undefined || encoded === undefined || rest.length > 0) {
    throw bad(`has a malformed signature line \`${line.slice(0, 80)}\``);
  }
  refuseBadName(name);
  const bytes = fromBase64(encoded);
  if (bytes.length <= KEY_HASH_BYTES) throw bad('has a signature without bytes');
  return {
    name,
    keyHash: bytes.slice(0, KEY_HASH_BYTES),
    signature: bytes.slice(KEY_HASH_BYTES),
  };
}

function refuseBadText(text: string): void {
  if (!text.endsWith('\n') || !text.isWellFormed() || holdsControlCharacter(text)) {
    throw bad('must end with a newline and hold no other control character');
  }
}

function holdsControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 && code !== NEWLINE) return true;
  }
  return false;
}

function refuseBadName(name: string): void {
  if (name.length === 0 || /[\s+]/u.test(name) || !name.isWellFormed()) {
    throw bad(`has a key name \`${name}\` that is empty or holds white space or \`+\``);
  }
}

function bad(what: string): KernelError {
  return new KernelError('bad_note', `the note ${what}`);
}
