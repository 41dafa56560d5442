// SPDX-License-Identifier: Apache-2.0
import { identityRoutes } from '@countersign/contract';
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { call } from './client.ts';

/** Who is signed in. The routes of the shell have waited for it, so pages read it without a state of their own. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => call(identityRoutes.me, { signal }),
  staleTime: 60_000,
});

export function useMe() {
  return useSuspenseQuery(meQuery).data;
}
