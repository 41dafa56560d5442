// SPDX-License-Identifier: Apache-2.0
import type { Grouping } from '@countersign/pipeline';
import type { Cutoff } from '../binary/cutoff.ts';
import { AnalysisError } from '../errors.ts';
import type { AlternativesPlan } from '../fairness/alternatives/alternatives-plan.ts';
import {
  type CellGround,
  type RowSet,
  rowCondition,
} from '../fairness/alternatives/candidate-cells.ts';
import {
  type Candidate,
  type CandidateList,
  candidateName,
  listCandidates,
  OWN_SCORE,
  scoreColumn,
} from '../fairness/alternatives/candidates.ts';
import { type Confirmation, confirmAlternative } from '../fairness/alternatives/confirm.ts';
import {
  chooseAlternative,
  frontierOf,
  type MeasuredCandidate,
  measureCandidates,
  type SearchRule,
} from '../fairness/alternatives/search.ts';
import { EVENTS_MIN_DEFAULT, FAIRNESS_METRICS } from '../fairness/compare-groups.ts';
import { FORMULA_SOURCES } from '../plan/formula-source.ts';
import { judgeFinding } from '../plan/judge-finding.ts';
import { type DecimalText, decimal, type Finding, type Measurement } from '../plan/measurement.ts';
import { CONFIDENCE_DEFAULT, type FairnessPlan, levelOf } from '../plan/testing-plan.ts';
import { type Roles, refuseBadRoles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

export interface AlternativesInput {
  readonly plan: FairnessPlan & { readonly alternatives: AlternativesPlan };
  readonly confidence?: string | undefined;
  readonly roles: Roles;
  readonly cutoff: Cutoff;
  readonly protected: readonly Grouping[];
  /** Rows whose outcome is not known yet: an error (default) or left out, with a gap. */
  readonly unlabelled?: 'refuse' | 'skip' | undefined;
}

/** A score at one cutoff for everyone. `frontier`: no other candidate is at least as good in both and better in one. */
export interface CandidateText {
  readonly score: string;
  readonly cutoff: DecimalText;
  readonly performance: DecimalText | null;
  /** Distance from equality; null where a group has too few events. */
  readonly disparity: DecimalText | null;
  /** Attribute and group that fare worst, with the criterion's own value. */
  readonly worst?: {
    readonly attribute: string;
    readonly group: string;
    readonly value: DecimalText | null;
  };
  readonly approval_rate: DecimalText | null;
  readonly frontier: boolean;
}

export interface ConfirmationText {
  readonly rows: number;
  readonly model: CandidateText;
  readonly alternative: CandidateText;
  readonly attribute: string;
  readonly group: string;
  readonly result: Confirmation['result'];
}

export interface AlternativesReport extends Report {
  readonly kind: 'alternatives';
  readonly governing: string;
  readonly performance: AlternativesPlan['performance'];
  readonly tolerance: DecimalText;
  /** Rows that the search saw. */
  readonly searched_rows: number;
  /** Alternatives measured here, the model itself left out. */
  readonly tried: number;
  readonly tried_before: number;
  readonly model?: CandidateText;
  readonly candidates: readonly CandidateText[];
  /** The rule in words. */
  readonly rule: string;
  readonly chosen?: CandidateText;
  readonly confirmation?: ConfirmationText;
  /** What is lacking, in sentences. */
  readonly gaps: readonly string[];
}

/**
 * The search for less discriminatory alternatives: every declared score at every declared cutoff, one for everyone, chosen by
 * the declared rule on the rows of the search and confirmed once on rows that it never saw. Always informational: that an
 * alternative exists is for people to weigh. Throws `plan_invalid` for a plan that cannot be searched.
 */
export async function alternativesReport(
  table: Table,
  input: AlternativesInput,
): Promise<AlternativesReport> {
  const { plan, roles } = input;
  const unlabelled = input.unlabelled ?? 'refuse';
  await refuseBadRoles(table, roles, unlabelled);
  const rule = searchRule(input);
  const list = listCandidates(plan.alternatives, table, {
    score: roles.score,
    cutoff: input.cutoff,
  });
  for (const { column } of list.alternatives) {
    await refuseBadRoles(table, { ...roles, score: column }, unlabelled);
  }
  const ground: CellGround = {
    table,
    roles,
    factors: plan.conditional_on ?? [],
    untouched: plan.alternatives.untouched,
  };
  return plan.alternatives.confirm === undefined
    ? searchedReport(ground, input, { rule, list })
    : confirmedReport(ground, input, { rule, model: list.model });
}

function searchRule({ plan, protected: groupings, confidence }: AlternativesInput): SearchRule {
  const attributes = groupings.filter(({ name }) => plan.attributes?.includes(name) ?? true);
  const metric = FAIRNESS_METRICS.find((one) => one === plan.governing);
  if (metric === undefined || attributes.length === 0) {
    throw new AnalysisError(
      'plan_invalid',
      `\`fairness.alternatives\` needs a governing criterion and a protected grouping; it has \`${plan.governing}\` and ${attributes.length} groupings`,
      { details: { field: 'fairness.alternatives' } },
    );
  }
  return {
    plan: plan.alternatives,
    attributes,
    disparity: {
      metric,
      limit: plan.limits?.[plan.governing],
      eventsMin: plan.events_min ?? EVENTS_MIN_DEFAULT,
      level: levelOf(confidence),
    },
  };
}

async function searchedReport(
  ground: CellGround,
  input: AlternativesInput,
  { rule, list }: { readonly rule: SearchRule; readonly list: CandidateList },
): Promise<AlternativesReport> {
  const plan = rule.plan;
  const rows: RowSet = 'search';
  const measured = await measureCandidates(ground, [list.model, ...list.alternatives], {
    rule,
    rows,
  });
  const [model, ...alternatives] = measured;
  const frontier = frontierOf(measured, plan.performance);
  const chosen = chooseAlternative(model!, alternatives, plan);
  const text = (one: MeasuredCandidate) => candidateText(one, frontier.includes(one));
  const untouched = plan.untouched === undefined ? 0 : await rowCount(ground, 'untouched');
  const confirmation =
    chosen === undefined || untouched === 0
      ? undefined
      : await confirmAlternative(
          ground,
          { model: list.model, alternative: chosen },
          { rule, rows: 'untouched', group: model!.disparity },
        );
  const known = await rowCount(ground, 'all');
  const gaps = [
    ...unknownGaps(ground.table.rowCount - known),
    ...list.unscored.map((name) => `No score \`${name}\` stands on these rows; it was not tried.`),
    ...(model!.disparity === undefined
      ? ['A group has too few events under the model itself: no alternative could be chosen.']
      : []),
    ...confirmationGaps({ chosen, untouched, confirmation }),
  ];
  return {
    ...commonParts(input, rule),
    rows: ground.table.rowCount,
    searched_rows: known - untouched,
    tried: alternatives.length,
    model: text(model!),
    candidates: alternatives.map(text),
    ...(chosen === undefined ? {} : { chosen: text(chosen) }),
    ...(confirmation === undefined
      ? {}
      : { confirmation: confirmationText(confirmation, untouched) }),
    gaps,
    measurements: measurementsOf(
      { tried: alternatives.length, rows: known - untouched },
      confirmation,
      untouched,
    ),
  };
}

async function confirmedReport(
  ground: CellGround,
  input: AlternativesInput,
  { rule, model }: { readonly rule: SearchRule; readonly model: Candidate },
): Promise<AlternativesReport> {
  const named = rule.plan.confirm ?? {};
  const score = named.score ?? OWN_SCORE;
  const alternative: Candidate = {
    score,
    column: score === OWN_SCORE ? model.column : scoreColumn(rule.plan, ground.table, score),
    cutoff: { ...model.cutoff, cutoff: named.cutoff ?? model.cutoff.cutoff },
  };
  const { columns } = ground.table;
  const rows = await rowCount(ground, 'all');
  const scored = columns.has(alternative.column);
  const confirmation = scored
    ? await confirmAlternative(
        ground,
        { model, alternative },
        { rule, rows: 'all', group: undefined },
      )
    : undefined;
  const why = scored
    ? 'A group has too few events on these rows'
    : `No score \`${score}\` stands on these rows`;
  return {
    ...commonParts(input, rule),
    rows,
    searched_rows: 0,
    tried: 0,
    candidates: [],
    ...(confirmation === undefined ? {} : { confirmation: confirmationText(confirmation, rows) }),
    gaps: [
      ...unknownGaps(ground.table.rowCount - rows),
      ...(confirmation === undefined
        ? [`${why}: \`${candidateName(alternative)}\` was not confirmed.`]
        : []),
    ],
    measurements: measurementsOf(undefined, confirmation, rows),
  };
}

function commonParts(input: AlternativesInput, rule: SearchRule) {
  const { plan } = rule;
  return {
    kind: 'alternatives' as const,
    confidence: input.confidence ?? CONFIDENCE_DEFAULT,
    governing: rule.disparity.metric,
    performance: plan.performance,
    tolerance: plan.tolerance,
    tried_before: plan.tried_before ?? 0,
    rule: `Least disparity (${rule.disparity.metric}) among the candidates that give up at most ${plan.tolerance} of ${plan.performance}; of equals the better performing, then the first declared. One cutoff for everyone.`,
    verdict: 'informational' as const,
    caveats: [],
  };
}

function unknownGaps(rows: number): readonly string[] {
  return rows === 0 ? [] : [`${rows} rows have no outcome yet and are in no figure here.`];
}

function confirmationGaps(found: {
  readonly chosen: MeasuredCandidate | undefined;
  readonly untouched: number;
  readonly confirmation: Confirmation | undefined;
}): readonly string[] {
  const { chosen, untouched, confirmation } = found;
  if (chosen === undefined || confirmation !== undefined) return [];
  return untouched === 0
    ? [
        'The alternative was chosen on the rows that it is measured on and confirmed on none: declare `untouched`, or have the validator confirm it on sealed rows.',
      ]
    : ['A group has too few events among the untouched rows: the alternative was not confirmed.'];
}

function candidateText(one: MeasuredCandidate, frontier: boolean): CandidateText {
  const { disparity } = one;
  return {
    score: one.score,
    cutoff: one.cutoff.cutoff,
    performance: decimal(one.performance ?? Number.NaN),
    disparity: decimal(disparity?.distance ?? Number.NaN),
    ...(disparity === undefined
      ? {}
      : {
          worst: {
            attribute: disparity.attribute,
            group: disparity.group,
            value: decimal(disparity.value),
          },
        }),
    approval_rate: decimal(one.approvalRate),
    frontier,
  };
}

function confirmationText(found: Confirmation, rows: number): ConfirmationText {
  return {
    rows,
    model: candidateText(found.model, false),
    alternative: candidateText(found.alternative, false),
    ...found.group,
    result: found.result,
  };
}

function measurementsOf(
  search: { readonly tried: number; readonly rows: number } | undefined,
  confirmation: Confirmation | undefined,
  untouched: number,
): readonly Measurement[] {
  const findings: Finding[] = [];
  if (search !== undefined) {
    const { tried, rows } = search;
    const source = FORMULA_SOURCES.alternatives_tried;
    findings.push({ metric: 'alternatives_tried', estimate: { value: tried }, n: rows, source });
  }
  if (confirmation !== undefined) {
    for (const [metric, estimate] of [
      ['disparity_change', confirmation.change],
      ['performance_loss', confirmation.loss],
    ] as const) {
      findings.push({ metric, estimate, n: untouched, source: FORMULA_SOURCES[metric] });
    }
  }
  return findings.map((finding) => judgeFinding(finding, undefined));
}

async function rowCount({ table, roles, untouched }: CellGround, rows: RowSet): Promise<number> {
  const condition = rowCondition({ table, roles, untouched }, rows);
  const [counts] = await table.select(`SELECT count(*) FROM ${table.relation} WHERE ${condition}`);
  return Number(counts![0]);
}
