// SPDX-License-Identifier: Apache-2.0
import { fromBase64, toBase64 } from '../bytes.ts';
import { KernelError } from '../errors.ts';
import { HASH_BYTES } from '../merkle/tree-hash.ts';
import type { Primitives, PublicKey } from '../primitives.ts';
import { type NoteSigner, parseNote, signNote, verifyNote } from './signed-note.ts';

/** The state of a log: C2SP tlog-checkpoint. */
export interface Checkpoint {
  /** Name of the log; the same as the name of its key. */
  readonly origin: string;
  readonly size: number;
  /** RFC 6962 root of the first `size` leaves, 32 bytes. */
  readonly root: Uint8Array;
  /** Further lines, which this release neither writes nor reads. */
  readonly extensions?: readonly string[];
}

/**
 * The signed text: origin, size in decimal, base64 root, extensions, one a line. Throws
 * `bad_checkpoint`.
 */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const { origin, size, root, extensions = [] } = checkpoint;
  if (!Number.isSafeInteger(size) || size < 0) throw bad(`size \`${size}\` is not a tree size`);
  if (root.length !== HASH_BYTES) throw bad(`the root has ${root.length} bytes, not ${HASH_BYTES}`);
  const lines = [origin, String(size), toBase64(root), ...extensions];
  const broken = lines.find((line) => line === '' || line.includes('\n'));
  if (broken !== undefined) throw bad('a line is empty or holds a newline');
  return `${lines.join('\n')}\n`;
}

/**
 * The checkpoint as a signed note. The signer's name must be the origin, which is what
 * `verifyCheckpoint` asks for.
 */
export async function signCheckpoint(
  p: Primitives,
  checkpoint: Checkpoint,
  by: NoteSigner,
): Promise<string> {
  if (checkpoint.origin !== by.name) {
    throw bad(`origin \`${checkpoint.origin}\` is not the signer's name \`${by.name}\``);
  }
  return signNote(p, formatCheckpoint(checkpoint), by);
}

/** Reads a signed checkpoint without verifying it; throws `bad_note` or `bad_checkpoint`. */
export function parseCheckpoint(note: string): Checkpoint {
  return readText(parseNote(note).text);
}

/**
 * The checkpoint if the log `name` signed it with `publicKey`, else undefined. An origin other than
 * `name` is refused, so that a key used for two logs cannot pass one off as the other.
 */
export function verifyCheckpoint(
  p: Primitives,
  note: string,
  by: { readonly name: string; readonly publicKey: PublicKey },
): Checkpoint | undefined {
  try {
    const text = verifyNote(p, note, by);
    const checkpoint = text === undefined ? undefined : readText(text);
    return checkpoint?.origin === by.name ? checkpoint : undefined;
  } catch (error) {
    if (error instanceof KernelError) return undefined;
    throw error;
  }
}

/** The checkpoint if one of a log's keys signed it: a log has two while one replaces the other. */
export function checkpointSignedBy(
  p: Primitives,
  note: string,
  log: { readonly name: string; readonly keys: readonly PublicKey[] },
): Checkpoint | undefined {
  for (const publicKey of log.keys) {
    const checkpoint = verifyCheckpoint(p, note, { name: log.name, publicKey });
    if (checkpoint !== undefined) return checkpoint;
  }
  return undefined;
}

function readText(text: string): Checkpoint {
  const [origin, sizeText, rootText, ...extensions] = text.slice(0, -1).split('\n');
  if (!origin || sizeText === undefined || rootText === undefined)
    throw bad('it has under three lines');
  const size = /^(0|[1-9][0-9]{0,15})$/.test(sizeText) ? Number(sizeText) : Number.NaN;
  if (!Number.isSafeInteger(size))
    throw bad(`size \`${sizeText.slice(0, 40)}\` is not a tree size`);
  const root = fromBase64(rootText);
  if (root.length !== HASH_BYTES) throw bad(`the root has ${root.length} bytes, not ${HASH_BYTES}`);
  if (extensions.includes('')) throw bad('an extension line is empty');
  return extensions.length === 0 ? { origin, size, root } : { origin, size, root, extensions };
}

function bad(what: string): KernelError {
  return new KernelError('bad_checkpoint', `not a checkpoint: ${what}`);
}
