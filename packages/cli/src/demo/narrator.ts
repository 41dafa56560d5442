// SPDX-License-Identifier: Apache-2.0
import type { Io } from '../io.ts';

const WIDTH = 100;

/** Tells the demo's story: what was done, what was refused and why, which record now proves it. */
export interface Narrator {
  chapter(title: string): void;
  /** A plain sentence. */
  tell(sentence: string): void;
  /** Something that was tried and did not go through, with the reason that was given. */
  refused(what: string, reasons: readonly string[]): void;
  /** The record that now proves the sentence before it. */
  proof(what: string, digest: string): void;
  /** Lines of a command as they are, such as a table. */
  lines(lines: readonly string[]): void;
  /** What is being waited for. */
  progress(text: string): void;
  seconds(): number;
}

export function createNarrator(io: Io, startedMs: number): Narrator {
  let number = 0;
  const seconds = () => (io.now().getTime() - startedMs) / 1000;
  const say = (prefix: string, text: string) => {
    for (const line of wrapped(text, WIDTH - prefix.length)) {
      io.out(`${prefix}${line}`);
      prefix = ' '.repeat(prefix.length);
    }
  };
  return {
    chapter(title) {
      number += 1;
      io.out('');
      io.out(`${number}. ${title}  [${seconds().toFixed(0)} s]`);
    },
    tell: (sentence) => say('   ', sentence),
    refused(what, reasons) {
      say('   ✗ ', `${what}: refused.`);
      for (const reason of reasons) say('       - ', reason);
    },
    proof: (what, digest) => say('   → ', `${what}: record ${digest}`),
    lines(lines) {
      for (const line of lines) io.out(`     | ${line}`);
    },
    progress(text) {
      if (io.status === undefined) io.err(`     … ${text}`);
      else io.status(`     … ${text}`);
    },
    seconds,
  };
}

/** Breaks at spaces; a longer word stays whole, since digests are copied. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
