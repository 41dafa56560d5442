// SPDX-License-Identifier: Apache-2.0
import {
  addScores,
  evaluatePlan,
  type Roles,
  type Scorer,
  type Table,
  type TestingEvaluation,
} from '@countersign/analysis';
import { accountOf, conflictOf, dutiesOf, holdsRole, type Json } from '@countersign/kernel';
import type { Dataset } from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';
import { validateParams } from '../records/index.ts';
import { proxyTables } from './alternative-scores.ts';
import { challengerDraft } from './challenger-tests.ts';
import { countConfirmations } from './count-confirmations.ts';
import { cutoffOfSpec, datasetOf, protectedOf, rolesOf } from './development-table.ts';
import type { JobResult, JobRunner, JobWork } from './job.ts';
import { readParams, versionParams } from './job-params.ts';
import { laterRows } from './later-rows.ts';
import { detailJson, type ReportPlace } from './measurement-content.ts';
import type { Custody } from './own-custody.ts';
import { openOwnHoldout } from './own-holdout.ts';
import type { Overlap } from './own-overlap.ts';
import { recordTests, type TestDraft } from './record-tests.ts';
import { reportName } from './replicated-figures.ts';
import { refuseUnreplicable, replicationDraft } from './replication.ts';
import { type ReadRunRequest, readRunRequest, refused } from './run-request.ts';
import { findSplit, loadSplit } from './split-table.ts';
import { testReports } from './test-reports.ts';
import { type Looks, looksOf, refuseSpent } from './validation-looks.ts';
import { readValidationPlan, type ValidationPlan } from './validation-plan.ts';
import { openVersionScorer, type VersionFacts, versionFacts } from './version-facts.ts';

/** What a validate request asks for, read and judged before any row is opened. */
interface Validation {
  readonly facts: VersionFacts;
  readonly request: ReadRunRequest;
  readonly given: ReturnType<typeof validateParams.parse>;
  readonly plan: ValidationPlan;
  readonly looks: Looks;
  readonly work: JobWork;
}

/** The rows that a validator measures on. The opener closes the table. */
interface Holdout {
  readonly table: Table;
  readonly content: string;
  readonly name: string;
  readonly dataset: Dataset;
  readonly custody?: Custody;
  readonly overlap?: Overlap;
}

/**
 * The validator's measurements: replicates the developer's figures, then measures the validator's own plan on rows that
 * no step ever read: a sealed split, or a file that the validator brought. Every signed request is a look, whether or not
 * it came to an end.
 * @throws ServerError `job_request_refused` also when the requester is no independent validator
 */
export const validateJob: JobRunner = async (context, work) => {
  const validation = await readValidation(context, work);
  const { facts, plan, request, looks } = validation;
  refuseSpent(looks);
  refuseUnreplicable(facts, plan);
  const holdout = await openHoldout(context, validation);
  try {
    const scorer = await openVersionScorer(context, facts);
    try {
      work.report(`the validator's plan on ${holdout.name}, look ${looks.number}`);
      const own = await holdoutDrafts(context, { validation, holdout, scorer });
      work.report('replication of the developer’s figures from the stored inputs');
      const replication = await replicationDraft(context, { facts, scorer, plan, work });
      const drafts = [replication, ...own].map((draft) => ({
        ...draft,
        source: [request.record.digest, ...(draft.source ?? [])],
      }));
      return async (tx) => {
        const records = await recordTests(context, tx, { facts, producer: 'validation', drafts });
        return { records, ...resultOf(validation, { holdout, replication, own }) };
      };
    } finally {
      await scorer.close();
    }
  } finally {
    holdout.table.close();
  }
};

async function readValidation(context: ServerContext, work: JobWork): Promise<Validation> {
  const set =
    work.request === undefined
      ? await context.records.current()
      : await context.records.including([work.request]);
  const request = readRunRequest(set, work.request, 'validate');
  const given = readParams(validateParams, request.content.params);
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
  const plan = readValidationPlan(set, given.plan, {
    request: request.record,
    isOwnFile: given.data !== undefined,
  });
  if ('split' in plan.data) {
    const { split } = findSplit(facts.result, plan.data.split);
    if (split.access !== 'sealed') {
      throw refused(`\`${plan.data.split}\` is not a sealed split; a step may have read it`);
    }
  }
  const looks = looksOf(set, request.record);
  if (looks === undefined) throw refused('no record says what rows the request opens');
  return { facts, request, given, plan, looks, work };
}

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

