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
  const made = compared(before, after);
  const isKnown = (what: string) => made.some((one) => one.what === what && !one.equal);
  const claimed = compared(claims(original), claims(rebuilt));
  return [...made, ...claimed.filter(({ what, equal }) => !equal && !isKnown(what))];
}

type Digests = ReadonlyMap<string, string>;

function compared(before: Digests, after: Digests): readonly ComparedFile[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].map((what) => {
    const digest = before.get(what);
    const again = after.get(what) ?? null;
    return { what, original: digest ?? 'absent', rebuilt: again, equal: digest === again };
  });
}

/**
 * What a result says beside what its steps made: datasets as they were read, and the artefact that a version is registered
 * from. Listed where the rebuild says otherwise: then the result was edited.
 */
function claims({
  snapshots,
  folders = [],
  artifact,
}: {
  readonly snapshots: RunResult['snapshots'];
  readonly folders?: RunResult['folders'];
  readonly artifact: ArtifactRecord | null;
}): Digests {
  const read = [...snapshots, ...folders].map(
    ({ dataset, content }) => [dataset, content.digest] as const,
  );
  const own =
    artifact === null ? [] : [[`${artifact.step}/${artifact.file}`, artifact.digest] as const];
  return new Map([...read, ...own]);
}

function networkStepNames(run: RunResult): ReadonlySet<string> {
  return new Set(run.steps.filter(({ network }) => network).map(({ name }) => name));
}

function madeFiles(
  run: Pick<GraphOutcome, 'snapshots' | 'steps' | 'evidence'>,
  skipped: ReadonlySet<string>,
): Digests {
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
