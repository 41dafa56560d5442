// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** DVC reads this much at a time, and before 3.0 judged and converted each such piece by itself. */
const PIECE_BYTES = 1024 * 1024;
/** By these first bytes of a piece DVC judges whether it is text. */
const SAMPLE_BYTES = 512;
const OTHER_SHARE_MAX = 0.3;

/**
 * The MD5 of a file as DVC claims it: of its bytes; before DVC 3.0, of text, after CR LF became LF. Source: dvc-data,
 * `hashfile/hash.py` (`md5-dos2unix`) and `hashfile/istextfile.py`.
 */
export async function dvcMd5(
  path: string,
  { isLegacy }: { readonly isLegacy: boolean },
): Promise<string> {
  const hash = createHash('md5');
  for await (const piece of createReadStream(path, { highWaterMark: PIECE_BYTES })) {
    const bytes: Buffer = piece;
    hash.update(isLegacy && isText(bytes.subarray(0, SAMPLE_BYTES)) ? toUnix(bytes) : bytes);
  }
  return hash.digest('hex');
}

function toUnix(piece: Buffer): Buffer {
  return Buffer.from(piece.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
}

function isText(sample: Buffer): boolean {
  if (sample.includes(0)) return false;
  const others = sample.filter((byte) => !isTextByte(byte)).length;
  return others / sample.length <= OTHER_SHARE_MAX;
}

/** Printable ASCII; backspace, tab, line feed, form feed, carriage return. */
function isTextByte(byte: number): boolean {
  return (byte >= 32 && byte < 127) || [0x08, 0x09, 0x0a, 0x0c, 0x0d].includes(byte);
}
