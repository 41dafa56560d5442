import type { Grouping } from '@countersign/pipeline';
import type { Cutoff } from '../binary/cutoff.ts';
import { AnalysisError } from '../errors.ts';
import { compareGroups, denialTable, FAIRNESS_METRICS } from '../fairness/compare-groups.ts';
import {
  type DecisionBasis,
  type GroupDecisions,
  readDecisions,
} from '../fairness/decision-counts.ts';
import { wilson } from '../intervals/wilson.ts';
import { fisherExact, supportSize } from '../numeric/hypergeometric.ts';
import { FORMULA_SOURCES } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import { type DecimalText, decimal, type Measurement } from '../plan/measurement.ts';
import {
  CONFIDENCE_DEFAULT,
  type FairnessPlan,
  type Judges,
  levelOf,
  refuseUnknownMetrics,
} from '../plan/testing-plan.ts';
import { groupName, isUndeclared, referenceOf } from '../table/grouping.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

const EVENTS_MIN_DEFAULT = 5;
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
 * verdict is that of the governing criterion; too few events or an interval across the limit is inconclusive. Throws
 * `plan_invalid` (unknown metric or attribute, no reference) and `group_missing` (the reference does not occur).
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

function refusePlan({ plan }: FairnessInput): void {
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
  const crossed = (input.intersections ?? []).map((names) => names.map(named));
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
  return {
    name,
    reference,
    ...(warnings.length === 0 ? {} : { warning: warnings.join(' ') }),
    groups: groups.map((group) => outcomeOf(group, name, levelOf(input.confidence))),
    measurements: others.flatMap((group) =>
      judgedComparisons(group, against, { groupings, input }),
    ),
    exact_p: Object.fromEntries(others.map((group) => [group.group, exactP(group, against)])),
  };
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
  // Rows that tell no group are shown, but belong to nobody whom the limit protects.
  const judged = groupings.length === 1 && !isUndeclared(group.group, groupings);
  return findings.map((finding) =>
    judgeFinding(finding, judged ? input.plan.limits?.[finding.metric] : undefined, {
      judge: input.judges?.[finding.metric],
    }),
  );
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
