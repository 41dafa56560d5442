// SPDX-License-Identifier: Apache-2.0
import { startServer } from '../../server/src/start.ts';

/** A server as a process of its own, to be killed: node outage-server.ts DATA-DIR DATABASE-URL PORT. Prints its URL. */
const [dataDir = '', databaseUrl = '', port = '0'] = process.argv.slice(2);
const server = await startServer({
  dataDir,
  databaseUrl,
  port: Number(port),
  onFailure: () => undefined,
});
process.stdout.write(`${server.url}\n`);
