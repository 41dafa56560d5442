// SPDX-License-Identifier: Apache-2.0

/**
 * What a terminal obeys instead of showing (C0, DEL, C1), what reorders or hides text (direction marks, overrides and
 * isolates, zero-width characters, line separators, tags), and lone surrogates. Sources: ECMA-48; CVE-2021-42574.
 */
const UNSEEN =
  /[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]|\p{Cs}/gu;

/**
 * Text of others on one line, for a terminal or a log: each character that would not show itself is written as its
 * escape (`\u001b`), line ends included, so that a name can neither move the cursor nor look like a line of ours.
 */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, escapeOf);
}

/** As `visibleText`, with line ends kept and every further line indented: it cannot pass for a line of ours. */
export function visibleLines(text: string): string {
  return text.split(/\r?\n/).map(visibleText).join('\n    ');
}

/** UTF-16 units, so that in JSON the escape means the same text. */
function escapeOf(char: string): string {
  const units = Array.from({ length: char.length }, (_, at) => char.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
