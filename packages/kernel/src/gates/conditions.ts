// SPDX-License-Identifier: Apache-2.0

import { parseDecimal } from '../decimal.ts';
import { blockingGaps, completeness } from '../evidence/completeness.ts';
import { originOf, originOfVersion } from '../evidence/enforcement-grade.ts';
import type { EvidenceId } from '../evidence/evidence-ids.ts';
import { evidenceItems, isStale, latestItem } from '../evidence/evidence-items.ts';
import { catalogueLacks, lackingText, MEASURED_CATALOGUE } from '../evidence/feature-catalogue.ts';
import { hazardReports, hazardShortfall } from '../evidence/hazard-reports.ts';
import type { DueStage } from '../evidence/pack.ts';
import { discussionOf, openBlocking } from '../governance/discussion.ts';
import {
  findingChain,
  findingInForce,
  isAcceptanceRunning,
  isBlocking,
  usesRegister,
} from '../governance/finding-steps.ts';
import { accountOf, actsAs } from '../identity/key-register.ts';
import type { CountedRecord } from '../records/record-set.ts';
import { asArray, asObject, asString, optional } from '../records/shape.ts';
import { endingsOf } from '../warrants/endings.ts';
import { type Finding, readFindingContent } from './change-request.ts';
import { coveredMeasurements } from './exceptions.ts';
import type { GateFacts } from './facts.ts';
import { gateVerdict, type JudgedMeasurement, measurementsOf } from './measurements.ts';
import { type ConditionId, NEVER_WAIVED } from './policy.ts';
import { provisionalUseOf } from './provisional.ts';
import { conflictOf } from './separation-of-duties.ts';
import { type ReliefFacts, waiversOf } from './waivers.ts';

export type Outcome = 'pass' | 'excepted' | 'inconclusive' | 'fail';

export interface ConditionResult {
  readonly outcome: Outcome;
  readonly reasons: readonly string[];
  readonly records: readonly string[];
}

type Judge = (facts: GateFacts) => ConditionResult;

const pass = (records: readonly string[], ...reasons: readonly string[]): ConditionResult => ({
  outcome: 'pass',
  reasons,
  records,
});
const fail = (reasons: readonly string[], records: readonly string[] = []): ConditionResult => ({
  outcome: 'fail',
  reasons,
  records,
});

/** Judges one condition. A condition that throws denies, with the message as its reason. */
export function judgeCondition(id: ConditionId, facts: GateFacts): ConditionResult {
  try {
    return JUDGES[id](facts);
  } catch (error) {
    return fail([error instanceof Error ? error.message : 'the condition could not be judged']);
  }
}

const JUDGES: { readonly [id in ConditionId]: Judge } = {
  'promotable-run': promotableRun,
  'evidence-complete': evidenceComplete,
  'threshold-floors': thresholdFloors,
  performance: (facts) => measured(facts, 'performance', ['performance-test', 'robustness-test']),
  bias: (facts) => measured(facts, 'bias', ['fairness-test']),
  reproducible: (facts) => unlessWaived(facts, 'reproducible', reproducible(facts)),
  'independent-validation': independentValidation,
  findings: noBlockingFinding,
  staged,
  parity,
  discussion: noBlockingQuestion,
  'feature-catalogue': catalogueComplete,
};

function promotableRun(facts: GateFacts): ConditionResult {
  const run = facts.set.byDigest.get(facts.request.run);
  if (run?.statement.predicate.type === 'run-request') return registered(facts, run);
  if (run?.statement.predicate.type !== 'training-run') {
    return fail([`run ${facts.request.run.slice(0, 12)} is not in the log`]);
  }
  const { content, subjectRef } = run.statement.predicate;
  if (content.promotable !== true)
    return fail(['the run is a draft: run it with `--remote`'], [run.digest]);
  const spec = facts.set.byDigest.get(facts.request.spec)?.statement.predicate;
  const bound =
    subjectRef.artifactDigest === facts.context.artifactDigest &&
    spec?.type === 'model-spec' &&
    spec.subjectRef.artifactDigest === facts.context.artifactDigest;
  if (!bound) return fail(['run or specification belongs to other artefact bytes'], [run.digest]);
  return pass([run.digest, facts.request.spec]);
}

