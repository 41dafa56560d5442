// SPDX-License-Identifier: Apache-2.0
import type { ClinicalPlan } from '@countersign/pipeline';
import type { Cutoff } from '../binary/cutoff.ts';
import { MINIMUM_DEFAULT, tooFewReason } from '../binary/performance-findings.ts';
import { clopperPearson } from '../clinical/clopper-pearson.ts';
import { type PairedCounts, pairedDifference } from '../clinical/paired-difference.ts';
import {
  type DiagnosticCounts,
  likelihoodRatios,
  predictiveValues,
} from '../clinical/predictive-values.ts';
import { readPairedReadings, readReadings } from '../clinical/read-readings.ts';
import type { Estimate } from '../intervals/interval.ts';
import { wilson } from '../intervals/wilson.ts';
import { normalQuantile } from '../numeric/normal.ts';
import { FORMULA_SOURCES, type MetricId } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import type { DecimalText, Finding, Measurement } from '../plan/measurement.ts';
import {
  CONFIDENCE_DEFAULT,
  type Judges,
  levelOf,
  refuseUnknownMetrics,
} from '../plan/testing-plan.ts';
import type { Roles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

/** What a `clinical` part may set limits on; differences bear their declared margin instead. */
export const CLINICAL_METRICS = [
  'sensitivity',
  'specificity',
  'ppv_at_prevalence',
  'npv_at_prevalence',
  'likelihood_ratio_positive',
  'likelihood_ratio_negative',
] as const satisfies readonly MetricId[];

export interface ClinicalInput {
  readonly roles: Roles;
  /** A score on its adverse side is a positive reading. */
  readonly cutoff: Cutoff;
  readonly plan: ClinicalPlan;
  readonly confidence?: string | undefined;
  readonly judges?: Judges | undefined;
  /** Rows come in units, such as patients; adds a caveat. */
  readonly inUnits?: boolean | undefined;
}

/** One comparison with a reference, beside its measurement. */
export interface NonInferiority {
  readonly metric: 'sensitivity' | 'specificity';
  readonly against: string;
  readonly margin: DecimalText;
  readonly alpha: DecimalText;
  readonly why: string;
  readonly counts?: PairedCounts;
  readonly cases: number;
  /** Cases that show it with a chance of 80 %, were there no true difference; from the disagreement seen. */
  readonly cases_needed: number | null;
}

export interface ClinicalReport extends Report {
  readonly kind: 'clinical';
  readonly cutoff: Cutoff;
  readonly counts: DiagnosticCounts;
  readonly prevalence?: { readonly value: DecimalText; readonly source: string };
  readonly non_inferiority: readonly NonInferiority[];
}

const ALPHA_DEFAULT = '0.025';
const POWER = 0.8;

/**
 * Sensitivity, specificity, predictive values at a declared prevalence, likelihood ratios, and non-inferiority to a reference
 * with a margin declared in advance: shown when the lower end of the interval at 1 − 2α lies within the margin.
 */
export async function clinicalReport(table: Table, input: ClinicalInput): Promise<ClinicalReport> {
  const { plan, roles, cutoff } = input;
  refuseUnknownMetrics(plan.limits, CLINICAL_METRICS, 'clinical.limits');
  const counts = await readReadings(table, roles, cutoff);
  const rates = ratesOf(counts, input);
  const compared: Compared[] = [];
  for (const declared of plan.non_inferiority ?? []) {
    compared.push(await compare(table, { ...input, counts, declared }));
  }
  const measurements = [...rates, ...compared.map(({ measurement }) => measurement)];
  return {
    kind: 'clinical',
    confidence: input.confidence ?? CONFIDENCE_DEFAULT,
    rows: table.rowCount,
    cutoff,
    counts,
    ...(plan.prevalence === undefined ? {} : { prevalence: plan.prevalence }),
    measurements,
    non_inferiority: compared.map(({ comparison }) => comparison),
    verdict: worstVerdict(measurements),
    caveats: [
      'A score on the adverse side of the cutoff is taken as a positive reading.',
      ...(input.inUnits === true
        ? ['Several rows may belong to one unit; these intervals take them as independent.']
        : []),
    ],
  };
}

function ratesOf(
  counts: DiagnosticCounts,
  { plan, confidence, judges }: ClinicalInput,
): readonly Measurement[] {
  const level = levelOf(confidence);
  const { positives, negatives } = sizesOf(counts);
  const tooFew = tooFewReason(
    positives + negatives,
    Math.min(positives, negatives),
    MINIMUM_DEFAULT,
  );
  const proportion = plan.interval === 'wilson' ? wilson : clopperPearson;
  const ratios = likelihoodRatios(counts, level);
  const values =
    plan.prevalence === undefined
      ? undefined
      : predictiveValues(counts, Number(plan.prevalence.value), level);
  const rateSource = plan.interval === 'wilson' ? 'Wilson 1927' : 'Clopper & Pearson 1934';
  const finding = (metric: MetricId, n: number, estimate: Estimate | undefined): Finding => ({
    metric,
    estimate,
    n,
    events: Math.min(positives, negatives),
    ...(tooFew === undefined ? {} : { tooFew }),
    source: ['sensitivity', 'specificity'].includes(metric) ? rateSource : FORMULA_SOURCES[metric],
  });
  const all = positives + negatives;
  const findings = [
    finding('sensitivity', positives, proportion(counts.truePositives, positives, level)),
    finding('specificity', negatives, proportion(counts.trueNegatives, negatives, level)),
    ...(values === undefined
      ? []
      : [
          finding('ppv_at_prevalence', all, values.positive),
          finding('npv_at_prevalence', all, values.negative),
        ]),
    finding('likelihood_ratio_positive', all, ratios.positive),
    finding('likelihood_ratio_negative', all, ratios.negative),
  ];
  return findings.map((one) =>
    judgeFinding(one, plan.limits?.[one.metric], { judge: judges?.[one.metric] }),
  );
}

interface Compared {
  readonly measurement: Measurement;
  readonly comparison: NonInferiority;
}

type Declared = NonNullable<ClinicalPlan['non_inferiority']>[number];

async function compare(
  table: Table,
  at: ClinicalInput & { readonly counts: DiagnosticCounts; readonly declared: Declared },
): Promise<Compared> {
  const { declared } = at;
  const alpha = declared.alpha ?? ALPHA_DEFAULT;
  const level = 1 - 2 * Number(alpha);
  const found =
    'column' in declared.against
      ? await pairedComparison(table, { ...at, reference: declared.against, level })
      : fixedComparison(at, Number(declared.against.value), level);
  const metric = `${declared.metric}_difference` as const;
  const tooFew = tooFewReason(found.cases, found.cases, MINIMUM_DEFAULT);
  const measurement = judgeFinding(
    {
      metric,
      estimate: found.estimate,
      n: found.cases,
      group: { by: 'against', value: found.against },
      ...(tooFew === undefined ? {} : { tooFew }),
      source: FORMULA_SOURCES[metric],
    },
    { min: `-${declared.margin}` },
  );
  return {
    measurement,
    comparison: {
      metric: declared.metric,
      against: found.against,
      margin: declared.margin,
      alpha,
      why: declared.why,
      ...(found.counts === undefined ? {} : { counts: found.counts }),
      cases: found.cases,
      cases_needed: casesNeeded(found.variance, Number(declared.margin), Number(alpha)),
    },
  };
}

interface FoundDifference {
  readonly estimate: Estimate | undefined;
  readonly cases: number;
  readonly against: string;
  readonly counts?: PairedCounts;
  /** Of one case's difference, were there none in truth. */
  readonly variance: number;
}

async function pairedComparison(
  table: Table,
  at: ClinicalInput & {
    readonly declared: Declared;
    readonly reference: { readonly column: string; readonly positive?: string | undefined };
    readonly level: number;
  },
): Promise<FoundDifference> {
  const label = at.declared.metric === 'sensitivity' ? 1 : 0;
  const counts = await readPairedReadings(table, { ...at, label }, at.reference);
  const cases = counts.both + counts.first + counts.second + counts.neither;
  return {
    estimate: pairedDifference(counts, at.level),
    cases,
    against: at.reference.column,
    counts,
    variance: (counts.first + counts.second) / cases,
  };
}

function fixedComparison(
  { plan, counts, declared }: ClinicalInput & { counts: DiagnosticCounts; declared: Declared },
  value: number,
  level: number,
): FoundDifference {
  const { positives, negatives } = sizesOf(counts);
  const isOfPositives = declared.metric === 'sensitivity';
  const cases = isOfPositives ? positives : negatives;
  const right = isOfPositives ? counts.truePositives : counts.trueNegatives;
  const rate = (plan.interval === 'wilson' ? wilson : clopperPearson)(right, cases, level);
  const { interval } = rate ?? {};
  const estimate =
    rate === undefined || interval === undefined
      ? undefined
      : {
          value: rate.value - value,
          interval: { ...interval, low: interval.low - value, high: interval.high - value },
        };
  return { estimate, cases, against: `fixed ${value}`, variance: value * (1 - value) };
}

// (z₁₋α + z₈₀)² · variance / margin², rounded up.
function casesNeeded(variance: number, margin: number, alpha: number): number | null {
  const needed = ((normalQuantile(1 - alpha) + normalQuantile(POWER)) / margin) ** 2 * variance;
  return Number.isFinite(needed) ? Math.ceil(needed) : null;
}

function sizesOf(counts: DiagnosticCounts) {
  return {
    positives: counts.truePositives + counts.falseNegatives,
    negatives: counts.trueNegatives + counts.falsePositives,
  };
}
