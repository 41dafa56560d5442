// SPDX-License-Identifier: Apache-2.0
import {
  compareDecisions,
  type DecisionComparison,
  type SwapCell,
} from '../benchmark/decisions.ts';
import {
  aucDifference,
  brierDifference,
  type PairedCells,
  type PairedDifference,
  sideOf,
} from '../benchmark/paired-cells.ts';
import { auc } from '../binary/auc.ts';
import { eventsOf, sizesOf } from '../binary/cells.ts';
import type { Cutoff } from '../binary/cutoff.ts';
import { brier } from '../binary/mean-loss.ts';
import { MINIMUM_DEFAULT, tooFewReason } from '../binary/performance-findings.ts';
import type { Estimate } from '../intervals/interval.ts';
import { FORMULA_SOURCES, type MetricId } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import { type DecimalText, decimal, type Finding } from '../plan/measurement.ts';
import {
  CONFIDENCE_DEFAULT,
  type Judges,
  type Limits,
  levelOf,
  refuseUnknownMetrics,
} from '../plan/testing-plan.ts';
import {
  labelExpression,
  type Roles,
  refuseBadRoles,
  refuseMissingUnits,
  weightExpression,
} from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

/** What a plan may set limits on when models are compared. */
export const BENCHMARK_METRICS = [
  'auc_difference',
  'brier_difference',
  'accuracy_difference',
] as const satisfies readonly MetricId[];

type BenchmarkMetric = (typeof BENCHMARK_METRICS)[number];

export interface BenchmarkOptions {
  /** Limits on candidate less challenger, such as `{ auc_difference: { min: '-0.02' } }`. */
  readonly limits?: Limits | undefined;
  readonly judges?: Judges | undefined;
  readonly confidence?: string | undefined;
  readonly cutoff?: Cutoff | undefined;
  /** What the challenger decides by, where it brought a cutoff of its own; the same one without it. */
  readonly challengerCutoff?: Cutoff | undefined;
}

export interface BenchmarkInput extends BenchmarkOptions {
  /** Label, weight and unit; `score` is the candidate's. */
  readonly roles: Roles;
  /** Column of the challenger's score. */
  readonly challenger: string;
}

/** Rows decided differently by the two models at one cutoff, with what became of them. */
export interface SwapSet {
  readonly only_candidate_adverse: number;
  readonly only_challenger_adverse: number;
  readonly both_adverse: number;
  readonly neither_adverse: number;
  /** Events among the rows of each. */
  readonly events: {
    readonly only_candidate_adverse: number;
    readonly only_challenger_adverse: number;
    readonly both_adverse: number;
    readonly neither_adverse: number;
  };
}

export interface BenchmarkReport extends Report {
  readonly kind: 'benchmark';
  /** Two-sided p of no difference, by metric. */
  readonly p_values: Readonly<Record<string, DecimalText | null>>;
  readonly swap_set?: SwapSet;
}

/**
 * Candidate against challenger on the same rows: AUC (paired DeLong) and Brier score, each alone and as a difference, with
 * weights and units where declared; at a cutoff decisions (McNemar) and the outcomes of those whom the models decide
 * differently.
 */
export async function benchmarkReport(
  table: Table,
  input: BenchmarkInput,
): Promise<BenchmarkReport> {
  return benchmarkOf(await readPairs(table, input), input);
}

/** The same of rows that are already read; with weights each figure of scores is given counted, then weighted. */
export function benchmarkOf(pairs: PairedCells, input: BenchmarkOptions): BenchmarkReport {
  refuseUnknownMetrics(input.limits, BENCHMARK_METRICS, 'benchmark.limits');
  const level = levelOf(input.confidence);
  const { weights: _, ...counted } = pairs;
  const { cutoff, challengerCutoff } = input;
  const decisions =
    cutoff === undefined
      ? undefined
      : compareDecisions(
          pairs,
          { candidate: cutoff, challenger: challengerCutoff ?? cutoff },
          level,
        );
  const comparisons = [
    comparisonOf(counted, decisions, level),
    ...(pairs.weights === undefined ? [] : [comparisonOf(pairs, undefined, level)]),
  ];
  const { n } = sizesOf(sideOf(counted, 'candidate'));
  const swapped = decisions === undefined ? [] : swapFindings(decisions);
  const measurements = [
    ...comparisons.flatMap(({ findings }) =>
      findings.map((finding) =>
        judgeFinding(
          finding,
          finding.group === undefined ? input.limits?.[finding.metric] : undefined,
          { judge: input.judges?.[finding.metric] },
        ),
      ),
    ),
    ...swapped.map((finding) => judgeFinding(finding, undefined)),
  ];
  return {
    kind: 'benchmark',
    confidence: input.confidence ?? CONFIDENCE_DEFAULT,
    rows: n,
    measurements,
    p_values: Object.fromEntries(comparisons.flatMap(({ pValues }) => pValues)),
    ...(decisions === undefined ? {} : { swap_set: swapSet(decisions) }),
    verdict: worstVerdict(measurements),
    caveats: [],
  };
}

