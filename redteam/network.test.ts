// SPDX-License-Identifier: Apache-2.0
// Attacks from a step that was granted the network: it stands on the host's network, so what listens there must not open to it.
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInterpreter } from '../packages/pipeline/src/environment/interpreter.ts';
import { runSandboxed, SANDBOX_UID } from '../packages/pipeline/src/sandbox/run-sandboxed.ts';
import {
  prefixMounts,
  writeIdentityFiles,
} from '../packages/pipeline/src/sandbox/system-mounts.ts';
import { layOutWorkspace } from '../packages/pipeline/src/sandbox/workspace.ts';
import { type TestServer, testServer } from '../packages/server/tests/server-fixture.ts';

let server: TestServer;
let root: string;
let port: number;
beforeAll(async () => {
  server = await testServer();
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const address = server.app.server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
  root = await mkdtemp(join(tmpdir(), 'redteam-network-'));
  await mkdir(join(root, 'checkout'));
  await mkdir(join(root, 'scratch'));
});
afterAll(async () => {
  await server?.close();
  await rm(root, { recursive: true, force: true });
});

/** A Python program as a step with `network: true`; what it printed. */
async function networkStep(program: string): Promise<string> {
  const { PATH = '', HOME = '' } = process.env;
  const interpreter = await describeInterpreter('python3', { PATH, HOME });
  const identityDirectory = join(root, 'identity');
  await writeIdentityFiles(identityDirectory, SANDBOX_UID);
  const workspace = await layOutWorkspace({
    checkout: join(root, 'checkout'),
    scratch: join(root, 'scratch'),
    outputs: ['out.txt'],
    hidden: [],
    inputs: {},
    uid: SANDBOX_UID,
  });
  const logPath = join(root, 'log');
  const { exit } = await runSandboxed({
    command: [interpreter.program, '-I', '-c', program],
    mounts: [...(await prefixMounts(interpreter.prefix)), ...workspace.mounts],
    cwd: '/work',
    env: { PATH: '/usr/bin:/bin' },
    network: true,
    uid: SANDBOX_UID,
    timeoutMs: 30_000,
    memoryBytes: 1024 ** 3,
    logPath,
    identityDirectory,
  });
  const log = await readFile(logPath, 'utf8');
  expect(exit, log).toBe(0);
  return log;
}

test('RT-098 a step with network gets no row of the database and no record of the API: both ask for a secret that it has not', async () => {
  const { port: databasePort, username, pathname } = new URL(server.database.url);
  const owner = new URL(server.database.serverUrl).username;
  const users = [username, owner, 'postgres', 'root', 'step'].map(decodeURIComponent);
  const log = await networkStep(`
import hashlib, json, os, socket, struct, urllib.request, urllib.error
def startup(user, database):
    s = socket.create_connection(("127.0.0.1", ${databasePort}), timeout=5)
    body = struct.pack("!I", 196608) + b"user\\0" + user.encode() + b"\\0database\\0" + database.encode() + b"\\0\\0"
    s.sendall(struct.pack("!I", len(body) + 4) + body)
    kind, rest = s.recv(1), s.recv(4096)
    return s, kind, (struct.unpack("!I", rest[4:8])[0] if kind == b"R" else rest)
for user in ${JSON.stringify(users)}:
    for database in (${JSON.stringify(pathname.slice(1))}, "postgres", "template1"):
        s, kind, asked = startup(user, database)
        # 10: SASL. 0 would let it in, 3 would ask for the password in clear, 5 for a crackable hash of it.
        print("AUTH", kind, asked if kind == b"R" else "error")
        try:
            s.sendall(b"Q" + struct.pack("!I", 13) + b"SELECT 1\\0"); answer = s.recv(4096)
            print("ROWS" if b"D\\0" in answer and b"SELECT" in answer else "no rows")
        except OSError: print("no rows")
for path in ("/v1/records", "/v1/people", "/v1/audit", "/v1/inventory", "/v1/me", "/v1/jobs/x", "/v1/blobs/${'0'.repeat(64)}"):
    for method in ("GET", "POST", "PUT"):
        try:
            answer = urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:${port}" + path, method=method, data=None if method == "GET" else b"{}", headers={"content-type": "application/json"}), timeout=5)
            print("OPEN", path, answer.status)
        except urllib.error.HTTPError as e: print("HTTP", e.code)
for name in os.listdir("/tmp") + os.listdir("/"):
    if "s.PGSQL" in name: print("SOCKET", name)
`);
  expect(log).not.toMatch(/OPEN|ROWS|SOCKET/);
  const auth = [...log.matchAll(/^AUTH (.*)$/gm)].map(([, asked]) => asked);
  expect(auth).toHaveLength(users.length * 3);
  expect(auth.filter((asked) => asked !== "b'R' 10" && asked !== "b'E' error")).toEqual([]);
  expect(auth).toContain("b'R' 10");
  const statuses = new Set([...log.matchAll(/^HTTP (\d+)$/gm)].map(([, status]) => status));
  expect([...statuses].every((status) => ['401', '404', '405'].includes(status ?? ''))).toBe(true);
  expect(statuses).toContain('401');
});

test('and it is told no token, password or address of the platform', async () => {
  const log = await networkStep(`
import os
print(sorted(os.environ)); print(open("/proc/self/environ").read()); print(os.listdir("/etc")); print(open("/proc/self/mountinfo").read())`);
  const { password, username } = new URL(server.database.url);
  for (const secret of [
    password,
    username,
    server.person('dev').token,
    server.dataDir,
    'postgres://',
  ]) {
    expect(log.includes(secret)).toBe(false);
  }
});
