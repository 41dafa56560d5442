// SPDX-License-Identifier: Apache-2.0
import type { DatasetSearch } from './dataset-search.ts';
import type { Measures, Profile, ReadSnapshot } from './read-dataset.ts';

/** One column of the table as the page lists it. */
export interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly role: string;
  /** Why no step reads it; empty when steps may. */
  readonly withheld: string;
  readonly profile: Profile | undefined;
  readonly missingShare: number | undefined;
  /** What a reviewer asks about, in words. */
  readonly questions: readonly string[];
  readonly theilsU: number | undefined;
}

export function columnRows(
  snapshot: Pick<ReadSnapshot, 'columns' | 'profile' | 'exclusions'>,
  measures: Measures | undefined,
): readonly ColumnRow[] {
  const profiles = new Map(snapshot.profile.columns.map((one) => [one.name, one]));
  const withheld = new Map(
    snapshot.exclusions.columns.map(({ column, reason }) => [column, reason]),
  );
  return snapshot.columns.map(({ name, type, role }) => {
    const profile = profiles.get(name);
    const figures = measures?.label?.columns.filter(({ column }) => column === name) ?? [];
    const own = figures.find(({ signal }) => signal === 'value');
    return {
      name,
      type,
      role,
      withheld: withheld.get(name) ?? '',
      profile,
      missingShare:
        profile === undefined || profile.count === 0 ? undefined : profile.missing / profile.count,
      questions: [
        ...(measures?.columns ?? [])
          .filter(({ column }) => column === name)
          .map(({ finding, said }) => `${finding}: ${said}`),
        ...figures
          .filter(({ warned }) => warned)
          .map(({ signal }) =>
            signal === 'missing'
              ? `its being missing nearly determines ${measures?.label?.label}`
              : `nearly determines ${measures?.label?.label}`,
          ),
      ],
      theilsU: own === undefined ? undefined : Number(own.theilsU),
    };
  });
}

export function shownRows(
  rows: readonly ColumnRow[],
  show: DatasetSearch['show'],
): readonly ColumnRow[] {
  switch (show) {
    case 'questions':
      return rows.filter(({ questions }) => questions.length > 0);
    case 'features':
      return rows.filter(({ role }) => role.split(' ').includes('feature'));
    case 'withheld':
      return rows.filter(({ withheld }) => withheld !== '');
    default:
      return rows;
  }
}

/** `12.4 %`; a share that is not nothing never reads as 0 %. */
export function percent(share: number | undefined): string {
  if (share === undefined || Number.isNaN(share)) return '';
  if (share > 0 && share < 0.001) return '< 0.1 %';
  return `${(share * 100).toLocaleString(undefined, { maximumFractionDigits: 1 })} %`;
}

/** A measured decimal with four significant digits; what is no number stays as it is. */
export function shortFigure(text: string | null | undefined): string {
  if (text === null || text === undefined || text === '') return '';
  const value = Number(text);
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : text;
}
