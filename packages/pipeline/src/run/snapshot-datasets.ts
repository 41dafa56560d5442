// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PipelineError } from '../errors.ts';
import type { Dataset } from '../file/data-section.ts';
import { datasetFile } from '../file/step-plan.ts';
import type { DatasetSnapshot } from '../snapshot/dataset-snapshot.ts';
import { snapshotFailure, takeSnapshot } from '../snapshot/take-snapshot.ts';
import { type Made, notMade } from './made.ts';
import type { RunFailure } from './result.ts';
import { runFailure } from './run-failure.ts';
import type { RunGround } from './run-ground.ts';

/** Takes the snapshots of datasets made by `step`, or of those that lie in the commit when `step` is undefined. */
export async function snapshotDatasets(
  ground: RunGround,
  made: Made,
  step: string | undefined,
): Promise<RunFailure | null> {
  for (const [name, dataset] of Object.entries(ground.document.file.data ?? {})) {
    const maker = 'step' in dataset.from ? dataset.from.step : undefined;
    if (maker !== step) continue;
    try {
      const snapshot = await snapshotDataset(ground, made, { name, dataset });
      made.snapshots.set(name, snapshot);
      ground.emit({ type: 'snapshot-taken', dataset: name, rows: snapshot.rows });
      const failed = snapshotFailure(snapshot);
      if (failed !== undefined) return runFailure(failed, { step: null, dataset: name });
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error;
      return runFailure(error, { step: null, dataset: name });
    }
  }
  return null;
}

async function snapshotDataset(
  ground: RunGround,
  made: Made,
  { name, dataset }: { readonly name: string; readonly dataset: Dataset },
): Promise<DatasetSnapshot> {
  const workDir = join(ground.scratch, 'snapshots', name);
  await mkdir(workDir, { recursive: true });
  const read = await sourceFile(ground, made, { name, dataset, workDir });
  try {
    return await takeSnapshot({
      name,
      dataset,
      origin: read.origin,
      place: {
        path: read.path,
        name: read.file,
        locate: (path) =>
          `${ground.document.name}:${ground.document.lineOf(['data', name, ...path])}`,
      },
      blobs: ground.blobs,
      workDir: join(workDir, 'parts'),
    });
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

async function sourceFile(
  ground: RunGround,
  made: Made,
  wanted: { readonly name: string; readonly dataset: Dataset; readonly workDir: string },
): Promise<{ path: string; file: string; origin: DatasetSnapshot['origin'] }> {
  const { dataset, name, workDir } = wanted;
  if ('path' in dataset.from) {
    const { path: file } = dataset.from;
    const path = join(ground.checkout, file);
    const found = await stat(path).catch(() => undefined); // reported below with its line
    if (found?.isFile() === true) return { path, file, origin: { path: file } };
    const line = ground.document.lineOf(['data', name, 'from', 'path']);
    const message = `${ground.document.name}:${line}: the commit has no file \`${file}\``;
    throw new PipelineError('file_missing', message, { details: { file } });
  }
  const file = datasetFile(ground.document.file.steps, dataset) ?? '';
  const blob = made.files.get(file);
  if (blob === undefined) throw notMade(file);
  const path = join(workDir, basename(file));
  await ground.blobs.copyTo(blob.digest, path);
  return { path, file, origin: { step: dataset.from.step, file } };
}
