// SPDX-License-Identifier: Apache-2.0
import { type ActBody, type PreparedReply, statementsRoutes } from '@countersign/contract';
import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';

/** What somebody filled in: the schema of the act is the server's to judge, so that its answer names the field. */
export type ActAsked = { readonly act: ActBody['act'] } & Readonly<Record<string, unknown>>;

export function prepareAct(act: ActAsked): Promise<PreparedReply> {
  return call(statementsRoutes.prepare, { body: act });
}

export interface AbilitiesAsked {
  readonly model?: string | undefined;
  readonly use?: string | undefined;
  readonly version?: number | undefined;
  readonly finding?: string | undefined;
  readonly campaign?: string | undefined;
}

/** What the reader could say about something, as the server found by trying. */
export function abilitiesQuery(asked: AbilitiesAsked) {
  return queryOptions({
    queryKey: ['abilities', asked],
    queryFn: ({ signal }) => call(statementsRoutes.abilities, { query: { ...asked }, signal }),
  });
}

export interface PapersAsked {
  readonly model: string;
  readonly use?: string | undefined;
  readonly version?: number | undefined;
}

export function papersQuery(asked: PapersAsked) {
  return queryOptions({
    queryKey: ['papers', asked],
    queryFn: ({ signal }) => call(statementsRoutes.papers, { query: { ...asked }, signal }),
  });
}

export interface PaperAsked extends PapersAsked {
  readonly evidence: string;
  readonly dataset?: string | undefined;
}

export function paperStartQuery(asked: PaperAsked) {
  return queryOptions({
    queryKey: ['paper-start', asked],
    refetchOnWindowFocus: false,
    queryFn: ({ signal }) => call(statementsRoutes.paperStart, { query: { ...asked }, signal }),
  });
}