async function openHoldout(context: ServerContext, at: Validation): Promise<Holdout> {
  const { facts, plan, given, request, work } = at;
  const { data } = plan;
  if ('split' in data) {
    const { table, content } = await loadSplit(context, facts.result, data.split);
    return { table, content, name: `${data.split}, sealed`, dataset: datasetOf(facts, data.split) };
  }
  if (given.data === undefined) throw refused('the request brings no file of the validator’s own');
  const { own } = data;
  const opened = await openOwnHoldout(context, { facts, request, file: given.data, own, work });
  return { ...opened, name: `${given.data.name}, brought by ${opened.custody.suppliedBy}` };
}

async function holdoutDrafts(
  context: ServerContext,
  at: { readonly validation: Validation; readonly holdout: Holdout; readonly scorer: Scorer },
): Promise<readonly TestDraft[]> {
  const { validation, holdout, scorer } = at;
  const { facts, plan, looks, given, work } = validation;
  const { table, content, name, dataset, custody } = holdout;
  await addScores(table, scorer, SCORE);
  const roles = rolesOf(dataset, SCORE);
  const evaluation = await evaluateOwn(context, { validation, holdout, scorer, roles });
  const place: ReportPlace = {
    phase: 'validation',
    data: {
      description: `${name}; scored row by row by the artefact; look ${looks.number}`,
      digest: content,
      rows: table.rowCount,
      ...(custody === undefined ? {} : { suppliedBy: custody.suppliedBy }),
    },
    plan: plan.record.digest,
  };
  const challengers = await challengerDraft(
    context,
    {
      facts,
      table,
      roles,
      id: dataset.roles?.id,
      challengers: given.challengers ?? [],
      confidence: plan.testing.confidence,
      limits: plan.testing.benchmark?.limits,
      work,
    },
    place,
  );
  const source = [plan.record.digest];
  const drafts = [
    ...countConfirmations(facts, testReports(evaluation, place, { source })),
    ...(challengers === undefined ? [] : [{ ...challengers, source }]),
  ];
  const about = lookFacts(validation, holdout);
  return drafts.map((draft) => {
    // A part that was measured on rows that the plan names beside these says nothing of looks at these.
    if (draft.content.data.digest !== content) return draft;
    const detail = { ...asMembers(draft.content.detail), ...about };
    return { ...draft, content: { ...draft.content, detail } };
  });
}

/** The validator's plan on the rows held back, by the function that measured the developer's. */
async function evaluateOwn(
  context: ServerContext,
  at: {
    readonly validation: Validation;
    readonly holdout: Holdout;
    readonly scorer: Scorer;
    readonly roles: Roles;
  },
): Promise<TestingEvaluation> {
  const { validation, holdout, scorer, roles } = at;
  const { facts, plan } = validation;
  const planned = { ...facts, file: { ...facts.file, testing: plan.testing } };
  const later = await laterRows(context, planned, scorer);
  try {
    return await evaluatePlan(plan.testing, holdout.table, {
      roles,
      cutoff: cutoffOfSpec(facts),
      protected: protectedOf(holdout.dataset),
      proxyTables: await proxyTables(context, facts, plan.testing),
      later,
      scorer,
    });
  } finally {
    later?.table.close();
  }
}

/** What stands in every record of a look: which look it is, whose rows they are, who could have had them. */
function lookFacts({ looks }: Validation, { custody, overlap }: Holdout) {
  return {
    sealedLook: looks.number,
    looks: detailJson(looks),
    ...(custody === undefined ? {} : { custody: detailJson(custody) }),
    ...(overlap === undefined ? {} : { overlap: detailJson(overlap) }),
  };
}

/** What the job says of itself: figures stand in its records. */
function resultOf(
  { facts, looks }: Validation,
  at: {
    readonly holdout: Holdout;
    readonly replication: TestDraft;
    readonly own: readonly TestDraft[];
  },
): Omit<JobResult, 'records'> {
  const { content } = at.replication;
  const counted = content.measurements.find(({ metric }) => metric === 'replication_mismatches');
  const conclusions = at.own.map(({ type, kind, content }) => [
    reportName(type, kind),
    content.conclusion,
  ]);
  return {
    model: facts.version.model,
    version: facts.version.version,
    look: looks.number,
    plans: looks.plans,
    planAfterFirstLook: looks.planAfterFirstLook,
    looks: detailJson(looks.looks),
    data: at.holdout.content,
    rows: at.holdout.table.rowCount,
    ...(at.holdout.custody === undefined ? {} : { custody: detailJson(at.holdout.custody) }),
    replication: content.conclusion,
    figures: counted?.n ?? 0,
    mismatches: Number(counted?.value ?? 0),
    conclusions: Object.fromEntries(conclusions),
  };
}

/** Column of the score, beside the dataset's own. */
const SCORE = 'served_score';

function asMembers(json: Json | undefined): { readonly [name: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as { readonly [name: string]: Json }) // arrays were told apart, which TypeScript loses for readonly ones
    : {};
}
