// SPDX-License-Identifier: Apache-2.0
// Attacks by a model that is a program: a pickle that runs what it likes when it is loaded, in the real sandbox of a scorer, on
// keys, network, its own artefact, the machine and the answers. What it found out it says in its answers.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AnalysisError, openArtefact, type Scorer, type ScorerSpec } from '@countersign/analysis';
import { GatewayError } from '@countersign/gateway';
import type { Json } from '@countersign/kernel';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type CommandArtefact,
  HOST_VARIABLES,
  pythonArtefact,
  pythonHere,
} from '../packages/analysis/tests/command-artefact.ts';
import {
  type FixtureServer,
  fixtureServer,
  SPEC as ONNX_SPEC,
} from '../packages/gateway/tests/fixture-server.ts';
import { startFixture } from '../packages/gateway/tests/start-fixture.ts';
import { type TestDatabase, testDatabase } from '../packages/server/tests/database.ts';

const SPEC: ScorerSpec = { inputs: [{ name: 'x', type: 'f64' }], output: 'score' };
const MARK = `mark-${randomBytes(8).toString('hex')}`;

/** Loads the pickle, which is the attack, and says what it found out as the reason of every row. */
const ADAPTER = `
import json, os, pickle, sys
with open(os.environ["COUNTERSIGN_ENTRY"], "rb") as file:
    found = pickle.load(file)
print(json.dumps({"ready": "countersign-scorer/1", "name": "m", "version": "1",
    "outputs": [{"name": "score", "size": 1}]}), flush=True)
for line in sys.stdin:
    print(json.dumps({"id": json.loads(line)["id"], "error": json.dumps(found)[:480]}), flush=True)
`;

let root: string;
let python: string;
const open: Scorer[] = [];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'redteam-scorer-'));
  python = (await pythonHere()).program;
});
afterEach(async () => {
  for (const scorer of open.splice(0)) await scorer.close();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A pickle that runs Python when it is loaded, and becomes what \`found\` is then. */
function pickleOf(code: string): Buffer {
  const script = `
import pickle, sys
class Model:
    def __reduce__(self):
        return (eval, ("(lambda space: (exec(" + repr(sys.stdin.read()) + ", space), space['found'])[1])({})",))
sys.stdout.buffer.write(pickle.dumps(Model()))`;
  return execFileSync(python, ['-c', script], { input: code });
}

async function artefactOf(code: string): Promise<CommandArtefact> {
  return pythonArtefact(
    { 'model.pkl': pickleOf(code), 'score.py': ADAPTER },
    { run: ['python', 'score.py'], memoryMb: 512 },
  );
}

async function opened(code: string, adapter?: string): Promise<Scorer> {
  const artefact =
    adapter === undefined
      ? await artefactOf(code)
      : await pythonArtefact({ 'score.py': adapter }, { run: ['python', 'score.py'] });
  const scorer = await openArtefact(artefact, SPEC, {
    workDir: join(root, 'work'),
    cacheDir: join(root, 'cache'),
    hostEnvironment: HOST_VARIABLES,
    python,
  });
  open.push(scorer);
  return scorer;
}

/** What an attack found out: the reason that it gives for a row. */
async function foundBy(code: string): Promise<unknown> {
  const scorer = await opened(code);
  const error = await scorer.score({ x: 1 }).catch((reason: unknown) => reason);
  if (!(error instanceof AnalysisError) || error.code !== 'scoring_failed') throw error;
  return JSON.parse(error.message.replace('the model failed on this row: ', ''));
}

describe('a pickle', () => {
  test('RT-461 that reads keys finds neither files, nor variables, nor other processes of the machine', async () => {
    mkdirSync(join(root, 'keys'), { recursive: true });
    writeFileSync(join(root, 'keys/gateway.json'), '{"secret":"key"}');
    process.env.REDTEAM_SECRET = MARK;
    const found = await foundBy(`
import glob, os
def tried(path):
    try:
        return open(path, "rb").read(40).decode("latin-1")
    except OSError:
        return None
places = ["${join(root, 'keys/gateway.json')}", "/etc/shadow", "/root/.ssh/id_ed25519", "/proc/1/environ/../../2/environ"]
found = {
    "read": [place for place in places if tried(place)],
    "homes": [path for path in glob.glob("/root/*") + glob.glob("/home/*") if not path.startswith("/root/.pyenv")],
    "tmp": glob.glob("/tmp/*"),
    "variables": [name for name, value in os.environ.items() if "${MARK}" in value or "TOKEN" in name or "PASS" in name],
    "others": [pid for pid in os.listdir("/proc") if pid.isdigit() and b"vitest" in open(f"/proc/{pid}/cmdline", "rb").read()],
    "uid": os.getuid(),
    "capabilities": [line.split()[1] for line in open("/proc/self/status") if line.startswith(("CapEff", "CapBnd"))],
}
`);
    const nothing = { read: [], homes: [], tmp: [], variables: [], others: [] };
    expect(found).toMatchObject(nothing);
    const { uid, capabilities } = found as { uid: number; capabilities: readonly string[] };
    expect(uid).not.toBe(process.getuid?.());
    expect(capabilities.map((one) => Number.parseInt(one, 16))[0]).toBe(0);
  });

  test('RT-462 that opens the network reaches neither the machine nor anything beyond it', async () => {
    let reached = 0;
    const listener = createServer((socket) => {
      reached += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => listener.listen(0, '0.0.0.0', resolve));
    const { port } = listener.address() as { port: number };
    const found = await foundBy(`
import socket
def tried(address):
    try:
        socket.create_connection(address, 2).close()
        return "open"
    except OSError as error:
        return type(error).__name__
interfaces = [line.split(":")[0].strip() for line in open("/proc/net/dev").read().splitlines()[2:]]
found = {"loopback": tried(("127.0.0.1", ${port})), "name": tried(("example.com", 80)), "interfaces": interfaces}
`);
    listener.close();
    expect(reached).toBe(0);
    expect(found).toMatchObject({ interfaces: ['lo'] });
    expect(Object.values(found as object)).not.toContain('open');
  });

  test('RT-463 that writes changes neither its artefact, nor its packages, nor the system', async () => {
    const found = await foundBy(`
import glob, os
changed = []
for path in ["/model/model.pkl", "/model/score.py", "/model/new.py", "/env/pyvenv.cfg", "/usr/bin/env", "/etc/passwd"]:
    try:
        with open(path, "ab") as file:
            file.write(b"x")
        changed.append(path)
    except OSError:
        pass
    for act in (os.remove, lambda p: os.chmod(p, 0o777), lambda p: os.rename("/model/score.py", p)):
        try:
            act(path)
            changed.append(path)
        except OSError:
            pass
found = {"changed": changed}
`);
    expect(found).toEqual({ changed: [] });
  });

  test('RT-464 that forks leaves no process behind when its scorer is closed or killed', async () => {
    const scorer = await opened(`
import os, subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)", "${MARK}"], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(3600)", "${MARK}"])
    os._exit(0)
