// SPDX-License-Identifier: Apache-2.0
import type { Ability } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type AbilitiesAsked, abilitiesQuery } from '../api/statements.ts';
import { Words } from './words.tsx';

/**
 * What the server lets the reader say about something; undefined while it is being asked. Once it was allowed it stays so
 * while the form is open: what was signed a moment ago must not take away the page that says so.
 */
export function useAbility(asked: AbilitiesAsked, act: Ability['act']): Ability | undefined {
  const { data } = useQuery(abilitiesQuery(asked));
  const now = data?.acts.find((one) => one.act === act);
  const [allowed, setAllowed] = useState<Ability>();
  if (allowed === undefined && now?.allowed === true) setAllowed(now);
  return allowed ?? now;
}

interface WhyNotProps {
  readonly abilities: readonly Ability[];
  /** What each act is called. */
  readonly names: { readonly [act: string]: string | undefined };
}

/** What the reader cannot do here, each with the server's reason. */
export function WhyNot({ abilities, names }: WhyNotProps) {
  const barred = abilities.filter(
    ({ act, allowed, why }) => !allowed && why !== undefined && names[act] !== undefined,
  );
  if (barred.length === 0) return null;
  return (
    <details className="small">
      <summary>What you cannot do here, and why</summary>
      <ul style={{ marginBottom: 0 }}>
        {barred.map(({ act, why = '' }) => (
          <li key={act} className="wrap">
            {names[act]}: <Words text={why} />
          </li>
        ))}
      </ul>
    </details>
  );
}
