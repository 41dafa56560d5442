// SPDX-License-Identifier: Apache-2.0
import { signInRoutes } from '@countersign/contract';
import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';

export const signInMethodsQuery = queryOptions({
  queryKey: ['sign-in-methods'],
  queryFn: ({ signal }) => call(signInRoutes.methods, { signal }),
  staleTime: 300_000,
});
