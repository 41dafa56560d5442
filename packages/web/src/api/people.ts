// SPDX-License-Identifier: Apache-2.0
import { identityRoutes } from '@countersign/contract';
import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';

/** Accounts with their roles and keys, for those with a duty. */
export const peopleQuery = queryOptions({
  queryKey: ['people'],
  queryFn: ({ signal }) => call(identityRoutes.people, { signal }),
});
