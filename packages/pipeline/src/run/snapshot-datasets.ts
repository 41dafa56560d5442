// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../errors.ts';
import { archivedDataset } from '../extract/archived-dataset.ts';
import { extractDataset } from '../extract/extract-dataset.ts';
import { requirePinned } from '../extract/extract-pinned.ts';
import type { Extracted } from '../extract/extracted.ts';
import { snapshotExtracted } from '../extract/snapshot-extracted.ts';
import type { Dataset } from '../file/data-section.ts';
import { isExternal } from '../file/origin-section.ts';
import { isFolder, isPinned } from '../file/pinned-origin.ts';
import { datasetFile } from '../file/step-plan.ts';
import { isReferenced } from '../lakehouse/lakehouse-facts.ts';
import { rereadTable } from '../lakehouse/reread-table.ts';
import type { DatasetSnapshot } from '../snapshot/dataset-snapshot.ts';
import type { FolderSnapshot } from '../snapshot/folder-snapshot.ts';
import { snapshotFailure } from '../snapshot/take-snapshot.ts';
import { treeTotals } from '../snapshot/tree-manifest.ts';
import { type Made, notMade } from './made.ts';
import type { RunFailure } from './result.ts';
import { runFailure } from './run-failure.ts';
import type { RunGround } from './run-ground.ts';

/** Takes the snapshots of datasets made by `step`, or of those that no step makes when `step` is undefined. */
export async function snapshotDatasets(
  ground: RunGround,
  made: Made,
  step: string | undefined,
): Promise<RunFailure | null> {
  for (const [name, dataset] of Object.entries(ground.document.file.data ?? {})) {
    const maker = 'step' in dataset.from ? dataset.from.step : undefined;
    if (maker !== step) continue;
    ground.signal?.throwIfAborted();
    try {
      if (isFolder(dataset.from)) {
        made.folders.set(name, await folderDataset(ground, { name, dataset }));
        continue;
      }
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

interface Wanted {
  readonly name: string;
  readonly dataset: Dataset;
}

async function snapshotDataset(
  ground: RunGround,
  made: Made,
  wanted: Wanted,
): Promise<DatasetSnapshot> {
  const { name, dataset } = wanted;
  const workDir = join(ground.scratch, 'snapshots', name);
  await mkdir(workDir, { recursive: true });
  try {
    const extracted = await extracting(ground, made, { ...wanted, workDir });
    const locate = (path: readonly PropertyKey[]) => locateIn(ground, name, path);
    return await snapshotExtracted({
      name,
      dataset,
      extracted,
      locate,
      blobs: ground.blobs,
      workDir: join(workDir, 'parts'),
    });
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

/** A data version as it is; a rebuild finds it among what was archived. */
async function folderDataset(
  ground: RunGround,
  { name, dataset: { from } }: Wanted,
): Promise<FolderSnapshot> {
  if (!isPinned(from)) throw notMade(name);
  const { blobs } = ground;
  await requirePinned({ blobs, locate: (path) => locateIn(ground, name, path) }, from.snapshot);
  const totals = await treeTotals(blobs, from.snapshot);
  const size = (await blobs.standing(from.snapshot))?.size ?? 0;
  ground.emit({ type: 'phase', text: `${name}: ${totals.files} files, ${totals.bytes} bytes` });
  return { dataset: name, content: { digest: from.snapshot, size }, ...totals };
}

/** A rebuild is told what was archived of external datasets, and reaches for no source. */
async function extracting(
  ground: RunGround,
  made: Made,
  { name, dataset, workDir }: Wanted & { readonly workDir: string },
): Promise<Extracted> {
  const { from } = dataset;
  if (isExternal(from) && ground.archivedSnapshots !== undefined) {
    const recorded = ground.archivedSnapshots.get(name);
    const archive = { name, from, workDir, blobs: ground.blobs };
    if (recorded === undefined || !isReferenced(recorded))
      return archivedDataset(recorded, archive);
    return rereadTable(recorded, {
      ...archive,
      readerHost: ground.readerHost,
      environment: ground.sourceVariables ?? {},
      locate: (path) => locateIn(ground, name, path),
      signal: ground.signal,
    });
  }
  const file = datasetFile(ground.document.file.steps, dataset);
  const stepFile = file === undefined ? undefined : made.files.get(file);
  if (file !== undefined && stepFile === undefined) throw notMade(file);
  return extractDataset({
    name,
    from,
    workDir,
    blobs: ground.blobs,
    checkout: ground.checkout,
    workingTree: ground.workingTree ?? null,
    environment: ground.sourceVariables ?? {},
    stepFile,
    locate: (path) => locateIn(ground, name, path),
    report: (text) => ground.emit({ type: 'phase', text }),
    now: ground.now,
    readerHost: ground.readerHost,
    signal: ground.signal,
  });
}

function locateIn({ document }: RunGround, name: string, path: readonly PropertyKey[]): string {
  return `${document.name}:${document.lineOf(['data', name, ...path])}`;
}
