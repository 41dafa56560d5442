// SPDX-License-Identifier: Apache-2.0
import { type PolicyHistoryReply, policyRoutes } from '@countersign/contract';
import { queryOptions } from '@tanstack/react-query';
import { call } from '../../api/client.ts';
import type { HistoryKind } from './policy-kinds.ts';

export type PolicyVersion = PolicyHistoryReply['versions'][number];

/** Every policy of a kind that was in force, newest first, with what each changed. */
export function policyHistoryQuery(kind: HistoryKind) {
  return queryOptions({
    queryKey: ['policy', kind],
    queryFn: ({ signal }) => call(policyRoutes.history, { query: { kind }, signal }),
  });
}
