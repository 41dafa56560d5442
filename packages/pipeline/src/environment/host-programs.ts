// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, readdir, readFile, realpath } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { HostProgram } from '@countersign/kernel';
import { PipelineError } from '../errors.ts';
import { runSandboxed } from '../sandbox/run-sandboxed.ts';
import { SEARCH_PATH } from '../sandbox/sandbox-arguments.ts';
import type { Mount } from '../sandbox/system-mounts.ts';

/** A program that a scorer needs from its machine, or a file such as a library, with how it is asked for its version. */
export interface WantedProgram {
  /** A name on the sandbox's search path, or an absolute path. */
  readonly name: string;
  readonly version?: readonly string[] | undefined;
}

export interface HostGround {
  /** Becomes a log of what a program said. */
  readonly workDir: string;
  readonly identityDirectory: string;
  readonly uid: number;
}

const VERSION_CHARS_MAX = 1000;
const VERSION_MS_MAX = 30_000;
const VERSION_MEMORY_BYTES = 8 * 1024 ** 3;
/** What R and Java keep outside /usr: settings, no secrets. A manifest cannot name others. */
const CONFIGURATION = /^(?:R|java-\d+-openjdk)$/;

/**
 * A program of this machine as a manifest records it: real path, SHA-256, and what it says of its version, asked inside the
 * sandbox because whoever registers chooses the arguments. Throws PipelineError `interpreter_missing`.
 */
export async function describeHostProgram(
  wanted: WantedProgram,
  ground: HostGround,
): Promise<HostProgram> {
  const path = await find(wanted.name);
  const digest = await fileDigest(path);
  if (wanted.version === undefined) return { name: wanted.name, path, digest };
  const says = await askVersion([path, ...wanted.version], ground);
  return { name: wanted.name, path, digest, version: { arguments: wanted.version, says } };
}

/**
 * Throws PipelineError `environment_differs` or `interpreter_missing` unless every program here is the recorded one.
 */
export async function requireHostPrograms(
  recorded: readonly HostProgram[],
  ground: HostGround,
): Promise<void> {
  for (const one of recorded) {
    const found = await describeHostProgram(
      { name: one.name, version: one.version?.arguments },
      ground,
    );
    const pairs: readonly (readonly [string, string, string])[] = [
      ['path', one.path, found.path],
      ['version', one.version?.says ?? '', found.version?.says ?? ''],
      ['SHA-256', one.digest, found.digest],
    ];
    const other = pairs.find(([, was, is]) => was !== is);
    if (other === undefined) continue;
    const [what, was, is] = other;
    const message = `\`${one.name}\` is not the one that was recorded: its ${what} is \`${is}\`, not \`${was}\`; install that one, or register the version again on this machine`;
    throw new PipelineError('environment_differs', message, { details: { program: one.name } });
  }
}

/** Settings of interpreters that lie below /etc. */
export async function configurationMounts(): Promise<readonly Mount[]> {
  const names = (await readdir('/etc')).filter((name) => CONFIGURATION.test(name));
  return names.map((name) => ({ source: `/etc/${name}`, target: `/etc/${name}` }));
}

async function find(name: string): Promise<string> {
  const places = isAbsolute(name) ? [name] : SEARCH_PATH.split(':').map((one) => join(one, name));
  for (const place of places) {
    const isThere = await access(place).then(
      () => true,
      () => false, // looked for in the next place
    );
    if (!isThere) continue;
    const real = await realpath(place);
    if (real.startsWith('/usr/')) return real;
    const message = `\`${name}\` is \`${real}\`, outside /usr, where no sandbox sees it; install it with the system's packages`;
    throw new PipelineError('interpreter_missing', message, { details: { program: name } });
  }
  const message = `this machine has no \`${name}\`; install it, then try again`;
  throw new PipelineError('interpreter_missing', message, { details: { program: name } });
}

async function askVersion(command: readonly string[], ground: HostGround): Promise<string> {
  const logPath = join(ground.workDir, 'program-version.log');
  const { exit } = await runSandboxed({
    command,
    mounts: await configurationMounts(),
    cwd: '/tmp',
    env: { PATH: SEARCH_PATH, HOME: '/tmp', LC_ALL: 'C.UTF-8', LANG: 'C.UTF-8' },
    network: false,
    uid: ground.uid,
    timeoutMs: VERSION_MS_MAX,
    memoryBytes: VERSION_MEMORY_BYTES,
    logPath,
    identityDirectory: ground.identityDirectory,
  });
  const said = (await readFile(logPath, 'utf8')).trim().slice(0, VERSION_CHARS_MAX);
  if (exit === 0 && said !== '') return said;
  const message = `\`${command.join(' ')}\` does not say a version: it ended with ${exit} and said \`${said.slice(0, 200)}\``;
  throw new PipelineError('interpreter_missing', message, { details: { program: command[0] } });
}

async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
