// SPDX-License-Identifier: Apache-2.0
import { KernelError } from '../errors.ts';
import { TILE_WIDTH } from './tile-paths.ts';

const LENGTH_BYTES = 2;
const ENTRY_BYTES_MAX = 0xffff;

/**
 * An entry bundle of C2SP tlog-tiles "Log Entries": each entry after its length as a big-endian
 * uint16. Throws `bad_tile` for no entry, over 256, or one over 65,535 bytes.
 */
export function encodeEntries(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length === 0 || entries.length > TILE_WIDTH) {
    throw bad(`has ${entries.length} entries, not 1 to ${TILE_WIDTH}`);
  }
  const length = entries.reduce((sum, entry) => sum + LENGTH_BYTES + entry.length, 0);
  const bundle = new Uint8Array(length);
  const view = new DataView(bundle.buffer);
  let at = 0;
  for (const entry of entries) {
    if (entry.length > ENTRY_BYTES_MAX) throw bad(`has an entry of ${entry.length} bytes`);
    view.setUint16(at, entry.length);
    bundle.set(entry, at + LENGTH_BYTES);
    at += LENGTH_BYTES + entry.length;
  }
  return bundle;
}

/**
 * The entries of a bundle, copied; throws `bad_tile` for one that is cut short, empty or holds over
 * 256.
 */
export function decodeEntries(bundle: Uint8Array): Uint8Array[] {
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.length);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bundle.length) {
    if (entries.length === TILE_WIDTH) throw bad(`has over ${TILE_WIDTH} entries`);
    if (at + LENGTH_BYTES > bundle.length) throw bad('ends within a length');
    const start = at + LENGTH_BYTES;
    const end = start + view.getUint16(at);
    if (end > bundle.length) throw bad(`ends within entry ${entries.length}`);
    entries.push(bundle.slice(start, end));
    at = end;
  }
  if (entries.length === 0) throw bad('has no entry');
  return entries;
}

function bad(what: string): KernelError {
  return new KernelError('bad_tile', `the entry bundle ${what}`);
}
