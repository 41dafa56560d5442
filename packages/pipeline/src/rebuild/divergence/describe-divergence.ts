// SPDX-License-Identifier: Apache-2.0
import type { DivergentPart, FileDivergence } from './divergence.ts';

/** The lines of a report on one file. */
export function describeDivergence(found: FileDivergence): readonly string[] {
  const { what, format, bytes, parts, partsOmitted, note } = found;
  const sizes = bytes === null ? '' : `, ${describeBytes(bytes)}`;
  return [
    `${what} (${format}${sizes})`,
    ...(note === undefined ? [] : [`  ${note}`]),
    ...parts.map((part) => `  ${describePart(part)}`),
    ...(partsOmitted === 0 ? [] : [`  and ${partsOmitted} more places`]),
  ];
}

function describeBytes(bytes: NonNullable<FileDivergence['bytes']>): string {
  const { first, last, ranges, originalSize, rebuiltSize } = bytes;
  const size =
    originalSize === rebuiltSize
      ? `${originalSize} bytes`
      : `${originalSize} bytes against ${rebuiltSize}`;
  return `${size}, differing from byte ${first} to ${last} in ${ranges} ${ranges === 1 ? 'range' : 'ranges'}`;
}

function describePart({ where, nature, original, rebuilt, distance }: DivergentPart): string {
  const values =
    original === undefined && rebuilt === undefined
      ? ''
      : `: \`${original ?? ''}\` became \`${rebuilt ?? ''}\``;
  if (distance === undefined) return `${where} [${nature}]${values}`;
  const { differing, compared, maxAbsolute, maxRelative, maxUlp } = distance;
  const far = [
    `at most ${maxAbsolute}`,
    ...(maxRelative === null ? [] : [`${maxRelative} relative`]),
    ...(maxUlp === null ? [] : [`${maxUlp} ULP`]),
  ].join(', ');
  return `${where} [${nature}]${values}; ${differing} of ${compared} numbers differ, ${far}`;
}
