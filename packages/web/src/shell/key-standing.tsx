// SPDX-License-Identifier: Apache-2.0
import type { Person } from '@countersign/contract';
import { Mark, type Tone } from './mark.tsx';
import { Time } from './time.tsx';

type Key = Person['keys'][number];

const TONES: { readonly [standing in Key['standing']]: Tone } = {
  pending: 'wait',
  'in force': 'pass',
  suspended: 'fail',
  retired: 'none',
  expired: 'none',
};

/** How an enrolled key stands now. */
export function KeyStanding({ of }: { readonly of: Key }) {
  return <Mark tone={TONES[of.standing]} text={of.standing} />;
}

const DONE = { suspend: 'suspended', reinstate: 'reinstated', retire: 'retired' } as const;

/** Since when it counts, and what was done to it since. */
export function KeyDates({ of }: { readonly of: Key }) {
  return (
    <>
      in effect from <Time at={of.effectiveFrom} />
      {of.endings.map(({ kind, at, record }) => (
        <span key={record}>
          , {DONE[kind]} from <Time at={at} />
        </span>
      ))}
      {of.limits === undefined ? null : (
        <>
          , for {of.limits.models.join(', ')} until <Time at={of.limits.until} />
        </>
      )}
    </>
  );
}
