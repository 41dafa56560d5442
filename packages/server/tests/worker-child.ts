// SPDX-License-Identifier: Apache-2.0
// A worker of its own, as `countersign worker` starts it.
import process from 'node:process';
import { startWorker } from '../src/start-worker.ts';

const [, , dataDir = '', databaseUrl = ''] = process.argv;
await startWorker({ dataDir, databaseUrl });
process.send?.('works');
