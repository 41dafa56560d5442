// SPDX-License-Identifier: Apache-2.0
import type { ArtifactRecord, RunResult } from '../run/result.ts';
import type { GraphOutcome } from '../run/run-graph.ts';
import type { ComparedFile } from './rebuild-result.ts';

export interface RebuiltRun extends GraphOutcome {
  readonly artifact: ArtifactRecord | null;
}

/**
 * Compares everything that the recorded run made and the rebuild had to make again: splits of every snapshot, outputs
 * and declared evidence of every step without network. Logs hold times and are not compared.
 */
export function compareRuns(original: RunResult, rebuilt: RebuiltRun): readonly ComparedFile[] {
  const before = madeFiles(original, networkStepNames(original));
  const after = madeFiles(rebuilt, new Set());
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].map((what) => {
    const digest = before.get(what);
    const again = after.get(what) ?? null;
    return { what, original: digest ?? 'absent', rebuilt: again, equal: digest === again };
  });
}

function networkStepNames(run: RunResult): ReadonlySet<string> {
  return new Set(run.steps.filter(({ network }) => network).map(({ name }) => name));
}

function madeFiles(
  run: Pick<GraphOutcome, 'snapshots' | 'steps' | 'evidence'>,
  skipped: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const splits = run.snapshots.flatMap(({ dataset, splits: parts }) =>
    parts.map(({ split, content }) => [`${dataset}.${split}`, content.digest] as const),
  );
  const outputs = run.steps.flatMap(({ name, outputs: files }) =>
    skipped.has(name) ? [] : files.map(({ file, digest }) => [`${name}/${file}`, digest] as const),
  );
  const evidence = run.evidence
    .filter(({ step }) => !skipped.has(step))
    .map(({ step, file, digest }) => [`${step}/${file}`, digest] as const);
  return new Map([...splits, ...outputs, ...evidence]);
}
