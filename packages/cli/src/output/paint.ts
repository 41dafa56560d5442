// SPDX-License-Identifier: Apache-2.0
import type { Io } from '../io.ts';

export type Colour = 'green' | 'red' | 'yellow' | 'dim' | 'bold';

const CODES: { readonly [colour in Colour]: readonly [number, number] } = {
  green: [32, 39],
  red: [31, 39],
  yellow: [33, 39],
  dim: [2, 22],
  bold: [1, 22],
};

export type Paint = (colour: Colour, text: string) => string;

/** Colours where a person looks on and has not asked for none (no-color.org). */
export function paintFor(io: Io): Paint {
  const isPlain = !io.isTerminal || (io.env.NO_COLOR ?? '') !== '';
  return (colour, text) => {
    if (isPlain) return text;
    const [on, off] = CODES[colour];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}
