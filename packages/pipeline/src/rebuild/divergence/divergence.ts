// SPDX-License-Identifier: Apache-2.0

/** What sort of thing differs at one place; the likely cause is read off from these together. */
export type DifferenceNature =
  /** Names of nodes and tensors, or texts that differ in their numbering alone. */
  | 'names'
  /** Both values are times, each within the window of its own run. */
  | 'times'
  /** The same members in another order. */
  | 'order'
  /** Numbers that agree to about the precision of the arithmetic. */
  | 'rounding'
  /** Numbers that are simply other numbers. */
  | 'numbers'
  | 'text'
  /** Members that only one side has: rows, columns, nodes, keys. */
  | 'structure'
  /** What a format says about its making: producer, doc string, created_by. */
  | 'metadata'
  /** The same content written down otherwise: compression, line ends, field order. */
  | 'encoding'
  | 'bytes';

/** How far numbers lie apart; texts are canonical decimals, so that a record can hold them. */
export interface NumericDistance {
  readonly compared: number;
  readonly differing: number;
  readonly maxAbsolute: string;
  /** Relative to the larger of the two; null where both are 0 or one is no finite number. */
  readonly maxRelative: string | null;
  /** Units in the last place, in the type of the numbers; null where that has no meaning. */
  readonly maxUlp: string | null;
}

export interface DivergentPart {
  /** `initializer coefficients`, `column score, first at row 17`, `$.trials[3].loss`, `byte 128`. */
  readonly where: string;
  readonly nature: DifferenceNature;
  /** Shown in part, for a reader. */
  readonly original?: string;
  readonly rebuilt?: string;
  readonly distance?: NumericDistance;
}

export interface ByteDifference {
  readonly originalSize: number;
  readonly rebuiltSize: number;
  /** First and last differing byte of the original, from 0. */
  readonly first: number;
  readonly last: number;
  /** Runs of differing bytes; 1 where the sizes differ, since places cannot be matched then. */
  readonly ranges: number;
}

export type DivergenceFormat =
  | 'onnx'
  | 'parquet'
  | 'csv'
  | 'json'
  | 'text'
  | 'zip'
  | 'npy'
  | 'bytes'
  | 'absent';

/** Where two versions of one file differ, in the terms of its format; bounded in size whatever the files hold. */
export interface FileDivergence {
  readonly what: string;
  readonly format: DivergenceFormat;
  readonly natures: readonly DifferenceNature[];
  readonly parts: readonly DivergentPart[];
  /** Differing places that are not listed. */
  readonly partsOmitted: number;
  readonly bytes: ByteDifference | null;
  /** What could not be compared and why. */
  readonly note?: string;
}

/** When each side was made; a value is a time only if it lies in the window of its own run. */
export interface MakingWindows {
  readonly original: TimeWindow;
  readonly rebuilt: TimeWindow;
}

export interface TimeWindow {
  readonly from: string;
  readonly to: string;
}

/** Both sides are held in memory; a file that is larger is named and not looked into. */
export const COMPARED_BYTES_MAX = 512 * 1024 ** 2;

export const PARTS_MAX = 12;
const SHOWN_CHARACTERS_MAX = 96;
const WHERE_CHARACTERS_MAX = 200;

/** A value as a report shows it: one line, cut in the middle of nothing. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const line = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '·');
  return line.length <= SHOWN_CHARACTERS_MAX ? line : `${line.slice(0, SHOWN_CHARACTERS_MAX - 1)}…`;
}

/** A path or a column's name may be as long as its author likes. */
function cut(where: string): string {
  return where.length <= WHERE_CHARACTERS_MAX ? where : `…${where.slice(1 - WHERE_CHARACTERS_MAX)}`;
}

/** Collects parts up to the limit while every nature and the count of all are kept. */
export class PartList {
  readonly #listed: DivergentPart[] = [];
  readonly #natures = new Set<DifferenceNature>();
  #omitted = 0;

  add(part: DivergentPart): void {
    this.#natures.add(part.nature);
    if (this.#listed.length < PARTS_MAX) this.#listed.push({ ...part, where: cut(part.where) });
    else this.#omitted += 1;
  }

  /** Takes over what another comparison found, below a place of this one. */
  addAll(prefix: string, found: Pick<FileDivergence, 'parts' | 'natures' | 'partsOmitted'>): void {
    for (const part of found.parts) this.add({ ...part, where: `${prefix}${part.where}` });
    for (const nature of found.natures) this.#natures.add(nature);
    this.#omitted += found.partsOmitted;
  }

  get isEmpty(): boolean {
    return this.#listed.length === 0;
  }

  done(): Pick<FileDivergence, 'parts' | 'natures' | 'partsOmitted'> {
    return {
      parts: [...this.#listed],
      natures: [...this.#natures].toSorted(),
      partsOmitted: this.#omitted,
    };
  }
}
