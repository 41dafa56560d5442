// SPDX-License-Identifier: Apache-2.0
import {
  type FindingsReply,
  governanceRoutes,
  recordRoutes,
  registryRoutes,
  reviewsRoutes,
} from '@countersign/contract';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { type CallInput, call } from './client.ts';

/** One page of a model's history; the API's largest page. */
export const HISTORY_PAGE = 500;

export const inventoryQuery = queryOptions({
  queryKey: ['inventory'],
  queryFn: ({ signal }) => call(registryRoutes.inventory, { signal }),
});

/** A model as known at a log position, or now. */
export function modelQuery(model: string, asOf?: number) {
  return queryOptions({
    queryKey: ['model', model, asOf],
    queryFn: ({ signal }) =>
      call(registryRoutes.model, { params: { model }, query: { asOf }, signal }),
  });
}

export function versionsQuery(model: string, asOf?: number) {
  return queryOptions({
    queryKey: ['versions', model, asOf],
    queryFn: ({ signal }) =>
      call(registryRoutes.versions, { params: { model }, query: { asOf }, signal }),
  });
}

export interface VersionAsked {
  readonly model: string;
  readonly version: number;
  readonly use?: string | undefined;
  readonly asOf?: number | undefined;
}

export function versionQuery({ model, version, use, asOf }: VersionAsked) {
  return queryOptions({
    queryKey: ['version', model, version, use, asOf],
    queryFn: ({ signal }) =>
      call(registryRoutes.version, { params: { model, version }, query: { use, asOf }, signal }),
  });
}

export function evidenceQuery({ model, version, use, asOf }: VersionAsked) {
  return queryOptions({
    queryKey: ['evidence', model, version, use, asOf],
    queryFn: ({ signal }) =>
      call(registryRoutes.evidence, { params: { model, version }, query: { use, asOf }, signal }),
  });
}

export function warrantsQuery(model: string) {
  return queryOptions({
    queryKey: ['warrants', model],
    queryFn: ({ signal }) => call(governanceRoutes.warrants, { query: { model }, signal }),
  });
}

/** Pages of a register that are read; beyond them the list says that there is more. */
const PAGES_MAX = 10;

/** The register, or a model's part of it: every page, so that the browser filters and sorts all of it. */
export function findingsQuery(model?: string) {
  return queryOptions({
    queryKey: ['findings', model],
    queryFn: async ({ signal }) => {
      const findings: FindingsReply['findings'][number][] = [];
      let offset: number | undefined = 0;
      let page: FindingsReply | undefined;
      for (let read = 0; read < PAGES_MAX && offset !== undefined; read += 1) {
        const query: CallInput['query'] = { model, offset: offset === 0 ? undefined : offset };
        page = await call(governanceRoutes.findings, { query, signal });
        findings.push(...page.findings);
        offset = page.next;
      }
      return { findings, ageing: page?.ageing ?? [], total: page?.total ?? 0 };
    },
  });
}

export const reviewsQuery = queryOptions({
  queryKey: ['reviews'],
  queryFn: ({ signal }) => call(reviewsRoutes.reviews, { signal }),
});

/** A record never changes; only its state and what came of it do. */
export function recordQuery(digest: string) {
  return queryOptions({
    queryKey: ['record', digest],
    queryFn: ({ signal }) => call(recordRoutes.get, { params: { digest }, signal }),
  });
}

/** Records about a model, newest first. */
export function historyQuery(model: string) {
  return queryOptions({
    queryKey: ['history', model],
    queryFn: ({ signal }) =>
      call(recordRoutes.list, { query: { model, limit: HISTORY_PAGE }, signal }),
    placeholderData: keepPreviousData,
  });
}
