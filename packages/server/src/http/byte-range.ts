// SPDX-License-Identifier: Apache-2.0
import type { ByteRange } from '@countersign/pipeline';
import { ServerError } from '../errors.ts';

/**
 * The one range of bytes that a `Range` header asks for (RFC 9110, section 14). Undefined, which is an answer with the
 * whole, for what may be ignored: another unit, several ranges, what cannot be read.
 * @throws ServerError `range_unsatisfiable` for a range that begins behind the end
 */
export function readByteRange(header: string | undefined, size: number): ByteRange | undefined {
  const parsed = /^bytes=[ \t]*(\d{0,16})-(\d{0,16})[ \t]*$/i.exec(header ?? '');
  const [, from = '', to = ''] = parsed ?? [];
  if (from === '' && to === '') return undefined;
  if (from === '') return lastBytes(Number(to), size);
  const [start, last] = [Number(from), to === '' ? size - 1 : Number(to)];
  if (to !== '' && last < start) return undefined;
  if (start >= size) throw unsatisfiable(size);
  return { start, end: Math.min(last, size - 1) };
}

function lastBytes(count: number, size: number): ByteRange {
  if (count === 0 || size === 0) throw unsatisfiable(size);
  return { start: Math.max(0, size - count), end: size - 1 };
}

function unsatisfiable(size: number): ServerError {
  return new ServerError('range_unsatisfiable', `the bytes end at ${size}, before that range`, {
    details: { field: 'headers.range', size },
  });
}
