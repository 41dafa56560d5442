// SPDX-License-Identifier: Apache-2.0
import type { Cell } from './document.ts';

const DECIMAL = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;
const SUPERSCRIPT = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/**
 * A measured decimal in the digits a reader can use: four significant, three below one; thousands
 * are grouped. The recorded value stays with the cell. Text that is no decimal is left alone.
 */
export function measuredCell(text: string): Cell {
  if (!DECIMAL.test(text)) return { text };
  const shown = shownNumber(Number(text));
  return shown === text ? { text } : { text: shown, exact: text };
}

/** A count with its thousands grouped. */
export function countCell(count: number): Cell {
  return measuredCell(String(count));
}

/** See `measuredCell`. */
export function shownNumber(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return String(value).replace('Infinity', '∞').replace('-', '−');
  if (Number.isInteger(value) && size < 1e15) return grouped(String(size), value < 0);
  if (size < 1e-4 || size >= 1e15) return scientific(value);
  const digits = size >= 1 ? 4 : 3;
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return grouped(size.toFixed(Math.min(decimals, 7)), value < 0);
}

// The minus sign proper: a hyphen would be lost beside digits and could end a line.
function grouped(text: string, negative: boolean): string {
  const [whole = '', fraction] = text.split('.');
  const head = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${negative ? '−' : ''}${head}${fraction === undefined ? '' : `.${fraction}`}`;
}

function scientific(value: number): string {
  const [mantissa = '', exponent = '0'] = Math.abs(value).toExponential(2).split('e');
  const power = Number(exponent);
  const raised = [...String(Math.abs(power))].map((digit) => SUPERSCRIPT[Number(digit)]).join('');
  return `${value < 0 ? '−' : ''}${mantissa} × 10${power < 0 ? '⁻' : ''}${raised}`;
}
