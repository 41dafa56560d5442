// SPDX-License-Identifier: Apache-2.0
import {
  compareScorers,
  openArtefact,
  readInputs,
  type ScorerComparison,
} from '@countersign/analysis';
import {
  type ArtifactManifest,
  canonicalDecimal,
  type ReproductionScores,
  sha256Hex,
} from '@countersign/kernel';
import type { RebuildVerdict, RunResult } from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';
import { cutoffOfSpec } from './development-table.ts';
import { scorerGround } from './open-manifest-scorer.ts';
import { loadSplit } from './split-table.ts';
import type { VersionFacts } from './version-facts.ts';

/** Float32 arithmetic on another processor; far below anything a cutoff or a reason could notice. */
const SCORE_TOLERANCE = 1e-6;

/** The model's two files: as registered and as rebuilt. */
export interface ModelPair {
  readonly original: Uint8Array;
  readonly rebuilt: Uint8Array;
}

/**
 * Scores the reference rows and every sealed row with the registered and the rebuilt model. It reads inputs alone: no
 * outcome of a sealed row is looked at, so this is no look at the sealed data's answers.
 */
export async function compareRebuiltScores(
  context: ServerContext,
  facts: VersionFacts,
  models: ModelPair,
): Promise<readonly ReproductionScores[]> {
  const scores: ReproductionScores[] = [];
  for (const { split, sealed } of comparedSplits(facts)) {
    const found = await compareOnSplit(context, facts, { split, models });
    scores.push({
      split,
      sealed,
      rows: found.rows,
      differing: found.differing,
      largest: Number.isFinite(found.largest) ? canonicalDecimal(found.largest) : 'not a number',
      flipped: found.flipped,
    });
  }
  return scores;
}

/** What differing bytes mean, once the scores are known; nothing was scored, nothing is known. */
export function scoresVerdict(scores: readonly ReproductionScores[]): RebuildVerdict {
  if (scores.length === 0) return 'not-rebuildable';
  if (scores.every(({ differing }) => differing === 0)) return 'score-identical';
  const isNear = scores.every(
    ({ largest, flipped }) => Number(largest) <= SCORE_TOLERANCE && flipped === 0,
  );
  return isNear ? 'within-tolerance' : 'not-rebuildable';
}

function comparedSplits({
  file,
  result,
}: VersionFacts): readonly { split: string; sealed: boolean }[] {
  const reference = file.monitoring?.reference;
  const sealed = sealedSplits(result);
  const isListed = reference === undefined || sealed.includes(reference);
  return [
    ...(isListed ? [] : [{ split: reference, sealed: false }]),
    ...sealed.map((split) => ({ split, sealed: true })),
  ];
}

function sealedSplits(result: RunResult): readonly string[] {
  return result.snapshots.flatMap(({ dataset, splits }) =>
    splits.filter(({ access }) => access === 'sealed').map(({ split }) => `${dataset}.${split}`),
  );
}

async function compareOnSplit(
  context: ServerContext,
  facts: VersionFacts,
  at: { readonly split: string; readonly models: ModelPair },
): Promise<ScorerComparison> {
  const { table } = await loadSplit(context, facts.result, at.split);
  try {
    const rows = await readInputs(table, facts.scorerSpec);
    const original = await open(context, facts, at.models.original);
    try {
      const rebuilt = await open(context, facts, at.models.rebuilt);
      try {
        return await compareScorers({ original, rebuilt }, rows, cutoffOfSpec(facts));
      } finally {
        await rebuilt.close();
      }
    } finally {
      await original.close();
    }
  } finally {
    table.close();
  }
}

function open(context: ServerContext, facts: VersionFacts, model: Uint8Array) {
  return openArtefact(
    withEntry(context, facts.manifest, model),
    facts.scorerSpec,
    scorerGround(context),
  );
}

/** The artefact with other bytes for its model. */
function withEntry(
  { blobs, primitives }: ServerContext,
  manifest: ArtifactManifest,
  model: Uint8Array,
) {
  const { entry } = manifest;
  const own = { path: entry, digest: sha256Hex(primitives, model), size: model.length };
  const files = manifest.files.map((file) => (file.path === entry ? own : file));
  const read = async (path: string) =>
    path === entry ? model : blobs.get(files.find((file) => file.path === path)?.digest ?? '');
  return { manifest: { ...manifest, files }, read };
}
