// SPDX-License-Identifier: Apache-2.0
import { asOfRoutes } from '@countersign/contract';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { call } from './client.ts';

/** In an address: a log position, or a day (its end in UTC) or moment of which the server says the position. */
export const AsOfParameter = z
  .union([z.int().nonnegative(), z.string().regex(/^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d\.\d{3}Z)?$/)])
  .optional()
  .catch(undefined);
export type AsOfParameter = z.infer<typeof AsOfParameter>;

export interface AsOfAsked {
  readonly model: string;
  readonly date: string;
  /** What the log held then answers; what it holds now without it. */
  readonly known?: string | undefined;
}

/** What was in production and staging at a date, allowed by whom and on what validation. */
export function asOfQuery({ model, date, known }: AsOfAsked) {
  return queryOptions({
    queryKey: ['as-of', model, date, known],
    queryFn: ({ signal }) => call(asOfRoutes.get, { query: { model, date, known }, signal }),
  });
}

/** As `asOfQuery`, of every model of the firm unless one is named. */
export function firmAsOfQuery({ model, date, known }: Omit<AsOfAsked, 'model'> & FirmAsked) {
  return queryOptions({
    queryKey: ['as-of', model, date, known],
    queryFn: ({ signal }) => call(asOfRoutes.get, { query: { model, date, known }, signal }),
  });
}

interface FirmAsked {
  readonly model?: string | undefined;
}

export type Position =
  | { readonly state: 'known'; readonly position: number | undefined }
  | { readonly state: 'asked' }
  | { readonly state: 'refused'; readonly error: unknown };

/** The log position that an address names; undefined for now. */
export function usePosition(model: string, asOf: AsOfParameter): Position {
  const date = typeof asOf === 'string' ? asOf : undefined;
  const asked = asOfQuery({ model, date: date ?? '', known: date ?? '' });
  const { data, error } = useQuery({ ...asked, enabled: date !== undefined });
  if (typeof asOf !== 'string') return { state: 'known', position: asOf };
  if (error !== null) return { state: 'refused', error };
  if (data === undefined) return { state: 'asked' };
  if (data.known.index < 0) {
    const message = `the log held nothing yet at \`${asOf}\`; ask for a later day`;
    return { state: 'refused', error: new Error(message) };
  }
  return { state: 'known', position: data.known.index };
}
