// SPDX-License-Identifier: Apache-2.0
import { useQuery } from '@tanstack/react-query';
import { signInMethodsQuery } from '../api/sign-in.ts';

/** Stands on every page of a firm in demonstration mode, as on every warrant of it. */
export function DemonstrationBanner() {
  const { data } = useQuery(signInMethodsQuery);
  if (data?.demonstration !== true) return null;
  return (
    <aside className="banner" aria-label="Demonstration mode">
      <strong>Demonstration mode.</strong> No production gateway accepts what is signed here.
    </aside>
  );
}
