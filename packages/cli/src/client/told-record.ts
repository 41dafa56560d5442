// SPDX-License-Identifier: Apache-2.0
import { recordRoutes } from '@countersign/contract';
import { z } from 'zod';
import type { ApiClient } from './api-client.ts';

export type RecordContent = Readonly<Record<string, unknown>>;

const WithContent = z.looseObject({
  predicate: z.looseObject({ content: z.record(z.string(), z.json()) }),
});

/** A record as the server tells it: good for finding one, never for believing one. */
export interface ToldRecord {
  readonly content: RecordContent;
  /** False for a record that lies in the log and counts for nothing. */
  readonly counts: boolean;
}

export async function toldRecord(client: ApiClient, digest: string): Promise<ToldRecord> {
  const { statement, rejected } = await client.call(recordRoutes.get, { params: { digest } });
  const { content } = WithContent.parse(statement).predicate;
  return { content, counts: rejected === undefined };
}