/**
 * A version that no run made names the signed request for its registration instead. Its origin is the platform's word, in
 * the record of its artefact; a version that was built cannot be passed off as one.
 */
function registered(facts: GateFacts, request: CountedRecord): ConditionResult {
  const artifact = latestItem(facts.set, facts.context, { id: 'model-artifact' });
  const predicate = artifact?.statement.predicate;
  const origin = predicate === undefined ? 'built' : originOf(predicate.content);
  if (artifact === undefined || origin === 'built') {
    return fail(['the version was built: it names the run that built it'], [request.digest]);
  }
  if (!artifact.statement.predicate.source.includes(request.digest)) {
    return fail(['the version was registered at another request'], [request.digest]);
  }
  const spec = facts.set.byDigest.get(facts.request.spec)?.statement.predicate;
  const isBound =
    spec?.type === 'model-spec' && spec.subjectRef.artifactDigest === facts.context.artifactDigest;
  if (!isBound)
    return fail(['the specification belongs to other artefact bytes'], [artifact.digest]);
  return pass(
    [artifact.digest, request.digest, facts.request.spec],
    `not applicable: the version is ${origin}, no run of this platform made it`,
  );
}

const DUE_FOR: { readonly [transition in 'staging' | 'production']: DueStage } = {
  staging: 'staging',
  production: 'production',
};

/** Approvals are what is being given, so their own items cannot be asked for beforehand. */
const GIVEN_AT_THE_GATE: readonly string[] = ['approval-record', 'e-signature'];

interface JudgedEvidence {
  readonly gaps: readonly string[];
  /** What is waived, in sentences, and by which records. */
  readonly waived: readonly string[];
  readonly waivers: readonly string[];
}

/** Clauses of every pack in scope, judged up to `reached`. */
function judgeEvidence(facts: GateFacts, reached: DueStage): JudgedEvidence {
  const gaps: string[] = [];
  const waived: string[] = [];
  const waivers = new Set<string>();
  const inPlace = waivedEvidence(facts);
  const carried = new Map((facts.carried ?? []).map(({ evidence, record }) => [evidence, record]));
  for (const pack of facts.packs) {
    const results = completeness(facts.set, facts.context, pack, {
      tier: facts.tier,
      origin: originOfVersion(facts.set, facts.context),
      reached,
      now: facts.now,
      waived: inPlace,
      carried,
    });
    for (const { blocks, clause, evidence } of results) {
      for (const { id, status, records } of blocks ? evidence : []) {
        const by = status === 'waived' ? records.at(-1) : undefined;
        if (by === undefined) continue;
        waived.push(`${clause}: ${id} waived by ${by.slice(0, 12)}`);
        waivers.add(by);
      }
    }
    for (const clause of blockingGaps(results)) {
      const lacking = clause.evidence.filter(
        ({ id, status }) =>
          ['missing', 'stale', 'expired'].includes(status) && !GIVEN_AT_THE_GATE.includes(id),
      );
      gaps.push(...lacking.map(({ id, status }) => `${clause.clause}: ${id} ${status}`));
      gaps.push(...lacking.flatMap(({ id, records }) => shortfalls(facts, id, records)));
      gaps.push(...lacking.flatMap(({ id }) => refusedWaivers(facts, id)));
    }
  }
  return { gaps, waived, waivers: [...waivers] };
}

/** What evidence that is there falls short of, in sentences. */
function shortfalls(facts: GateFacts, id: string, records: readonly string[]): readonly string[] {
  if (id === 'risk-file')
    return hazardReports(facts.set, facts.context).flatMap((one) => hazardShortfall(one) ?? []);
  if (id !== 'feature-catalogue') return [];
  const items = records.flatMap((digest) => facts.set.byDigest.get(digest) ?? []);
  return items.flatMap(catalogueLacks).map(lackingText);
}

