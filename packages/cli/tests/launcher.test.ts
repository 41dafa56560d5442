// SPDX-License-Identifier: Apache-2.0
// The program as it is installed: bin/countersign.js, which starts the pinned Node.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, assert, beforeAll, expect, test, vi } from 'vitest';
import { foundFirm } from '../../server/src/found-firm.ts';
import { PASSPHRASE, PASSWORD, PEOPLE, printedName } from '../../server/tests/server-fixture.ts';

const BIN = join(import.meta.dirname, '..', 'bin', 'countersign.js');
let dataDir: string;
let launcher: ChildProcess | undefined;

beforeAll(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'countersign-launcher-')), 'firm');
  const people = PEOPLE.map((person) => ({
    ...person,
    printedName: printedName(person.account),
    passphrase: PASSPHRASE,
    password: PASSWORD,
  }));
  await foundFirm({ dataDir, firm: 'Launch Bank', demonstration: true, people });
});
afterAll(async () => {
  launcher?.kill('SIGKILL');
  // The server answers no more before its database has stopped.
  const pidFile = join(dataDir, 'postgres', 'data', 'postmaster.pid');
  await vi.waitFor(() => assert(!existsSync(pidFile)), { timeout: 60_000, interval: 100 });
  await rm(join(dataDir, '..'), { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

test('a server whose launcher was killed without a word stops by itself', async () => {
  const argv = ['up', '--data', dataDir, '--port', '0', '--no-gateway', '--json'];
  launcher = spawn(process.execPath, [BIN, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: launcher.stdout! }), 'line');
  const { url } = JSON.parse(line) as { url: string };
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  launcher.kill('SIGKILL');
  await expect
    .poll(async () => fetch(`${url}/healthz`).then(String, () => 'gone'), { timeout: 30_000 })
    .toBe('gone');
});
