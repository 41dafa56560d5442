// SPDX-License-Identifier: Apache-2.0

/** A line that does not end, such as a bar that is drawn over itself, is passed on in parts of this length. */
const HELD_CHARACTERS = 8_192;

export interface WholeLines {
  add(chunk: Uint8Array): void;
  /** Passes on what stands behind the last end of a line. */
  end(): void;
}

/** Text that comes in arbitrary pieces, passed on in whole lines: a program that does not buffer writes word by word. */
export function wholeLines(pass: (text: string) => void): WholeLines {
  const decoder = new TextDecoder();
  let held = '';
  const passTo = (end: number): void => {
    if (end > 0) pass(held.slice(0, end));
    held = held.slice(end);
  };
  return {
    add(chunk) {
      held += decoder.decode(chunk, { stream: true });
      const end = held.lastIndexOf('\n') + 1;
      passTo(end === 0 && held.length > HELD_CHARACTERS ? held.length : end);
    },
    end() {
      held += decoder.decode();
      passTo(held.length);
    },
  };
}