/** Every input of the model has its entry, as the platform found when it registered the version. */
function catalogueComplete(facts: GateFacts): ConditionResult {
  const item = latestItem(facts.set, facts.context, {
    id: 'feature-catalogue',
    kind: MEASURED_CATALOGUE,
  });
  const origin = originOfVersion(facts.set, facts.context);
  if (item === undefined) {
    return origin === 'built'
      ? fail(['no feature catalogue was made of the run: run it again'])
      : pass([], `not applicable: the version is ${origin}, no run of this platform made it`);
  }
  if (isStale(item.statement.predicate.subjectRef, facts.context))
    return fail(['the feature catalogue was made for other bytes'], [item.digest]);
  const lacking = catalogueLacks(item);
  return lacking.length === 0 ? pass([item.digest]) : fail(lacking.map(lackingText), [item.digest]);
}

/** Evidence that signed waivers do without, and the validation report where the use is provisional. */
export function waivedEvidence(facts: ReliefFacts): ReadonlyMap<EvidenceId, string> {
  const waived = new Map(waiversOf(facts).evidence);
  const validation = validationExcuse(facts);
  if (validation !== undefined) waived.set('validation-report', validation.record);
  return waived;
}

function completeOr({ gaps, waived, waivers }: JudgedEvidence): ConditionResult {
  if (gaps.length > 0) return fail(gaps);
  return waivers.length === 0
    ? pass([])
    : { outcome: 'excepted', reasons: waived, records: waivers };
}

/** Why a waiver that was signed does not hold. One of what never is waived is not worth a word. */
function refusedWaivers(facts: ReliefFacts, what: string): readonly string[] {
  const isNever = NEVER_WAIVED.some((id) => id === what);
  const { refused } = waiversOf(facts);
  return isNever ? [] : refused.filter((one) => one.what === what).map(({ reason }) => reason);
}

function evidenceComplete(facts: GateFacts): ConditionResult {
  return completeOr(judgeEvidence(facts, DUE_FOR[facts.request.transition]));
}

/** The part of completeness that is due when a version becomes a candidate. */
export function candidateEvidence(facts: GateFacts): ConditionResult {
  const due: DueStage = facts.request.transition === 'staging' ? 'candidate' : 'staging';
  return completeOr(judgeEvidence(facts, due));
}

/** What stands in the place of a validation that is not there: a negative one is never excused. */
export function validationExcuse(
  facts: ReliefFacts,
): { readonly record: string; readonly isProvisional: boolean } | undefined {
  const report = latestItem(facts.set, facts.context, { id: 'validation-report' });
  if (report !== undefined) return undefined;
  const { record } = provisionalUseOf(facts);
  if (record !== undefined) return { record, isProvisional: true };
  const { evidence, conditions } = waiversOf(facts);
  const waiver = conditions.get('independent-validation') ?? evidence.get('validation-report');
  return waiver === undefined ? undefined : { record: waiver, isProvisional: false };
}

/** A waiver covers what failed, not what was measured on other bytes. */
function unlessWaived(
  facts: GateFacts,
  condition: 'reproducible',
  result: ConditionResult,
): ConditionResult {
  if (result.outcome === 'pass' || result.outcome === 'excepted') return result;
  const waiver = waiversOf(facts).conditions.get(condition);
  if (waiver === undefined || result.reasons.includes(OTHER_BYTES)) return result;
  return { outcome: 'excepted', reasons: result.reasons, records: [...result.records, waiver] };
}

const OTHER_BYTES = 'the rebuild was of other bytes';

/** A plan may tighten the floors that model risk signed, never loosen or omit one. */
function thresholdFloors(facts: GateFacts): ConditionResult {
  const plan = evidenceItems(facts.set, facts.context, { id: 'test-plan', kind: 'development' }).at(
    -1,
  );
  if (plan === undefined) return fail(['no test plan was fixed before testing']);
  const limits = asArray(
    plan.statement.predicate.content.limits,
    'content.limits',
    (json, path) => {
      const object = asObject(json, path);
      return {
        metric: asString(object.metric, `${path}.metric`),
        op: asString(object.op, `${path}.op`),
        value: asString(object.value, `${path}.value`),
      };
    },
  );
  const loose = facts.floors.flatMap((floor) => {
    const limit = limits.find(({ metric, op }) => metric === floor.metric && op === floor.op);
    if (limit === undefined) return [`the plan sets no limit \`${floor.metric} ${floor.op}\``];
    const difference = parseDecimal(limit.value) - parseDecimal(floor.value);
    const holds = floor.op === '>=' ? difference >= 0 : difference <= 0;
    return holds
      ? []
      : [
          `the plan's ${floor.metric} ${limit.op} ${limit.value} is looser than the floor ${floor.value}`,
        ];
  });
  return loose.length === 0 ? pass([plan.digest]) : fail(loose, [plan.digest]);
}

