// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';
import type { Cell } from '../../document.ts';
import { measuredCell } from '../../shown-number.ts';
import { textOf } from '../content.ts';

/** A measured figure in the digits that a reader can use; empty where there is none. */
export function figureCell(value: Json | undefined): Cell {
  return measuredCell(textOf(value) ?? '');
}
