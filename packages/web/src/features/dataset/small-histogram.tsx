// SPDX-License-Identifier: Apache-2.0
import type { Profile } from './read-dataset.ts';

const WIDTH = 132;
const HEIGHT = 34;
const BARS_MAX = 20;

interface Bar {
  readonly name: string;
  readonly count: number;
}

/** A column's distribution in a line of the table: bins of a number, else its commonest values. */
export function SmallHistogram({ profile }: { readonly profile: Profile | undefined }) {
  const bars = profile === undefined ? [] : barsOf(profile);
  if (bars.length < 2) return <span className="muted small">{bars[0]?.name ?? 'not shown'}</span>;
  const most = Math.max(...bars.map(({ count }) => count));
  const width = WIDTH / bars.length;
  const isNumber = (profile?.histogram.length ?? 0) > 0;
  const said = isNumber
    ? `from ${bars[0]?.name} to ${bars.at(-1)?.name}, most rows at ${bars.find(({ count }) => count === most)?.name}`
    : `commonest: ${bars
        .slice(0, 3)
        .map(({ name, count }) => `${name} (${count})`)
        .join(', ')}`;
  return (
    <svg
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`Distribution of ${profile?.name}: ${said}`}
      className="small-histogram"
    >
      {bars.map(({ name, count }, index) => {
        const height = most === 0 ? 0 : Math.max(count > 0 ? 1 : 0, (count / most) * HEIGHT);
        return (
          <rect
            key={name}
            x={index * width}
            y={HEIGHT - height}
            width={Math.max(1, width - 1)}
            height={height}
          >
            <title>{`${name}: ${count.toLocaleString()} rows`}</title>
          </rect>
        );
      })}
    </svg>
  );
}

function barsOf({ histogram, top }: Profile): readonly Bar[] {
  if (histogram.length > 0)
    return histogram.map(({ from, to, count }) => ({
      name: `${shown(from)} – ${shown(to)}`,
      count,
    }));
  return top.slice(0, BARS_MAX).map(({ value, count }) => ({ name: value, count }));
}

function shown(edge: string): string {
  return String(Number(Number(edge).toPrecision(4)));
}
