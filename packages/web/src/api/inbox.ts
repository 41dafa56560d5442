// SPDX-License-Identifier: Apache-2.0
import { governanceRoutes } from '@countersign/contract';
import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';

/** What waits for the caller; the navigation counts it too. */
export const inboxQuery = queryOptions({
  queryKey: ['inbox'],
  queryFn: ({ signal }) => call(governanceRoutes.inbox, { signal }),
  refetchInterval: 60_000,
});
