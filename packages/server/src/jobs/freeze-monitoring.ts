// SPDX-License-Identifier: Apache-2.0
import { addScores, freezeReference, scorerSpecOf } from '@countersign/analysis';
import type { ArtifactManifest, Json } from '@countersign/kernel';
import { type PipelineFile, type RunResult, toRecordJson } from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';
import { openManifestScorer } from './open-manifest-scorer.ts';
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
    readonly manifest: ArtifactManifest;
  },
): Promise<Json> {
  const { monitoring } = at.file;
  if (monitoring?.stability === undefined) return null;
  const { artifact } = at.servable;
  const spec = scorerSpecOf(artifact);
  const { table, content } = await loadSplit(context, at.result, monitoring.reference);
  const scorer = await openManifestScorer(context, at.manifest, spec);
  try {
    await addScores(table, scorer, SCORE_COLUMN);
    const watched = monitoring.stability.columns ?? 'all';
    const inputs = spec.inputs.flatMap((input) => input.columns ?? [input.name]);
    const columns = watched === 'all' ? inputs : watched;
    const bins = await freezeReference(
      table,
      [SCORE_COLUMN, ...columns.filter((name) => name !== SCORE_COLUMN)],
      { bins: monitoring.stability.bins, score: SCORE_COLUMN },
    );
    return toRecordJson({ reference: monitoring.reference, content, rows: table.rowCount, bins });
  } finally {
    await scorer.close();
    table.close();
  }
}
