// SPDX-License-Identifier: Apache-2.0
import {
  AnalysisError,
  type ParityReport,
  parityReport,
  readInputs,
  type Scorer,
} from '@countersign/analysis';
import { canonicalDecimal, type MeasurementContent, versionStage } from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { cutoffOfSpec, unavailable } from './development-table.ts';
import type { JobRunner } from './job.ts';
import { readParams, versionParams } from './job-params.ts';
import { detailJson, measurementContent } from './measurement-content.ts';
import { EDGES_FILE, loadParityCases, PARITY_FILE, type ParityCases } from './parity-cases.ts';
import { recordTests, type TestDraft } from './record-tests.ts';
import { openVersionScorer, type VersionFacts, versionFacts } from './version-facts.ts';

/**
 * Proves in staging that what serves is what was approved: the training runtime's answers against the serving scorer on
 * the served bytes and specification, cases that must be refused, and how long an answer takes.
 * @throws ServerError `evidence_unavailable` for a version that is not staged or left no cases behind
 */
export const parityJob: JobRunner = async (context, work) => {
  const params = readParams(versionParams, work.params);
  const facts = await versionFacts(context, await context.records.current(), params);
  const stage = versionStage(facts.set, facts.version, { now: context.now() });
  if (stage !== 'staging' && stage !== 'production') {
    throw unavailable(
      `${params.model}@${params.version} is in ${stage}; parity is proven in staging`,
    );
  }
  const scorer = await openVersionScorer(context, facts);
  try {
    work.report('recorded answers of the training runtime against the serving scorer');
    const draft = await parityDraft(context, facts, scorer);
    return async (tx) => {
      const drafts = [draft];
      const records = await recordTests(context, tx, { facts, producer: 'serving', drafts });
      const { model, version } = params;
      return { records, model, version, conclusion: draft.content.conclusion };
    };
  } finally {
    await scorer.close();
  }
};

async function parityDraft(
  context: ServerContext,
  facts: VersionFacts,
  scorer: Scorer,
): Promise<TestDraft> {
  const cases = await loadParityCases(context, facts, PARITY_FILE);
  if (cases === undefined) {
    throw unavailable(
      `the run left no \`${PARITY_FILE}\` behind; a step writes inputs with the training runtime's answers`,
    );
  }
  try {
    const report = await parityReport(cases.table, scorer, {
      recorded: cases.recorded,
      ...(cases.kind === undefined ? {} : { kind: cases.kind }),
      cutoff: cutoffOfSpec(facts),
    });
    const latency = await measureLatency(cases, scorer);
    const edges = await measureEdges(context, facts, scorer);
    const measurements = [
      ...report.measurements.map((one) => measurementContent(one)),
      ...latency,
      ...(edges?.measurements ?? []),
    ];
    return {
      type: 'implementation-test',
      content: {
        phase: 'staging',
        data: {
          description: `${PARITY_FILE}: recorded answers of the training runtime`,
          digest: cases.digest,
          rows: cases.table.rowCount,
        },
        measurements,
        detail: detail(report, edges, facts),
        conclusion: conclusionOf(measurements),
      },
      blobs: [cases.digest, ...(edges === undefined ? [] : [edges.digest])],
    };
  } finally {
    cases.table.close();
  }
}

function detail(report: ParityReport, edges: Edges | undefined, facts: VersionFacts) {
  return detailJson({
    kinds: report.kinds,
    worst: report.worst,
    caveats: report.caveats,
    fallback: facts.spec.fallback,
    refusals: edges?.refusals ?? {},
  });
}

function conclusionOf(measurements: readonly MeasurementContent[]) {
  const judged = measurements.filter(({ limit }) => limit !== undefined);
  if (judged.some(({ verdict }) => verdict === 'fail')) return 'fail' as const;
  return judged.some(({ verdict }) => verdict !== 'pass')
    ? ('inconclusive' as const)
    : ('pass' as const);
}

const LATENCY_ROWS_MAX = 500;

/** One row after another in this process, as the gateway scores; no network, no log: those are measured in bench/. */
async function measureLatency(
  cases: ParityCases,
  scorer: Scorer,
): Promise<readonly MeasurementContent[]> {
  const rows = await readInputs(cases.table, scorer.spec, { rowsMax: LATENCY_ROWS_MAX });
  const times: number[] = [];
  for (const row of rows) {
    const start = performance.now();
    const answered = await scorer.score(row).then(
      () => true,
      () => false, // a refusal has no latency of scoring; parity has counted it
    );
    if (answered) times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return [0.5, 0.99].flatMap((quantile) => {
    const value = times[Math.min(times.length - 1, Math.floor(quantile * times.length))];
    if (value === undefined) return [];
    return [
      {
        metric: `scoring_ms_p${quantile * 100}`,
        value: canonicalDecimal(value, 3),
        n: times.length,
        verdict: 'informational' as const,
        method: 'wall clock of one row, one thread, one after another, without network and log',
      },
    ];
  });
}

interface Edges {
  readonly digest: string;
  readonly measurements: readonly MeasurementContent[];
  /** How often each refusal was given. */
  readonly refusals: Readonly<Record<string, number>>;
}

/** Cases outside the model's experience must be refused, so that the fallback takes them and not the model. */
async function measureEdges(
  context: ServerContext,
  facts: VersionFacts,
  scorer: Scorer,
): Promise<Edges | undefined> {
  const cases = await loadParityCases(context, facts, EDGES_FILE);
  if (cases === undefined) return undefined;
  try {
    const rows = await readInputs(cases.table, scorer.spec);
    const refusals: Record<string, number> = {};
    let answered = 0;
    for (const row of rows) {
      const code = await scorer.score(row).then(
        () => undefined,
        (error: unknown) => (error instanceof AnalysisError ? error.code : 'unforeseen'),
      );
      if (code === undefined) answered += 1;
      else refusals[code] = (refusals[code] ?? 0) + 1;
    }
    return {
      digest: cases.digest,
      refusals,
      measurements: [edgeMeasurement(answered, rows.length)],
    };
  } finally {
    cases.table.close();
  }
}

function edgeMeasurement(answered: number, n: number): MeasurementContent {
  return {
    metric: 'edge_cases_answered',
    value: String(answered),
    n,
    limit: { op: '<=', value: '0' },
    judge: 'estimate',
    verdict: answered === 0 ? 'pass' : 'fail',
    method:
      'missing, unknown and extreme inputs that were scored instead of being refused to the fallback',
  };
}