found = "forked"
`);
    const deadline = performance.now() + 20_000;
    while (marked().length < 2 && performance.now() < deadline) await sleep(20);
    expect(marked().length).toBe(2);
    await scorer.close();
    expect(marked()).toEqual([]);
  });
});

describe('a model', () => {
  let database: TestDatabase;
  let server: FixtureServer;

  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(async () => {
    await server?.close();
    await database.drop();
  });

  test('RT-465 whose program was patched after approval is served by no gateway', async () => {
    const { manifest, bytes } = await artefactOf('found = 1');
    const { reasons: _, ...spec } = ONNX_SPEC;
    server = await fixtureServer({
      blobs: bytes.values(),
      build: {
        files: manifest.files,
        manifest: { scorer: 'command', command: manifest.command as unknown as Json },
        spec,
      },
    });
    server.lies.blob = (one) =>
      Buffer.from(one).includes('pickle.load') ? Buffer.from(`${ADAPTER}\n# patched\n`) : one;
    const started = startFixture(server, {
      databaseUrl: database.url,
      scorers: { cacheDir: join(root, 'cache'), hostEnvironment: HOST_VARIABLES, python },
    });
    const refused: unknown = await started.catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(GatewayError);
    expect(String(refused)).toContain('`score.py` is not the file that was approved');
  });

  test('RT-466 that writes answers before it is asked has none of them taken', async () => {
    const ahead = `
import json, sys, threading, time
print(json.dumps({"ready": "countersign-scorer/1", "name": "m", "version": "1",
    "outputs": [{"name": "score", "size": 1}]}), flush=True)
first = json.loads(sys.stdin.readline())["id"]
for id in [first, first, "0" * 16]:
    print(json.dumps({"id": id, "outputs": {"score": 0.001}}), flush=True)
time.sleep(60)
`;
    const scorer = await opened('', ahead);
    const answers = await Promise.allSettled([scorer.score({ x: 1 }), scorer.score({ x: 2 })]);
    const [, second] = answers;
    expect(second?.status).toBe('rejected');
    const scores = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value.score] : []));
    // The first line was the answer to the first row, whatever it says; nothing after it was one.
    expect(scores.length).toBeLessThanOrEqual(1);
  });
});

/** Processes of this machine that carry the mark. */
function marked(): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      return words.includes(MARK);
    } catch {
      return false; // gone
    }
  });
}
