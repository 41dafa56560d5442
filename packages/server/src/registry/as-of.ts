// SPDX-License-Identifier: Apache-2.0
import {
  type AsOfView,
  asOfView,
  type GateMemo,
  indexAt,
  type RecordSet,
} from '@countersign/kernel';
import { ServerError } from '../errors.ts';
import { modelSets } from '../records/index.ts';

const DAY = /^\d{4}-\d\d-\d\d$/;

/**
 * The moment that a day or a time names: a day means its end in UTC, today what has passed of it.
 * @param field of the request, for the refusal
 * @throws ServerError `request_malformed` for a day that no calendar has and for a time to come
 */
export function momentOf(
  text: string,
  at: { readonly now: string; readonly field: string },
): string {
  const end = DAY.test(text) ? `${text}T23:59:59.999Z` : text;
  const time = new Date(Date.parse(end));
  if (Number.isNaN(time.getTime()) || time.toISOString() !== end) {
    throw new ServerError('request_malformed', `\`${text}\` is no day of the calendar`, {
      details: { field: at.field },
    });
  }
  if (end <= at.now) return end;
  if (DAY.test(text) && text === at.now.slice(0, 10)) return at.now;
  throw new ServerError(
    'request_malformed',
    `\`${text}\` is to come: ask for a time up to ${at.now}`,
    { details: { field: at.field } },
  );
}

export interface AsOfAnswer extends Omit<AsOfView, 'known'> {
  readonly known: { readonly time: string; readonly index: number };
}

/**
 * What was in production and in staging at a date, as the log up to a time tells it.
 * @param gates verdicts of earlier questions, kept by whoever asks again
 */
export function productionAsOf(
  set: RecordSet,
  question: {
    readonly workspace: string;
    readonly date: string;
    readonly known: string;
    readonly model?: string | undefined;
  },
  gates: GateMemo,
): AsOfAnswer {
  const { workspace, date, known, model } = question;
  const index = indexAt(set, known);
  const sets = modelSets(set, workspace);
  const view = asOfView(set, { workspace, date, known: index, model, sets }, gates);
  return { ...view, known: { time: known, index } };
}
