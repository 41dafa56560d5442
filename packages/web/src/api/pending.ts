// SPDX-License-Identifier: Apache-2.0
import { recordRoutes, signingRoutes } from '@countersign/contract';
import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';

/** Records that await signatures, for those with a duty. */
export const pendingQuery = queryOptions({
  queryKey: ['pending'],
  queryFn: ({ signal }) => call(recordRoutes.pending, { signal }),
});

/** Enrolments of the caller's own keys, for everybody. */
export const ownEnrolmentsQuery = queryOptions({
  queryKey: ['pending', 'own'],
  queryFn: ({ signal }) => call(signingRoutes.ownEnrolments, { signal }),
});
