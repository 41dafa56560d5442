// SPDX-License-Identifier: Apache-2.0
import { addScores, evaluatePlan, type Scorer } from '@countersign/analysis';
import {
  accountOf,
  conflictOf,
  dutiesOf,
  holdsRole,
  type Json,
  type RecordSet,
  recordsOfType,
} from '@countersign/kernel';
import { z } from 'zod';
import type { ServerContext } from '../context.ts';
import { cutoffOfSpec, datasetOf, protectedOf, rolesOf } from './development-table.ts';
import type { JobRunner } from './job.ts';
import { readParams, versionParams } from './job-params.ts';
import type { ReportPlace } from './measurement-content.ts';
import { recordTests, type TestDraft } from './record-tests.ts';
import { replicationDraft } from './replication.ts';
import { type ReadRunRequest, readRunRequest, refused } from './run-request.ts';
import { findSplit, loadSplit } from './split-table.ts';
import { testReports } from './test-reports.ts';
import { readValidationPlan, type ValidationPlan } from './validation-plan.ts';
import { openVersionScorer, type VersionFacts, versionFacts } from './version-facts.ts';

const requestParams = z.looseObject({ plan: z.string(), version: z.int().min(1).optional() });

/**
 * The validator's measurements: replicates the developer's figures, then measures the validator's own plan on the sealed
 * hold-out, whose rows no step ever read. Every signed request is a look, whether or not it came to an end.
 * @throws ServerError `job_request_refused` also when the requester is no independent validator
 */
export const validateJob: JobRunner = async (context, work) => {
  const set =
    work.request === undefined
      ? await context.records.current()
      : await context.records.including([work.request]);
  const request = readRunRequest(set, work.request, 'validate');
  const given = readParams(requestParams, request.content.params);
  const facts = await versionFacts(
    context,
    set,
    readParams(versionParams, {
      model: request.model,
      version: request.version ?? given.version ?? 0,
      ...(request.use === undefined ? {} : { use: request.use }),
    }),
  );
  refuseDependent(facts, request);
  const plan = readValidationPlan(set, given.plan, request.record);
  const scorer = await openVersionScorer(context, facts);
  try {
    work.report('replication of the developer’s figures from the stored inputs');
    const replication = await replicationDraft(context, { facts, scorer, plan });
    const look = lookNumber(set, request, plan);
    work.report(`the validator's plan on ${plan.data}, look ${look}`);
    const holdout = await holdoutDrafts(context, { facts, scorer, plan, look });
    const drafts = [replication, ...holdout].map((draft) => ({
      ...draft,
      source: [request.record.digest, ...(draft.source ?? [])],
    }));
    return async (tx) => {
      const records = await recordTests(context, tx, { facts, producer: 'validation', drafts });
      return {
        records,
        model: facts.version.model,
        version: facts.version.version,
        look,
        replication: replication.content.conclusion,
        conclusions: Object.fromEntries(
          holdout.map(({ type, kind, content }) => [
            kind === undefined ? type : `${type}/${kind}`,
            content.conclusion,
          ]),
        ),
      };
    };
  } finally {
    await scorer.close();
  }
};

/** A look at sealed rows is for a validator who had no part in the version; a developer's request opens nothing. */
function refuseDependent(facts: VersionFacts, request: ReadRunRequest): void {
  const { set, version } = facts;
  const validators = request.record.signers.filter((key) => holdsRole(key, 'validator'));
  if (validators.length === 0) {
    throw refused('sealed rows are read for a validator alone; none signed this request');
  }
  const duties = dutiesOf(set, version);
  for (const key of validators) {
    const conflict = conflictOf(set, duties, { account: accountOf(key), role: 'validator' });
    if (conflict !== undefined) throw refused(conflict);
  }
}

/** How many signed requests have named this split of the model, this one included: the first look is 1. */
function lookNumber(set: RecordSet, request: ReadRunRequest, plan: ValidationPlan): number {
  return recordsOfType(set, 'run-request').filter((record) => {
    const { subjectRef, content } = record.statement.predicate;
    const isLook = content.job === 'validate' && subjectRef.model === request.model;
    if (!isLook || record.index > request.record.index) return false;
    const planned = set.byDigest.get(String(asMembers(content.params).plan));
    return asMembers(planned?.statement.predicate.content.plan).data === plan.data;
  }).length;
}

async function holdoutDrafts(
  context: ServerContext,
  at: {
    readonly facts: VersionFacts;
    readonly scorer: Scorer;
    readonly plan: ValidationPlan;
    readonly look: number;
  },
): Promise<readonly TestDraft[]> {
  const { facts, scorer, plan, look } = at;
  const { split } = findSplit(facts.result, plan.data);
  if (split.access !== 'sealed') {
    throw refused(`\`${plan.data}\` is not a sealed split; a step may have read it`);
  }
  const { table, content } = await loadSplit(context, facts.result, plan.data);
  try {
    await addScores(table, scorer, SCORE);
    const dataset = datasetOf(facts, plan.data);
    const evaluation = await evaluatePlan(plan.testing, table, {
      roles: rolesOf(dataset, SCORE),
      cutoff: cutoffOfSpec(facts),
      protected: protectedOf(dataset),
      scorer,
    });
    const place: ReportPlace = {
      phase: 'validation',
      data: {
        description: `${plan.data}, sealed; scored row by row by the artefact; look ${look}`,
        digest: content,
        rows: table.rowCount,
      },
      plan: plan.record.digest,
    };
    const drafts = testReports(evaluation, place, { source: [plan.record.digest] });
    return drafts.map((draft) => ({
      ...draft,
      content: {
        ...draft.content,
        detail: { ...asMembers(draft.content.detail), sealedLook: look },
      },
    }));
  } finally {
    table.close();
  }
}

/** Column of the score, beside the dataset's own. */
const SCORE = 'served_score';

function asMembers(json: Json | undefined): { readonly [name: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as { readonly [name: string]: Json }) // arrays were told apart, which TypeScript loses for readonly ones
    : {};
}
