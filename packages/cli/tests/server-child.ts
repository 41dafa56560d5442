// SPDX-License-Identifier: Apache-2.0
// A server to be killed: node server-child.ts DATA. Prints `ready` when it answers, and stops in order at SIGTERM.
import { startServer } from '@countersign/server';

const [dataDir = ''] = process.argv.slice(2);
const server = await startServer({ dataDir });
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)));
console.log('ready');
