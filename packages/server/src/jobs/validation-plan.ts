// SPDX-License-Identifier: Apache-2.0
import type { CountedRecord, RecordSet } from '@countersign/kernel';
import {
  type TestingPlan,
  type ValidationPlanFile,
  validationPlanSchema,
} from '@countersign/pipeline';
import type { z } from 'zod';
import { refused } from './run-request.ts';

/** How far a replicated figure may lie from the developer's. */
export interface Tolerances {
  readonly figures: string;
  readonly byMetric: Readonly<Record<string, string>>;
  readonly scores: string;
}

/** What a plan says of a file of the validator's own. */
export type OwnDataPlan = Exclude<ValidationPlanFile['data'], string>;

export interface ValidationPlan {
  readonly record: CountedRecord;
  /** A sealed split of the run, or a file like one of its datasets. */
  readonly data: { readonly split: string } | { readonly own: OwnDataPlan };
  readonly looksMax?: number;
  readonly tolerances: Tolerances;
  readonly testing: TestingPlan;
}

const FIGURES_TOLERANCE_DEFAULT = '0.000000001';
const SCORES_TOLERANCE_DEFAULT = '0.00001';

/**
 * The plan that a validate request names: a test-plan record of kind validation, signed before the request.
 * @param at `isOwnFile`: the request brings a file of the validator's own
 * @throws ServerError `job_request_refused` naming the member that is wrong
 */
export function readValidationPlan(
  set: RecordSet,
  digest: unknown,
  at: { readonly request: CountedRecord; readonly isOwnFile: boolean },
): ValidationPlan {
  const record = typeof digest === 'string' ? set.byDigest.get(digest) : undefined;
  const predicate = record?.statement.predicate;
  if (record === undefined || predicate?.type !== 'test-plan' || predicate.kind !== 'validation') {
    throw refused('`params.plan` names no test-plan of kind validation; sign the plan first');
  }
  if (record.index > at.request.index) {
    throw refused('the plan was signed after the request; a plan is fixed before testing');
  }
  const read = validationPlanSchema.safeParse(predicate.content.plan);
  if (!read.success) throw refused(`the plan: ${issueText(read.error)}`);
  const { data, looks_max: looksMax, replication, testing } = read.data;
  return {
    record,
    data: dataOf(data, at.isOwnFile),
    ...(looksMax === undefined ? {} : { looksMax }),
    tolerances: {
      figures: replication?.figures_tolerance ?? FIGURES_TOLERANCE_DEFAULT,
      byMetric: replication?.figures_tolerances ?? {},
      scores: replication?.scores_tolerance ?? SCORES_TOLERANCE_DEFAULT,
    },
    testing,
  };
}

/** A plan fixed for one kind of rows is not used on the other. */
function dataOf(data: ValidationPlanFile['data'], isOwnFile: boolean): ValidationPlan['data'] {
  const isSplit = typeof data === 'string' && data.includes('.');
  if (isSplit && isOwnFile) {
    throw refused(
      `the plan is for \`${data}\`, a sealed split; for a file of your own its \`data\` names the dataset that the file is like`,
    );
  }
  if (isSplit) return { split: data };
  if (typeof data === 'string' && !isOwnFile) return { split: data };
  if (!isOwnFile)
    throw refused('the plan is for a file of the validator’s own, and the request brings none');
  return { own: typeof data === 'string' ? { like: data } : data };
}

function issueText(error: z.ZodError): string {
  const [issue] = error.issues;
  return `\`${issue?.path.map(String).join('.') ?? ''}\`: ${issue?.message ?? ''}`;
}
