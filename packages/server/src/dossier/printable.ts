// SPDX-License-Identifier: Apache-2.0

/** A character that could not be printed and how often it was replaced. */
export interface MissingCharacter {
  readonly codePoint: string;
  readonly count: number;
}

export interface Printer {
  readonly print: (text: string) => string;
  readonly missing: () => readonly MissingCharacter[];
}

const REPLACEMENT = '\ufffd';

/**
 * Makes text that is printed exactly as it reads: what no bundled typeface has, control characters,
 * private-use characters and lone surrogates become U+FFFD and are counted.
 *
 * Direction overrides and isolates are replaced too: they make a reader see another order of
 * characters than the one that was signed (CVE-2021-42574).
 */
export function printer(
  covers: (codePoint: number) => boolean,
  replacement: string = REPLACEMENT,
): Printer {
  const counts = new Map<number, number>();
  const replaced = (char: string): string => {
    const code = char.codePointAt(0) ?? 0;
    counts.set(code, (counts.get(code) ?? 0) + 1);
    return replacement;
  };
  const printChar = (char: string): string => {
    const code = char.codePointAt(0) ?? 0;
    if (char === '\n' || char === ' ') return char;
    if (char === '\t') return '    ';
    if (isPresentationSelector(code)) return '';
    if (covers(code) && !isHidden(code)) return char;
    return replaced(char);
  };
  return {
    print: (text) => {
      const chars = [...text.replace(/\r\n?|[\u2028\u2029]/g, '\n')];
      const piled = PILE.test(text) ? isPiledMark : () => false;
      return chars
        .map((char, index) => (piled(index, chars) ? replaced(char) : printChar(char)))
        .join('');
    },
    missing: () =>
      [...counts]
        .sort(([a], [b]) => a - b)
        .map(([code, count]) => ({ codePoint: codePointName(code), count })),
  };
}

const HIDDEN_RANGES: readonly (readonly [number, number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad], // soft hyphen
  [0x61c, 0x61c],
  [0x180b, 0x180f],
  [0x200b, 0x200f], // zero-width characters and marks of direction
  [0x202a, 0x202e], // overrides of direction
  [0x2060, 0x206f], // isolates and other invisible characters
  [0xd800, 0xf8ff], // lone surrogates, private use
  [0xfeff, 0xfeff],
  [0xfff0, 0xfffc],
  [0xe0000, 0x10ffff], // tags, variation selectors, private use
];

function isHidden(code: number): boolean {
  return HIDDEN_RANGES.some(([first, last]) => code >= first && code <= last);
}

const MARKS_MAX = 4;
const PILE = /\p{M}{5}/u;

// Marks piled on one letter grow over the lines above and can strike out what others wrote there.
function isPiledMark(index: number, all: readonly string[]): boolean {
  const pile = all.slice(Math.max(0, index - MARKS_MAX), index + 1);
  return pile.length > MARKS_MAX && pile.every((char) => /^\p{M}$/u.test(char));
}

// They choose between pictures of the same character and show nothing themselves.
function isPresentationSelector(code: number): boolean {
  return code >= 0xfe00 && code <= 0xfe0f;
}

function codePointName(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
