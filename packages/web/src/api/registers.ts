// SPDX-License-Identifier: Apache-2.0
import {
  type ExceptionsReply,
  governanceRoutes,
  type OverlaysReply,
  registersRoutes,
  reviewsRoutes,
} from '@countersign/contract';
import { queryOptions } from '@tanstack/react-query';
import { type CallInput, call } from './client.ts';

/** Pages of a register that are read, 1,000 entries each; beyond them the list says that there is more. */
const PAGES_MAX = 10;

interface Page<Entry> {
  readonly entries: readonly Entry[];
  readonly total: number;
  readonly next?: number | undefined;
}

/** Every page of a register, so that the browser filters and sorts all of it. */
async function everyPage<Entry>(read: (query: CallInput['query']) => Promise<Page<Entry>>) {
  const entries: Entry[] = [];
  let next: number | undefined = 0;
  let total = 0;
  for (let n = 0; n < PAGES_MAX && next !== undefined; n += 1) {
    const page: Page<Entry> = await read(next === 0 ? {} : { offset: next });
    entries.push(...page.entries);
    ({ total, next } = page);
  }
  return { entries, total };
}

export const overlaysQuery = queryOptions({
  queryKey: ['overlays'],
  queryFn: ({ signal }) =>
    everyPage<OverlaysReply['overlays'][number]>(async (query = {}) => {
      const { overlays, total, next } = await call(reviewsRoutes.overlays, { query, signal });
      return { entries: overlays, total, next };
    }),
});

export const exceptionsQuery = queryOptions({
  queryKey: ['exceptions'],
  queryFn: ({ signal }) =>
    everyPage<ExceptionsReply['exceptions'][number]>(async (query = {}) => {
      const { exceptions, total, next } = await call(governanceRoutes.exceptions, {
        query,
        signal,
      });
      return { entries: exceptions, total, next };
    }),
});

export const overridesQuery = queryOptions({
  queryKey: ['overrides'],
  queryFn: ({ signal }) => call(reviewsRoutes.overrides, { signal }),
});

export const campaignsQuery = queryOptions({
  queryKey: ['campaigns'],
  queryFn: ({ signal }) => call(reviewsRoutes.campaigns, { signal }),
});

export const workloadQuery = queryOptions({
  queryKey: ['workload'],
  queryFn: ({ signal }) => call(reviewsRoutes.workload, { signal }),
});

export const envelopesQuery = queryOptions({
  queryKey: ['envelopes'],
  queryFn: ({ signal }) => call(registersRoutes.envelopes, { signal }),
});

export const deputiesQuery = queryOptions({
  queryKey: ['deputies'],
  queryFn: ({ signal }) => call(registersRoutes.deputies, { signal }),
});

export const committeesQuery = queryOptions({
  queryKey: ['committees'],
  queryFn: ({ signal }) => call(registersRoutes.committees, { signal }),
});
