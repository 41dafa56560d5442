// SPDX-License-Identifier: Apache-2.0
import type { Grouping, InsurancePlan } from '@countersign/pipeline';
import type { Minimum } from '../binary/performance-findings.ts';
import { doubleLiftTenths, liftTenths, type RateTenth } from '../insurance/actual-expected.ts';
import { powerOf } from '../insurance/deviance.ts';
import {
  INSURANCE_METRICS,
  insuranceFindings,
  policyLorenz,
} from '../insurance/insurance-findings.ts';
import { type PolicyRows, readPolicies } from '../insurance/policy-rows.ts';
import { sumOver } from '../numeric/sum.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import { type DecimalText, decimal, type Measurement } from '../plan/measurement.ts';
import {
  CONFIDENCE_DEFAULT,
  type Judges,
  levelOf,
  refuseUnknownMetrics,
} from '../plan/testing-plan.ts';
import type { Roles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

export interface InsuranceInput {
  readonly roles: Roles;
  readonly plan: InsurancePlan;
  readonly segments?: readonly Grouping[] | undefined;
  readonly confidence?: string | undefined;
  readonly judges?: Judges | undefined;
  readonly minimum?: Minimum | undefined;
}

export interface InsuranceReport extends Report {
  readonly kind: 'insurance';
  readonly family: string;
  readonly power: DecimalText | null;
  readonly exposure: { readonly column?: string; readonly total: DecimalText | null };
  readonly premium?: string;
  readonly against?: string;
  readonly lift: readonly RateTenth[];
  readonly double_lift?: readonly RateTenth[];
  readonly lorenz: readonly {
    readonly premium: DecimalText | null;
    readonly loss: DecimalText | null;
  }[];
}

/**
 * Predicted rates against actual ones by exposure: deviance, actual over expected overall and by segment, lift, double lift
 * and the ordered Lorenz curve. Weights, if declared, multiply the exposure. Throws AnalysisError for unusable columns.
 */
export async function insuranceReport(
  table: Table,
  input: InsuranceInput,
): Promise<InsuranceReport> {
  const { plan, roles } = input;
  refuseUnknownMetrics(plan.limits, INSURANCE_METRICS, 'insurance.limits');
  const level = levelOf(input.confidence);
  const power = powerOf(plan);
  const rows = (await readPolicies(table, roles, plan)).get('') ?? NO_POLICIES;
  const overall = insuranceFindings(rows, { power, level, minimum: input.minimum }).map((finding) =>
    judgeFinding(finding, plan.limits?.[finding.metric], {
      judge: input.judges?.[finding.metric],
    }),
  );
  const exposure = sumOver(rows.exposure.length, (row) => rows.exposure[row]!);
  const measurements = [...overall, ...(await segmentFigures(table, input, { power, level }))];
  return {
    kind: 'insurance',
    confidence: input.confidence ?? CONFIDENCE_DEFAULT,
    rows: rows.rate.length,
    family: plan.family,
    power: decimal(power),
    exposure: {
      ...(plan.exposure === undefined ? {} : { column: plan.exposure }),
      total: decimal(exposure),
    },
    ...(plan.premium === undefined ? {} : { premium: plan.premium }),
    ...(plan.against === undefined
      ? {}
      : { against: plan.against, double_lift: doubleLiftTenths(rows, level) }),
    lift: liftTenths(rows, level),
    lorenz: (policyLorenz(rows, level)?.curve ?? []).map(({ premium, loss }) => ({
      premium: decimal(premium),
      loss: decimal(loss),
    })),
    measurements,
    verdict: worstVerdict(measurements),
    caveats: [],
  };
}

const NO_POLICIES: PolicyRows = {
  rate: new Float64Array(),
  actual: new Float64Array(),
  exposure: new Float64Array(),
};

async function segmentFigures(
  table: Table,
  { roles, plan, segments, minimum }: InsuranceInput,
  { power, level }: { readonly power: number; readonly level: number },
): Promise<readonly Measurement[]> {
  const figures: Measurement[] = [];
  for (const segment of segments ?? []) {
    const groups = await readPolicies(table, roles, plan, [segment]);
    for (const [value, rows] of groups) {
      const group = { by: segment.name, value };
      const findings = insuranceFindings(rows, { power, level, minimum, group });
      figures.push(...findings.map((finding) => judgeFinding(finding, undefined)));
    }
  }
  return figures;
}
