// SPDX-License-Identifier: Apache-2.0
import type { CountedRecord, RecordSet } from '@countersign/kernel';
import { pipelineFileSchema, type TestingPlan } from '@countersign/pipeline';
import { z } from 'zod';
import { refused } from './run-request.ts';

const decimal = z
  .string()
  .regex(/^(?:0|[1-9]\d*)(?:\.\d+)?$/, 'expected a decimal such as 0.00001');

/** The validator's plan as its test-plan record holds it; members that only people read are let through. */
const validationPlan = z.looseObject({
  /** The sealed split, `dataset.split`. */
  data: z.string().min(1).max(130),
  replication: z
    .looseObject({ figures_tolerance: decimal.optional(), scores_tolerance: decimal.optional() })
    .optional(),
  testing: z.unknown(),
});

export interface ValidationPlan {
  readonly record: CountedRecord;
  readonly data: string;
  readonly figuresTolerance: string;
  readonly scoresTolerance: string;
  readonly testing: TestingPlan;
}

const FIGURES_TOLERANCE_DEFAULT = '0.000000001';
const SCORES_TOLERANCE_DEFAULT = '0.00001';

/**
 * The plan that a validate request names: a test-plan record of kind validation, signed before the request.
 * @throws ServerError `job_request_refused` naming the member that is wrong
 */
export function readValidationPlan(
  set: RecordSet,
  digest: unknown,
  request: CountedRecord,
): ValidationPlan {
  const record = typeof digest === 'string' ? set.byDigest.get(digest) : undefined;
  const predicate = record?.statement.predicate;
  if (record === undefined || predicate?.type !== 'test-plan' || predicate.kind !== 'validation') {
    throw refused('`params.plan` names no test-plan of kind validation; sign the plan first');
  }
  if (record.index > request.index) {
    throw refused('the plan was signed after the request; a plan is fixed before testing');
  }
  const plan = validationPlan.safeParse(predicate.content.plan);
  if (!plan.success) throw refused(`the plan: ${issueText(plan.error)}`);
  const testing = pipelineFileSchema.shape.testing.safeParse(plan.data.testing);
  if (!testing.success || testing.data === undefined) {
    const why = testing.success ? 'is missing' : issueText(testing.error);
    throw refused(`the plan's \`testing\`: ${why}`);
  }
  const { replication } = plan.data;
  return {
    record,
    data: plan.data.data,
    figuresTolerance: replication?.figures_tolerance ?? FIGURES_TOLERANCE_DEFAULT,
    scoresTolerance: replication?.scores_tolerance ?? SCORES_TOLERANCE_DEFAULT,
    testing: testing.data,
  };
}

function issueText(error: z.ZodError): string {
  const [issue] = error.issues;
  return `\`${issue?.path.map(String).join('.') ?? ''}\`: ${issue?.message ?? ''}`;
}
