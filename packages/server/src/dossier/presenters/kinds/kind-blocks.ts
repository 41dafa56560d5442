// SPDX-License-Identifier: Apache-2.0
import type { Block } from '../../document.ts';
import type { DossierRecord, Fields } from '../content.ts';

/** Measurements of a report: over all rows, and by group. */
export interface MeasuredRows {
  readonly overall: readonly Fields[];
  readonly groups: readonly Fields[];
}

/** Pictures and tables of one kind of report, from its detail as the analysis package writes it. */
export type KindPresenter = (
  detail: Fields,
  record: DossierRecord,
  rows: MeasuredRows,
) => readonly Block[];

/** By the report's own `kind`; one file beside this for each. */
const KINDS: Readonly<Record<string, KindPresenter>> = {};

/** How a kind of report is printed; undefined for the kinds whose detail is told by its members. */
export function kindBlocks(kind: string): KindPresenter | undefined {
  return Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
}
