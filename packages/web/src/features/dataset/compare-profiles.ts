// SPDX-License-Identifier: Apache-2.0
import type { Profile, ReadSnapshot } from './read-dataset.ts';

export interface ColumnChange {
  readonly column: string;
  readonly what: 'added' | 'removed' | 'type changed' | 'role changed' | 'in both';
  /** Type or role before and after, where it changed. */
  readonly said: string;
  readonly missing: readonly [before: number, after: number] | undefined;
  readonly distinct: readonly [before: number, after: number] | undefined;
  /** (mean after − mean before) / standard deviation before; undefined without both or where nothing varies. */
  readonly meanShift: number | undefined;
  /** Half the sum of differences of shares of the listed values; undefined where values are not all listed. */
  readonly shareShift: number | undefined;
}

type Compared = Pick<ReadSnapshot, 'columns' | 'profile'>;

/**
 * What two recorded profiles tell of each other, the most changed column first: a stability index and tests need the rows
 * themselves, which `countersign data diff` reads.
 */
export function compareProfiles(before: Compared, after: Compared): readonly ColumnChange[] {
  const was = new Map(before.columns.map((column) => [column.name, column]));
  const is = new Set(after.columns.map(({ name }) => name));
  const profiles = [before, after].map(
    ({ profile }) => new Map(profile.columns.map((one) => [one.name, one])),
  );
  const changes = after.columns.map(({ name, type, role }): ColumnChange => {
    const old = was.get(name);
    if (old === undefined) return { ...NOTHING, column: name, what: 'added', said: type };
    const figures = compareColumn(profiles[0]?.get(name), profiles[1]?.get(name));
    if (old.type !== type)
      return { ...figures, column: name, what: 'type changed', said: `${old.type} → ${type}` };
    if (old.role !== role)
      return { ...figures, column: name, what: 'role changed', said: `${old.role} → ${role}` };
    return { ...figures, column: name, what: 'in both', said: '' };
  });
  const removed = before.columns
    .filter(({ name }) => !is.has(name))
    .map(
      ({ name, type }): ColumnChange => ({ ...NOTHING, column: name, what: 'removed', said: type }),
    );
  return [...changes, ...removed].sort((a, b) => sizeOf(b) - sizeOf(a));
}

const NOTHING = {
  missing: undefined,
  distinct: undefined,
  meanShift: undefined,
  shareShift: undefined,
} as const;

function compareColumn(before: Profile | undefined, after: Profile | undefined) {
  if (before === undefined || after === undefined || before.count === 0 || after.count === 0)
    return NOTHING;
  return {
    missing: [before.missing / before.count, after.missing / after.count] as const,
    distinct: [before.distinct, after.distinct] as const,
    meanShift: meanShift(before, after),
    shareShift: shareShift(before, after),
  };
}

function meanShift(before: Profile, after: Profile): number | undefined {
  const spread = Number(before.standardDeviation ?? 0);
  if (before.mean === null || after.mean === null || spread === 0) return undefined;
  return (Number(after.mean) - Number(before.mean)) / spread;
}

/** Total variation distance (Levin, Peres & Wilmer, prop. 4.2) over values, where a profile lists every one of them. */
function shareShift(before: Profile, after: Profile): number | undefined {
  const isWhole = ({ top, distinct }: Profile) => top.length > 0 && top.length === distinct;
  if (!isWhole(before) || !isWhole(after)) return undefined;
  const shares = ({ top, count, missing }: Profile) =>
    new Map(top.map((one) => [one.value, one.count / (count - missing)]));
  const [p, q] = [shares(before), shares(after)];
  const values = new Set([...p.keys(), ...q.keys()]);
  return [...values].reduce(
    (sum, value) => sum + Math.abs((p.get(value) ?? 0) - (q.get(value) ?? 0)) / 2,
    0,
  );
}

function sizeOf({ what, missing, meanShift: mean, shareShift: share }: ColumnChange): number {
  const schema = what === 'in both' ? 0 : 100;
  const gap = missing === undefined ? 0 : Math.abs(missing[1] - missing[0]);
  return schema + gap + Math.abs(mean ?? 0) + (share ?? 0);
}
