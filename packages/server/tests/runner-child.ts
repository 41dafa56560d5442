// SPDX-License-Identifier: Apache-2.0
// A process that enters as a runner, says its id, and does nothing more.
import process from 'node:process';
import { enterRunner } from '../src/jobs/runner-store.ts';
import { connectClient } from '../src/store/database.ts';

const session = await connectClient(process.argv[2] ?? '');
const now = new Date().toISOString();
process.send?.(await enterRunner(session, { workspace: 'main', concurrency: 1, now }));
setInterval(() => undefined, 60_000);
