// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { PipelineError } from '../errors.ts';
import { runProcess, tailOf } from '../process/run-process.ts';

/** The interpreter that a run used. Two of them are equal when `digest` is. */
export interface Interpreter {
  readonly implementation: string;
  readonly version: string;
  /** Real path of the program, and the prefix that holds its standard library. */
  readonly program: string;
  readonly prefix: string;
  readonly programDigest: string;
  /** SHA-256 of libpython, when the program loads one. */
  readonly libraryDigest: string | null;
  readonly libc: string;
  readonly machine: string;
  /** SHA-256 over implementation, version, program, library, libc and machine: what must agree for equal bytes. */
  readonly digest: string;
}

const DESCRIBE = `
import json, os, platform, sys, sysconfig
shared = sysconfig.get_config_var("Py_ENABLE_SHARED")
library = os.path.join(sysconfig.get_config_var("LIBDIR") or "", sysconfig.get_config_var("INSTSONAME") or "")
print(json.dumps({
    "implementation": platform.python_implementation(),
    "version": platform.python_version(),
    "program": os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable),
    "prefix": sys.base_prefix,
    "library": os.path.realpath(library) if shared and os.path.isfile(library) else None,
    "libc": " ".join(platform.libc_ver()),
    "machine": platform.machine(),
}))
`;

const described = z.object({
  implementation: z.string(),
  version: z.string(),
  program: z.string(),
  prefix: z.string(),
  library: z.string().nullable(),
  libc: z.string(),
  machine: z.string(),
});

/**
 * Describes the Python that `command` starts (through shims and virtual environments, down to the base interpreter).
 * Throws PipelineError `interpreter_missing`.
 */
export async function describeInterpreter(
  command: string,
  hostEnvironment: Readonly<Record<string, string>>,
): Promise<Interpreter> {
  const result = await runProcess(command, ['-I', '-c', DESCRIBE], { env: hostEnvironment }).catch(
    (cause: unknown) => {
      throw missing(command, 'it could not be started', cause);
    },
  );
  if (result.code !== 0) throw missing(command, tailOf(result.stderr));
  const facts = described.parse(JSON.parse(result.stdout.toString('utf8')));
  const programDigest = await fileDigest(facts.program);
  const libraryDigest = facts.library === null ? null : await fileDigest(facts.library);
  const { library: _, ...named } = facts;
  const identity = [
    facts.implementation,
    facts.version,
    programDigest,
    libraryDigest ?? '',
    facts.libc,
    facts.machine,
  ];
  const digest = createHash('sha256').update(JSON.stringify(identity)).digest('hex');
  return { ...named, programDigest, libraryDigest, digest };
}

function missing(command: string, why: string, cause?: unknown): PipelineError {
  return new PipelineError(
    'interpreter_missing',
    `no Python 3 at \`${command}\`: ${why}; run \`apt-get install python3 python3-venv\` or name another`,
    { details: { command }, cause },
  );
}

async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
