// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openFileBlobStore } from '../../src/blobs/blob-store.ts';
import { extractDataset } from '../../src/extract/extract-dataset.ts';
import type { Extracted, ExtractRequest } from '../../src/extract/extracted.ts';
import { snapshotExtracted } from '../../src/extract/snapshot-extracted.ts';
import type { DatasetOrigin } from '../../src/file/origin-section.ts';
import type { DatasetSnapshot } from '../../src/snapshot/dataset-snapshot.ts';

let counter = 0;

/** Extracts as a run does, each time into a directory of its own below `root`. */
export async function extract(
  root: string,
  from: DatasetOrigin,
  more: Partial<ExtractRequest> = {},
): Promise<Extracted> {
  counter += 1;
  const workDir = join(root, `extract-${counter}`);
  await mkdir(workDir, { recursive: true });
  return extractDataset({
    name: 'loans',
    from,
    workDir,
    blobs: openFileBlobStore(join(root, 'blobs')),
    checkout: root,
    workingTree: null,
    environment: {},
    locate: (path) => `countersign.yaml:${path.join('.')}`,
    report: () => {},
    now: () => new Date('2026-03-31T10:00:00Z'),
    ...more,
  });
}

/** The snapshot that a run would take of it, with nothing declared. */
export async function snapshot(
  root: string,
  from: DatasetOrigin,
  extracted: Extracted,
): Promise<DatasetSnapshot> {
  counter += 1;
  return snapshotExtracted({
    name: 'loans',
    dataset: { from },
    extracted,
    locate: (path) => `countersign.yaml:${path.join('.')}`,
    blobs: openFileBlobStore(join(root, 'blobs')),
    workDir: join(root, `snapshot-${counter}`),
  });
}