interface Comparison {
  /** Each model by itself under its group, then the differences. */
  readonly findings: readonly Finding[];
  readonly pValues: readonly (readonly [string, DecimalText | null])[];
}

function comparisonOf(
  pairs: PairedCells,
  decisions: DecisionComparison | undefined,
  level: number,
): Comparison {
  const weighted = pairs.weights !== undefined;
  const sizes = sizesOf(sideOf(pairs, 'candidate'));
  const tooFew = tooFewReason(sizes.n, eventsOf(sizes), MINIMUM_DEFAULT);
  const finding = (metric: MetricId, estimate: Estimate | undefined): Finding => ({
    metric,
    estimate,
    n: sizes.n,
    events: eventsOf(sizes),
    ...(weighted ? { weighted } : {}),
    ...(tooFew === undefined ? {} : { tooFew }),
    source: FORMULA_SOURCES[metric],
  });
  const alone = (['candidate', 'challenger'] as const).flatMap((model) => {
    const cells = sideOf(pairs, model);
    const group = { by: 'model', value: model };
    return [
      { ...finding('auc', aloneIn(pairs, auc(cells, level))), group },
      { ...finding('brier', aloneIn(pairs, brier(cells, level))), group },
    ];
  });
  const differences: readonly (readonly [BenchmarkMetric, PairedDifference | undefined])[] = [
    ['auc_difference', aucDifference(pairs, level)],
    ['brier_difference', brierDifference(pairs, level)],
    ...(decisions === undefined ? [] : [['accuracy_difference', accuracyOf(decisions)] as const]),
  ];
  return {
    findings: [...alone, ...differences.map(([metric, estimate]) => finding(metric, estimate))],
    pValues: differences.map(([metric, difference]) => [
      weighted ? `${metric}_weighted` : metric,
      difference?.pValue === undefined ? null : decimal(difference.pValue),
    ]),
  };
}

/** Each model's own interval takes rows as independent; with units only the difference has one. */
function aloneIn(pairs: PairedCells, estimate: Estimate | undefined): Estimate | undefined {
  if (pairs.units === undefined || estimate === undefined) return estimate;
  return { value: estimate.value };
}

function accuracyOf({ accuracy, pValue }: DecisionComparison): PairedDifference | undefined {
  return accuracy === undefined || pValue === undefined ? accuracy : { ...accuracy, pValue };
}

function swapFindings({ cells, ...rates }: DecisionComparison): readonly Finding[] {
  const of = (metric: MetricId, estimate: Estimate | undefined, cell: SwapCell): Finding => ({
    metric,
    estimate,
    n: cell.rows,
    events: Math.min(cell.events, cell.rows - cell.events),
    source: FORMULA_SOURCES[metric],
  });
  return [
    of('swapped_in_event_rate', rates.swappedInRate, cells.swappedIn),
    of('swapped_out_event_rate', rates.swappedOutRate, cells.swappedOut),
  ];
}

async function readPairs(
  table: Table,
  { roles, challenger }: BenchmarkInput,
): Promise<PairedCells> {
  await refuseBadRoles(table, roles, 'refuse');
  await refuseBadRoles(table, { ...roles, score: challenger }, 'refuse');
  if (roles.unit !== undefined) await refuseMissingUnits(table, roles.unit);
  const unit =
    roles.unit === undefined
      ? []
      : [`CAST(dense_rank() OVER (ORDER BY ${table.column(roles.unit)}) AS DOUBLE) AS u`];
  const weight = roles.weights === undefined ? [] : [`${weightExpression(table, roles)} AS w`];
  const keys = ['a', 'b', 'y', ...weight.map(() => 'w'), ...unit.map(() => 'u')].join(', ');
  const columns = await table.selectDoubles(
    `SELECT ${keys}, CAST(count(*) AS DOUBLE) FROM (
       SELECT ${[
         `CAST(${table.column(roles.score)} AS DOUBLE) AS a`,
         `CAST(${table.column(challenger)} AS DOUBLE) AS b`,
         `${labelExpression(table, roles)} AS y`,
         ...weight,
         ...unit,
       ].join(', ')} FROM ${table.relation})
     GROUP BY ${keys} ORDER BY ${keys}`,
  );
  const [candidate, other, labels, ...rest] = columns;
  const counts = rest.pop();
  const weights = weight.length === 0 ? undefined : rest.shift();
  const [units] = rest;
  return {
    candidate: candidate!,
    challenger: other!,
    labels: labels!,
    counts: counts!,
    ...(weights === undefined ? {} : { weights }),
    ...(units === undefined ? {} : { units }),
  };
}

function swapSet({ cells }: DecisionComparison): SwapSet {
  const by = (figure: keyof SwapCell) => ({
    only_candidate_adverse: cells.swappedOut[figure],
    only_challenger_adverse: cells.swappedIn[figure],
    both_adverse: cells.bothAdverse[figure],
    neither_adverse: cells.neitherAdverse[figure],
  });
  return { ...by('rows'), events: by('events') };
}
