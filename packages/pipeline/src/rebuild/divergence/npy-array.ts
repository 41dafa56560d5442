// SPDX-License-Identifier: Apache-2.0
import type { NumberType } from './number-distance.ts';

export interface NpyArray {
  readonly header: string;
  readonly values: ArrayLike<number>;
  readonly type: NumberType;
}

const READERS: Readonly<
  Record<
    string,
    {
      readonly width: number;
      readonly type: NumberType;
      readonly read: (data: DataView, at: number) => number;
    }
  >
> = {
  '<f8': { width: 8, type: 'f64', read: (data, at) => data.getFloat64(at, true) },
  '<f4': { width: 4, type: 'f32', read: (data, at) => data.getFloat32(at, true) },
  '<i8': { width: 8, type: 'integer', read: (data, at) => Number(data.getBigInt64(at, true)) },
  '<i4': { width: 4, type: 'integer', read: (data, at) => data.getInt32(at, true) },
};

/** An array as `numpy.save` writes it (numpy.lib.format, versions 1.0 to 3.0); undefined for others and for objects. */
export function readNpyArray(bytes: Uint8Array): NpyArray | undefined {
  if (bytes.length < 12 || Buffer.from(bytes.subarray(0, 6)).toString('latin1') !== '\x93NUMPY')
    return undefined;
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isFirst = bytes[6] === 1;
  const start = isFirst ? 10 : 12;
  const length = isFirst ? data.getUint16(8, true) : data.getUint32(8, true);
  const header = Buffer.from(bytes.subarray(start, start + length))
    .toString('latin1')
    .trim();
  const reader = READERS[/'descr':\s*'([^']+)'/.exec(header)?.[1] ?? ''];
  if (reader === undefined) return undefined;
  const first = start + length;
  const count = Math.floor((bytes.length - first) / reader.width);
  const values = Array.from({ length: count }, (_, at) =>
    reader.read(data, first + at * reader.width),
  );
  return { header, values, type: reader.type };
}
