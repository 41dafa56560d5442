// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BlobStore,
  type DatasetSnapshot,
  extractDataset,
  makeReaderHost,
  PIPELINE_FILE,
  type PipelineDocument,
  snapshotExtracted,
  sourceVariables,
} from '@countersign/pipeline';
import { CliError } from '../errors.ts';
import { draftCache } from '../runs/run-folder.ts';
import type { Session } from '../session.ts';

/**
 * The snapshot that a run would take now of a dataset, fetched from where its `from:` says with the credentials of
 * this person's environment. Files of the commit are read from the working tree.
 * @throws CliError `not_found`; PipelineError `source_*` and as `takeSnapshot`
 */
export async function declaredSnapshot(
  session: Session,
  document: PipelineDocument,
  place: {
    readonly name: string;
    /** Where countersign.yaml lies. */
    readonly directory: string;
    readonly blobs: BlobStore;
    readonly scratch: string;
  },
): Promise<DatasetSnapshot> {
  const { name, directory, blobs, scratch } = place;
  const dataset = document.file.data?.[name];
  if (dataset === undefined)
    throw new CliError('not_found', `${PIPELINE_FILE} declares no dataset \`${name}\``);
  const workDir = join(scratch, 'source');
  await mkdir(workDir);
  const locate = (below: readonly PropertyKey[]) =>
    `${PIPELINE_FILE}:${document.lineOf(['data', name, ...below])}`;
  const extracted = await extractDataset({
    name,
    from: dataset.from,
    workDir,
    blobs,
    checkout: directory,
    workingTree: directory,
    environment: sourceVariables(session.io.env),
    locate,
    report: session.progress,
    now: session.io.now,
    readerHost: await makeReaderHost({
      cacheDir: draftCache(session.io.env),
      scratch,
      environment: session.io.env,
    }),
    signal: session.io.signal,
  });
  return snapshotExtracted({
    name,
    dataset,
    extracted,
    locate,
    blobs,
    workDir: join(scratch, 'splits'),
  });
}