/** The worst verdict over the developer's reports of some types; inconclusive ones may be excepted one by one. */
function measured(
  facts: GateFacts,
  condition: ConditionId,
  types: readonly EvidenceId[],
): ConditionResult {
  const reports = types.flatMap((id) => newestByKind(facts, id));
  const first = types[0];
  if (first === undefined || !reports.some((report) => report.statement.predicate.type === first)) {
    return fail([`no ${first} is recorded for this version`]);
  }
  const stale = reports.find(({ statement }) =>
    isStale(statement.predicate.subjectRef, facts.context),
  );
  if (stale !== undefined)
    return fail([`${stale.statement.predicate.type} was made for other bytes`]);
  const records = reports.map(({ digest }) => digest);
  const measurements = reports.flatMap(measurementsOf);
  const failed = measurements.filter((one) => gateVerdict(one) === 'fail');
  if (failed.length > 0) return fail(failed.map(describe), records);
  // What a validator's smaller sample leaves open is for the signed conclusion to weigh; it can refute, not confirm.
  const open = reports
    .filter(({ statement }) => statement.predicate.content.phase !== 'validation')
    .flatMap(measurementsOf)
    .filter((one) => gateVerdict(one) === 'inconclusive');
  if (open.length === 0) return pass(records);
  const covered = coveredMeasurements(facts, condition);
  const uncovered = open.filter(({ id }) => !covered.measurements.has(id));
  if (uncovered.length > 0) {
    const reasons = [...uncovered.map(describe), ...covered.refused];
    return { outcome: 'inconclusive', reasons, records };
  }
  return {
    outcome: 'excepted',
    reasons: open.map(describe),
    records: [...records, ...covered.records],
  };
}

/** The newest report of each kind and phase: earlier looks stay in the log, the last one is judged. */
function newestByKind(facts: GateFacts, id: EvidenceId): readonly CountedRecord[] {
  const newest = new Map<string, CountedRecord>();
  for (const item of evidenceItems(facts.set, facts.context, { id })) {
    const phase = optional(item.statement.predicate.content.phase, 'content.phase', asString) ?? '';
    newest.set(`${item.statement.predicate.kind ?? ''}/${phase}`, item);
  }
  return [...newest.values()];
}

function describe(one: JudgedMeasurement): string {
  const limit = one.limit === undefined ? '' : ` (limit ${one.limit})`;
  return `${one.id} = ${one.value}${limit}: ${gateVerdict(one)}`;
}

function reproducible(facts: GateFacts): ConditionResult {
  const item = latestItem(facts.set, facts.context, { id: 'reproduction-attestation' });
  if (item === undefined)
    return fail(['the version has not been rebuilt: run `countersign reproduce`']);
  const { content, subjectRef } = item.statement.predicate;
  if (isStale(subjectRef, facts.context)) return fail([OTHER_BYTES], [item.digest]);
  const verdict = asString(content.verdict, 'content.verdict');
  if (verdict === 'byte-identical') return pass([item.digest]);
  if (!['score-identical', 'within tolerance'].includes(verdict)) {
    return fail([`rebuild verdict: ${verdict}`], [item.digest]);
  }
  const covered = coveredMeasurements(facts, 'reproducible');
  return covered.measurements.has(verdict)
    ? {
        outcome: 'excepted',
        reasons: [`rebuild verdict: ${verdict}`],
        records: [item.digest, ...covered.records],
      }
    : { outcome: 'inconclusive', reasons: [`rebuild verdict: ${verdict}`], records: [item.digest] };
}

function independentValidation(facts: GateFacts): ConditionResult {
  const report = latestItem(facts.set, facts.context, { id: 'validation-report' });
  if (report === undefined) return carriedValidation(facts) ?? withoutValidation(facts);
  if (isStale(report.statement.predicate.subjectRef, facts.context))
    return fail(['the validation was of other bytes'], [report.digest]);
  return concluded(facts, report);
}

