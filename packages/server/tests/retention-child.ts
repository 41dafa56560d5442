// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { nodePrimitives } from '@countersign/kernel/node';
import { openFileBlobStore } from '@countersign/pipeline';
import { openSigner } from '../src/identity/key-file.ts';
import { readServiceKey } from '../src/identity/service-keys.ts';
import { openCurrentRecords } from '../src/records/index.ts';
import { carryOutSweep } from '../src/retention/index.ts';
import { openDatabase } from '../src/store/database.ts';

/** A sweep to be killed: node retention-child.ts URL DATA_DIRECTORY ROOT SWEEP. Another process sequences its records. */
const [url = '', dataDir = '', root = '', sweep = ''] = process.argv.slice(2);
const database = await openDatabase({ url });
const blobs = openFileBlobStore(join(dataDir, 'blobs'));
const records = await openCurrentRecords({
  db: database.db,
  blobs,
  primitives: nodePrimitives,
  root,
});
await records.current();
await carryOutSweep(
  {
    workspace: 'main',
    root,
    dataDir,
    database,
    blobs,
    records,
    platform: openSigner(await readServiceKey(dataDir, 'platform')),
    primitives: nodePrimitives,
    now: () => new Date().toISOString(),
  },
  sweep,
);
