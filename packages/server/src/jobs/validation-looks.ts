// SPDX-License-Identifier: Apache-2.0
import { type CountedRecord, type Json, type RecordSet, recordsOfType } from '@countersign/kernel';
import { validationPlanSchema } from '@countersign/pipeline';
import { validateParams, validateRequests } from '../records/index.ts';
import { refused } from './run-request.ts';

/** One signed request that opened some rows, or would have: it counts whether or not it came to an end. */
export interface Look {
  readonly number: number;
  readonly request: string;
  /** When it was logged. */
  readonly at: string;
  readonly by: string;
  readonly model: string;
  readonly version: number;
  readonly plan: string;
  /** False for one that left no figures: it failed, was refused, or is this one. */
  readonly measured: boolean;
}

/** Every look at the same bytes: by any version of any model, under any plan. */
export interface Looks {
  readonly content: string;
  /** Of the request in hand. */
  readonly number: number;
  readonly looks: readonly Look[];
  /** Distinct plans among them. */
  readonly plans: number;
  /** The plan in hand was signed after somebody had looked already. */
  readonly planAfterFirstLook: boolean;
  /** The strictest limit that any of these plans set. */
  readonly limit?: number;
}

/**
 * Counts the looks at what a validate request opens, the request included.
 * @returns undefined for a request that opens nothing known
 */
export function looksOf(set: RecordSet, request: CountedRecord): Looks | undefined {
  const content = openedContent(set, request);
  if (content === undefined) return undefined;
  const measured = new Set(
    recordsOfType(set, 'performance-test').flatMap(({ statement }) => statement.predicate.source),
  );
  const requests = validateRequests(set)
    .filter((one) => one.index <= request.index && openedContent(set, one) === content)
    .toSorted((one, other) => one.index - other.index);
  const looks = requests.map((one, index): Look => {
    const { actor, subjectRef } = one.statement.predicate;
    return {
      number: index + 1,
      request: one.digest,
      at: one.loggedAt,
      by: actor,
      model: subjectRef.model ?? '',
      version: versionOf(one) ?? 0,
      plan: planOf(set, one)?.digest ?? '',
      measured: measured.has(one.digest),
    };
  });
  const plans = new Set(looks.map(({ plan }) => plan));
  const limits = [...plans].flatMap((digest) => limitOf(set.byDigest.get(digest)) ?? []);
  const own = planOf(set, request);
  return {
    content,
    number: looks.length,
    looks,
    plans: plans.size,
    planAfterFirstLook: own !== undefined && own.index > (requests[0]?.index ?? own.index),
    ...(limits.length === 0 ? {} : { limit: Math.min(...limits) }),
  };
}

/**
 * Refuses a look beyond the limit. A warning would not do: rows that were looked at too often are spent, and nothing
 * that is said afterwards brings them back. A later plan cannot lift the limit of an earlier one.
 * @throws ServerError `job_request_refused`
 */
export function refuseSpent({ number, limit, plans, content }: Looks): void {
  if (limit === undefined || number <= limit) return;
  throw refused(
    `this would be look ${number} at these rows, under ${plans} plan${plans === 1 ? '' : 's'}; a plan for them allows ${limit}: measure on rows that nobody has looked at`,
    { look: number, looksMax: limit, content },
  );
}

/** Rows that earlier looks of the same model opened, other than those in hand. */
export function openedEarlier(
  set: RecordSet,
  request: CountedRecord,
): readonly { readonly content: string; readonly format: 'csv' | 'parquet' }[] {
  const { model } = request.statement.predicate.subjectRef;
  const own = openedContent(set, request);
  const found = new Map<string, 'csv' | 'parquet'>();
  for (const one of validateRequests(set)) {
    if (one.index >= request.index || one.statement.predicate.subjectRef.model !== model) continue;
    const content = openedContent(set, one);
    const format = content === undefined ? undefined : formatOf(set, one, content);
    if (content === undefined || content === own || format === undefined) continue;
    found.set(content, format);
  }
  return [...found].map(([content, format]) => ({ content, format }));
}

function formatOf(
  set: RecordSet,
  request: CountedRecord,
  content: string,
): 'csv' | 'parquet' | undefined {
  const read = validateParams.safeParse(request.statement.predicate.content.params);
  if (read.success && read.data.data !== undefined) return read.data.data.format;
  const snapshot = recordsOfType(set, 'dataset-snapshot').find(
    ({ statement }) => statement.predicate.content.contentDigest === content,
  );
  const format = snapshot?.statement.predicate.content.format;
  return format === 'csv' || format === 'parquet' ? format : undefined;
}

/** Digest of the rows that a request opens: its own file, or the sealed split of its version. */
function openedContent(set: RecordSet, request: CountedRecord): string | undefined {
  const read = validateParams.safeParse(request.statement.predicate.content.params);
  if (!read.success) return undefined;
  if (read.data.data !== undefined) return read.data.data.digest;
  const plan = planOf(set, request);
  const named = membersOf(plan?.statement.predicate.content.plan).data;
  const { model } = request.statement.predicate.subjectRef;
  const version = versionOf(request);
  const snapshot = recordsOfType(set, 'dataset-snapshot').find(({ statement: { predicate } }) => {
    const { dataset, split } = predicate.content;
    const { subjectRef } = predicate;
    const isOfVersion = subjectRef.model === model && subjectRef.version === version;
    return isOfVersion && `${dataset}.${split}` === named;
  });
  const found = snapshot?.statement.predicate.content.contentDigest;
  return typeof found === 'string' ? found : undefined;
}

function versionOf({ statement: { predicate } }: CountedRecord): number | undefined {
  const given = membersOf(predicate.content.params).version;
  return predicate.subjectRef.version ?? (typeof given === 'number' ? given : undefined);
}

function planOf(set: RecordSet, { statement }: CountedRecord): CountedRecord | undefined {
  const { plan } = membersOf(statement.predicate.content.params);
  return typeof plan === 'string' ? set.byDigest.get(plan) : undefined;
}

function limitOf(plan: CountedRecord | undefined): number | undefined {
  const limit = validationPlanSchema.shape.looks_max.safeParse(
    membersOf(plan?.statement.predicate.content.plan).looks_max,
  );
  return limit.success ? limit.data : undefined;
}

function membersOf(json: Json | undefined): { readonly [name: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as { readonly [name: string]: Json }) // arrays were told apart, which TypeScript loses for readonly ones
    : {};
}