/** The conclusion on the version in production, where everybody signed beforehand how far a change may go from it. */
function carriedValidation(facts: GateFacts): ConditionResult | undefined {
  const item = facts.carried?.find(({ evidence }) => evidence === 'validation-report');
  const report = item === undefined ? undefined : facts.set.byDigest.get(item.record);
  if (item === undefined || report === undefined) return undefined;
  const result = concluded(facts, report);
  return result.outcome === 'pass'
    ? { ...result, reasons: [`carried from @${item.version}: the change is inside its envelope`] }
    : result;
}

function concluded(facts: GateFacts, report: CountedRecord): ConditionResult {
  const { content } = report.statement.predicate;
  const validators = report.signers
    .filter((key) => actsAs(key, 'validator', facts.context.model))
    .map(accountOf);
  const conflicts = validators.flatMap(
    (account) => conflictOf(facts.set, facts.duties, { account, role: 'validator' }) ?? [],
  );
  if (conflicts.length === validators.length) return fail(conflicts, [report.digest]);
  const outcome = asString(content.outcome, 'content.outcome');
  if (!['approved', 'approved with conditions'].includes(outcome)) {
    return fail([`the validator concluded: ${outcome}`], [report.digest]);
  }
  return pass([report.digest]);
}

function withoutValidation(facts: GateFacts): ConditionResult {
  const excuse = validationExcuse(facts);
  if (excuse === undefined) {
    const { refused } = provisionalUseOf(facts);
    const waivers = ['independent-validation', 'validation-report'].flatMap((what) =>
      refusedWaivers(facts, what),
    );
    return fail(['no validation report is signed', ...refused, ...waivers]);
  }
  const how = excuse.isProvisional ? 'the use is provisional' : 'validation is waived';
  return { outcome: 'excepted', reasons: [how], records: [excuse.record] };
}

function noBlockingFinding(facts: GateFacts): ConditionResult {
  const findings = evidenceItems(facts.set, facts.context, { id: 'finding' });
  const open = findings
    .map((record) => ({ record, finding: readFindingContent(record) }))
    .filter(({ record, finding }) => isOpenAndBlocking(facts, record, finding));
  const records = findings.map(({ digest }) => digest);
  if (open.length === 0) return pass(records);
  return fail(
    open.map(({ finding }) => `finding ${finding.id} (${finding.severity}) is ${finding.status}`),
    records,
  );
}

/** A risk that was accepted blocks no longer while the acceptance runs; whether it was by the right people and steps is asked of the whole chain. */
function isOpenAndBlocking(facts: GateFacts, record: CountedRecord, finding: Finding): boolean {
  const chain = findingChain(facts.set, record);
  if (!usesRegister(chain)) return finding.blocking && finding.status !== 'closed';
  if (!isBlocking(chain)) return false;
  const inForce = findingInForce(chain);
  if (inForce === undefined) return finding.status !== 'closed';
  return inForce.content.status !== 'closed' && !isAcceptanceRunning(inForce, facts.now);
}

/** A question that an approver marked as blocking waits for its resolution, where policy asks for that. */
function noBlockingQuestion({ set, record }: GateFacts): ConditionResult {
  const open = openBlocking(discussionOf(set, record.digest));
  if (open.length === 0) return pass([]);
  return fail(
    open.map(
      ({ digest, blockedBy }) =>
        `question ${digest.slice(0, 12)}, marked as blocking by \`${blockedBy}\`, is not resolved`,
    ),
    open.map(({ digest }) => digest),
  );
}

function staged(facts: GateFacts): ConditionResult {
  const warrant = evidenceItems(facts.set, facts.context, {
    id: 'deployment-record',
    kind: 'promote',
  })
    .filter(
      ({ digest, statement }) =>
        endingsOf(facts.set, digest).length === 0 &&
        statement.predicate.content.environment === 'staging' &&
        statement.predicate.subjectRef.artifactDigest === facts.context.artifactDigest,
    )
    .at(-1);
  return warrant === undefined
    ? fail(['the version holds no staging warrant'])
    : pass([warrant.digest]);
}

function parity(facts: GateFacts): ConditionResult {
  const result = measured(facts, 'parity', ['implementation-test']);
  // Parity is not excusable: what serves must be what was approved.
  return result.outcome === 'inconclusive' ? { ...result, outcome: 'fail' } : result;
}
