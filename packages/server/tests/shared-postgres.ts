// SPDX-License-Identifier: Apache-2.0
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres } from '../src/store/embedded/embedded-postgres.ts';
import { ensureDatabase, prepareDatabase } from '../src/store/prepare-database.ts';

/**
 * The one database server of a test run, as a process of its own: node shared-postgres.ts DIRECTORY PID [BINDIR].
 * It ends with the process PID, so that a run that is interrupted leaves nothing behind.
 */
const [directory = '', pid = '', binDir] = process.argv.slice(2);
const postgres = await startEmbeddedPostgres({
  directory,
  ...(binDir === undefined ? {} : { binDir }),
});
try {
  const template = await ensureDatabase(postgres.url, 'countersign_template');
  await prepareDatabase(template, 'template');
  await writeFile(join(directory, 'ready.partial'), postgres.url);
  await rename(join(directory, 'ready.partial'), join(directory, 'ready'));
  while (lives(Number(pid))) {
    await sleep(500);
  }
} catch (error) {
  // Whoever waits for the server reads why it will not come.
  await writeFile(join(directory, 'failed'), String(error));
  throw error;
} finally {
  await postgres.stop();
}
await rm(directory, { recursive: true, force: true });

function lives(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}
