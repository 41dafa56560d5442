// SPDX-License-Identifier: Apache-2.0
import {
  aucDifference,
  brierDifference,
  type PairedCells,
  type PairedDifference,
  sideOf,
} from '../benchmark/paired-cells.ts';
import { auc } from '../binary/auc.ts';
import { eventsOf, sizesOf } from '../binary/cells.ts';
import { type Cutoff, isAdverse } from '../binary/cutoff.ts';
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
import { labelExpression, type Roles, refuseBadRoles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

const BENCHMARK_METRICS = [
  'auc_difference',
  'brier_difference',
] as const satisfies readonly MetricId[];

export interface BenchmarkInput {
  /** Label roles; `score` is the candidate's. */
  readonly roles: Omit<Roles, 'weights'>;
  /** Column of the challenger's score. */
  readonly challenger: string;
  /** Limits on candidate less challenger, such as `{ auc_difference: { min: '-0.02' } }`. */
  readonly limits?: Limits | undefined;
  readonly judges?: Judges | undefined;
  readonly confidence?: string | undefined;
  readonly cutoff?: Cutoff | undefined;
}

/** Rows decided differently by the two models at one cutoff. */
export interface SwapSet {
  readonly only_candidate_adverse: number;
  readonly only_challenger_adverse: number;
  readonly both_adverse: number;
  readonly neither_adverse: number;
}

export interface BenchmarkReport extends Report {
  readonly kind: 'benchmark';
  /** Two-sided p of no difference, by metric. */
  readonly p_values: Readonly<Record<string, DecimalText | null>>;
  readonly swap_set?: SwapSet;
}

/** Candidate against challenger on the same rows: AUC (paired DeLong) and Brier score, each alone and as a difference. */
export async function benchmarkReport(
  table: Table,
  input: BenchmarkInput,
): Promise<BenchmarkReport> {
  refuseUnknownMetrics(input.limits, BENCHMARK_METRICS, 'benchmark.limits');
  const level = levelOf(input.confidence);
  const pairs = await readPairs(table, input);
  const sizes = sizesOf(sideOf(pairs, 'candidate'));
  const tooFew = tooFewReason(sizes.n, eventsOf(sizes), MINIMUM_DEFAULT);
  const finding = (metric: MetricId, estimate: Estimate | undefined, model?: string): Finding => ({
    metric,
    estimate,
    n: sizes.n,
    events: eventsOf(sizes),
    ...(model === undefined ? {} : { group: { by: 'model', value: model } }),
    ...(tooFew === undefined ? {} : { tooFew }),
    source: FORMULA_SOURCES[metric],
  });
  const alone = (['candidate', 'challenger'] as const).flatMap((model) => {
    const cells = sideOf(pairs, model);
    return [finding('auc', auc(cells, level), model), finding('brier', brier(cells, level), model)];
  });
  const differences = {
    auc_difference: aucDifference(pairs, level),
    brier_difference: brierDifference(pairs, level),
  };
  const measurements = [
    ...alone.map((entry) => judgeFinding(entry, undefined)),
    ...BENCHMARK_METRICS.map((metric) =>
      judgeFinding(finding(metric, differences[metric]), input.limits?.[metric], {
        judge: input.judges?.[metric],
      }),
    ),
  ];
  return {
    kind: 'benchmark',
    confidence: input.confidence ?? CONFIDENCE_DEFAULT,
    rows: sizes.n,
    measurements,
    p_values: Object.fromEntries(
      BENCHMARK_METRICS.map((metric) => [metric, pText(differences[metric])]),
    ),
    ...(input.cutoff === undefined ? {} : { swap_set: swapSet(pairs, input.cutoff) }),
    verdict: worstVerdict(measurements),
    caveats: [],
  };
}

async function readPairs(
  table: Table,
  { roles, challenger }: BenchmarkInput,
): Promise<PairedCells> {
  await refuseBadRoles(table, roles, 'refuse');
  await refuseBadRoles(table, { ...roles, score: challenger }, 'refuse');
  const [candidate, other, labels, counts] = await table.selectDoubles(
    `SELECT CAST(${table.column(roles.score)} AS DOUBLE) AS a, CAST(${table.column(challenger)} AS DOUBLE) AS b,
       ${labelExpression(table, roles)} AS y, CAST(count(*) AS DOUBLE)
     FROM ${table.relation} GROUP BY a, b, y ORDER BY a, b, y`,
  );
  return { candidate: candidate!, challenger: other!, labels: labels!, counts: counts! };
}

function swapSet(pairs: PairedCells, cutoff: Cutoff): SwapSet {
  const swaps = {
    only_candidate_adverse: 0,
    only_challenger_adverse: 0,
    both_adverse: 0,
    neither_adverse: 0,
  };
  pairs.counts.forEach((count, index) => {
    const candidate = isAdverse(pairs.candidate[index]!, cutoff);
    const challenger = isAdverse(pairs.challenger[index]!, cutoff);
    if (candidate && challenger) swaps.both_adverse += count;
    else if (candidate) swaps.only_candidate_adverse += count;
    else if (challenger) swaps.only_challenger_adverse += count;
    else swaps.neither_adverse += count;
  });
  return swaps;
}

function pText(difference: PairedDifference | undefined): DecimalText | null {
  return difference?.pValue === undefined ? null : decimal(difference.pValue);
}
