// SPDX-License-Identifier: Apache-2.0
import { visibleLines } from '@countersign/kernel';
import type { Io } from '../io.ts';

const ESCAPE = String.fromCodePoint(27);

/** The codes of `paintFor`; whatever else a terminal would obey comes from somebody's text. */
const OWN_CODES = new RegExp(`(${ESCAPE}\\[(?:32|31|33|39|1|2|22)m)`);

/**
 * The same place to write to, for lines that quote others: names, reasons and logs are written by people and programs who
 * may want the reader's terminal to show something else (ECMA-48 sequences, direction overrides, lines that look like
 * ours). What would not show itself is written as its escape; further lines of a text are indented.
 */
export function visibleIo(io: Io): Io {
  const { status } = io;
  return {
    ...io,
    out: (line) => io.out(shown(line)),
    err: (line) => io.err(shown(line)),
    ...(status === undefined ? {} : { status: (text: string) => status(shown(text)) }),
  };
}

function shown(line: string): string {
  return line
    .split(OWN_CODES)
    .map((part) => (OWN_CODES.test(part) ? part : visibleLines(part)))
    .join('');
}
