// SPDX-License-Identifier: Apache-2.0
import { addScores, freezeReference, openScorer, scorerSpecOf } from '@countersign/analysis';
import type { Json } from '@countersign/kernel';
import { type PipelineFile, type RunResult, toRecordJson } from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';
import type { Servable } from './run-records.ts';
import { loadSplit } from './split-table.ts';

/** Name of the score among the watched columns. */
export const SCORE_COLUMN = 'score';

/**
 * Bins of the score and of every watched input as they stood on the reference rows, for the model-spec: what later
 * windows are compared with. Null when the pipeline watches no stability.
 */
export async function freezeMonitoring(
  context: ServerContext,
  at: {
    readonly result: RunResult;
    readonly file: PipelineFile;
    readonly servable: Servable;
  },
): Promise<Json> {
  const { monitoring } = at.file;
  if (monitoring?.stability === undefined) return null;
  const { artifact } = at.servable;
  const spec = scorerSpecOf(artifact);
  const { table, content } = await loadSplit(context, at.result, monitoring.reference);
  const scorer = await openScorer(await artifactBytes(context, at.result), spec);
  try {
    await addScores(table, scorer, SCORE_COLUMN);
    const watched = monitoring.stability.columns ?? 'all';
    const inputs = spec.inputs.flatMap((input) => input.columns ?? [input.name]);
    const columns = watched === 'all' ? inputs : watched;
    const bins = await freezeReference(
      table,
      [SCORE_COLUMN, ...columns.filter((name) => name !== SCORE_COLUMN)],
      monitoring.stability.bins,
    );
    return toRecordJson({ reference: monitoring.reference, content, rows: table.rowCount, bins });
  } finally {
    await scorer.close();
    table.close();
  }
}

async function artifactBytes(context: ServerContext, result: RunResult): Promise<Uint8Array> {
  return context.blobs.get(result.artifact?.digest ?? '');
}
