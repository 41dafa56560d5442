import type { Grouping } from '@countersign/pipeline';
import type { Cutoff } from '../binary/cutoff.ts';
import { AnalysisError } from '../errors.ts';
import {
  type AttributeOutcomes,
  attributeOutcomes,
  type OutcomeGround,
  type OutcomeGroup,
} from '../fairness/attribute-outcomes.ts';
import {
  compareGroups,
  denialTable,
  EVENTS_MIN_DEFAULT,
  FAIRNESS_METRICS,
} from '../fairness/compare-groups.ts';
import {
  type DecisionBasis,
  type GroupDecisions,
  readDecisions,
} from '../fairness/decision-counts.ts';
import { OUTCOME_METRICS } from '../fairness/outcome-criteria.ts';
import { refuseProxyLimits } from '../fairness/proxy/refuse-proxy-limits.ts';
import { wilson } from '../intervals/wilson.ts';
import { fisherExact, supportSize } from '../numeric/hypergeometric.ts';
import { FORMULA_SOURCES } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import { type DecimalText, decimal, type Finding, type Measurement } from '../plan/measurement.ts';
import {
  CONFIDENCE_DEFAULT,
  type FairnessPlan,
  type Judges,
  levelOf,
  refuseUnknownMetrics,
} from '../plan/testing-plan.ts';
import { groupName, isUndeclared, referenceOf } from '../table/grouping.ts';
import type { Roles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

// Beyond this many tables with equal margins the exact p is not computed; counts are then far from small.
const EXACT_SUPPORT_MAX = 1_000_000;

export interface FairnessInput {
  readonly plan: FairnessPlan;
  readonly confidence?: string | undefined;
  /** The protected groupings of the data section; each needs a reference. */
  readonly protected: readonly Grouping[];
  /** Names of groupings to intersect, such as `[['sex', 'age-band']]`; reported, not judged. */
  readonly intersections?: readonly (readonly string[])[] | undefined;
  readonly basis: DecisionBasis;
  readonly judges?: Judges | undefined;
  /** Label and score; without them no criterion that needs outcomes is measured. */
  readonly roles?: Roles | undefined;
  /** Rows whose outcome is not known yet: an error (default), or left out of the criteria that need one. */
  readonly unlabelled?: 'refuse' | 'skip' | undefined;
  /** Tells which label is unfavourable where the basis is an action. */
  readonly cutoff?: Cutoff | undefined;
}

export interface GroupOutcome {
  readonly group: string;
  readonly n: number;
  readonly approved: number;
  readonly denied: number;
  readonly approval_rate: Measurement;
  readonly mean_score: DecimalText | null;
}

export interface AttributeReport {
  readonly name: string;
  readonly reference: string;
  readonly warning?: string;
  readonly groups: readonly GroupOutcome[];
  readonly measurements: readonly Measurement[];
  /** Two-sided Fisher exact p of equal denial, by group; null where too large to enumerate. */
  readonly exact_p: Readonly<Record<string, DecimalText | null>>;
  readonly outcomes?: ReportedOutcomes;
}

/** What needs outcomes, by group; a favourable outcome is one that an approval hopes for. */
export interface ReportedOutcomes extends Pick<AttributeOutcomes, 'exact_p'> {
  readonly groups: readonly OutcomeGroup[];
  /** Figures of one group alone: rates, AUC, calibration. */
  readonly figures: readonly Measurement[];
}

export interface FairnessReport extends Report {
  readonly kind: 'fairness';
  readonly on: DecisionBasis['on'];
  readonly cutoff?: Cutoff;
  /** The one criterion that decides; figures of other metrics never change the verdict. */
  readonly governing: string;
  readonly why: string;
  readonly conditional_on: readonly string[];
  readonly attributes: readonly AttributeReport[];
}

/**
 * Adverse impact by protected group against its reference, raw and, if factors are declared, conditional on them. The
 * verdict is that of the governing criterion; too few events or an interval across the limit is inconclusive. With roles
 * the criteria that need outcomes are measured too. Throws `plan_invalid` (unknown metric or attribute, no reference, a
 * governing criterion that cannot be measured) and `group_missing` (the reference does not occur).
 */
export async function fairnessReport(table: Table, input: FairnessInput): Promise<FairnessReport> {
  refusePlan(input);
  const attributes: AttributeReport[] = [];
  for (const groupings of attributesOf(input)) {
    attributes.push(await attributeReport(table, input, groupings));
  }
  const measurements = attributes.flatMap((attribute) => attribute.measurements);
  return {
    kind: 'fairness',
    on: input.basis.on,
    ...(input.basis.on === 'recommendation' ? { cutoff: input.basis.cutoff } : {}),
    confidence: input.confidence ?? CONFIDENCE_DEFAULT,
    rows: table.rowCount,
    governing: input.plan.governing,
    why: input.plan.why,
    conditional_on: input.plan.conditional_on ?? [],
    attributes,
    measurements,
    verdict: worstVerdict(measurements.filter(({ metric }) => metric === input.plan.governing)),
    caveats: attributes.flatMap((attribute) => attribute.warning ?? []),
  };
}

function refusePlan({ plan, roles }: FairnessInput): void {
  refuseProxyLimits(plan);
  refuseUnknownMetrics(plan.limits, FAIRNESS_METRICS, 'fairness.limits');
  refuseUnknownMetrics({ [plan.governing]: {} }, FAIRNESS_METRICS, 'fairness.governing');
  if (plan.limits?.[plan.governing] === undefined) {
    throw new AnalysisError(
      'plan_invalid',
      `\`${plan.governing}\` governs without a limit; set one`,
      {
        details: { field: `fairness.limits.${plan.governing}` },
      },
    );
  }
  if (roles === undefined && OUTCOME_METRICS.some((metric) => metric === plan.governing)) {
    throw new AnalysisError(
      'plan_invalid',
      `\`${plan.governing}\` governs, but these rows have no outcomes; declare the label or govern by decisions`,
      { details: { field: 'fairness.governing' } },
    );
  }
  const needsFactors = plan.governing.startsWith('conditional_');
  if (!needsFactors || (plan.conditional_on ?? []).length > 0) return;
  throw new AnalysisError(
    'plan_invalid',
    `\`${plan.governing}\` governs, but \`conditional_on\` names no factor; declare one`,
    { details: { field: 'fairness.conditional_on' } },
  );
}

function attributesOf(input: FairnessInput): readonly (readonly Grouping[])[] {
  const named = (name: string) => {
    const found = input.protected.find((grouping) => grouping.name === name);
    if (found !== undefined) return found;
    throw new AnalysisError(
      'plan_invalid',
      `\`${name}\` is not a protected grouping; declare it in the data section`,
      {
        details: { field: 'fairness.attributes' },
      },
    );
  };
  const single = input.plan.attributes?.map(named) ?? input.protected;
  const intersections = input.intersections ?? input.plan.intersections ?? [];
  const crossed = intersections.map((names) => names.map(named));
  return [...single.map((grouping) => [grouping]), ...crossed];
}

async function attributeReport(
  table: Table,
  input: FairnessInput,
  groupings: readonly Grouping[],
): Promise<AttributeReport> {
  const name = groupName(groupings);
  const reference = referenceOf(groupings);
  if (reference === undefined) {
    throw new AnalysisError(
      'plan_invalid',
      `grouping \`${name}\` names no reference group; declare one`,
      {
        details: { field: 'protected', grouping: name },
      },
    );
  }
  const factors = input.plan.conditional_on ?? [];
  const groups = await readDecisions(table, input.basis, { groupings, factors });
  const against = groups.find((group) => group.group === reference);
  if (against === undefined) {
    throw new AnalysisError(
      'group_missing',
      `no row belongs to reference group \`${reference}\` of \`${name}\``,
      {
        details: { grouping: name, group: reference },
      },
    );
  }
  const others = groups.filter((group) => group !== against);
  const warnings = groupings.flatMap((grouping) => grouping.warning ?? []);
  const ground = outcomeGround(input);
  const outcomes =
    ground === undefined
      ? undefined
      : await attributeOutcomes(table, ground, { groupings, reference });
  const judgedOutcomes = (outcomes?.comparisons ?? []).map((finding) =>
    judgedComparison(finding, { groupings, input }),
  );
  return {
    name,
    reference,
    ...(warnings.length === 0 ? {} : { warning: warnings.join(' ') }),
    groups: groups.map((group) => outcomeOf(group, name, levelOf(input.confidence))),
    measurements: [
      ...others.flatMap((group) => judgedComparisons(group, against, { groupings, input })),
      ...judgedOutcomes,
    ],
    exact_p: Object.fromEntries(others.map((group) => [group.group, exactP(group, against)])),
    ...(outcomes === undefined ? {} : { outcomes: reportedOutcomes(outcomes) }),
  };
}

function outcomeGround(input: FairnessInput): OutcomeGround | undefined {
  const { roles, plan, basis, cutoff } = input;
  if (roles === undefined) return undefined;
  return {
    roles,
    unlabelled: input.unlabelled ?? 'refuse',
    basis,
    cutoff,
    options: {
      level: levelOf(input.confidence),
      eventsMin: plan.events_min ?? EVENTS_MIN_DEFAULT,
      declinedObserved: plan.declined_outcomes === 'observed',
    },
  };
}

function reportedOutcomes({ groups, exact_p, figures }: AttributeOutcomes): ReportedOutcomes {
  return { groups, exact_p, figures: figures.map((finding) => judgeFinding(finding, undefined)) };
}

function judgedComparisons(
  group: GroupDecisions,
  reference: GroupDecisions,
  { groupings, input }: { readonly groupings: readonly Grouping[]; readonly input: FairnessInput },
): readonly Measurement[] {
  const findings = compareGroups(group, reference, {
    group: { by: groupName(groupings), value: group.group, reference: reference.group },
    options: {
      level: levelOf(input.confidence),
      eventsMin: input.plan.events_min ?? EVENTS_MIN_DEFAULT,
      conditional: (input.plan.conditional_on ?? []).length > 0,
    },
  });
  return findings.map((finding) => judgedComparison(finding, { groupings, input }));
}

// Rows that tell no group are shown, but belong to nobody whom the limit protects; weighted figures are informational.
function judgedComparison(
  finding: Finding,
  { groupings, input }: { readonly groupings: readonly Grouping[]; readonly input: FairnessInput },
): Measurement {
  const declared = !isUndeclared(finding.group?.value ?? '', groupings);
  const judged = groupings.length === 1 && declared && finding.weighted !== true;
  return judgeFinding(finding, judged ? input.plan.limits?.[finding.metric] : undefined, {
    judge: input.judges?.[finding.metric],
  });
}

function outcomeOf(group: GroupDecisions, name: string, level: number): GroupOutcome {
  return {
    group: group.group,
    n: group.n,
    approved: group.approved,
    denied: group.denied,
    approval_rate: judgeFinding(
      {
        metric: 'approval_rate',
        estimate: wilson(group.approved, group.n, level),
        n: group.n,
        group: { by: name, value: group.group },
        source: FORMULA_SOURCES.approval_rate,
      },
      undefined,
    ),
    mean_score: group.score === undefined ? null : decimal(group.score.mean),
  };
}

function exactP(group: GroupDecisions, reference: GroupDecisions): DecimalText | null {
  const counts = denialTable(group, reference);
  return supportSize(counts) > EXACT_SUPPORT_MAX ? null : decimal(fisherExact(counts));
}
