// SPDX-License-Identifier: Apache-2.0
import type { Json } from '../json/parse.ts';
import type {
  ArtifactManifest,
  CommandScorer,
  HostProgram,
  ScorerEnvironment,
  ScorerInterpreter,
} from '../records/contents.ts';
import {
  asArray,
  asCount,
  asDigest,
  asNonEmpty,
  asObject,
  asOneOf,
  asString,
  malformed,
  onlyKeys,
} from '../records/shape.ts';

export const SCORER_PROTOCOL = 'countersign-scorer/1';
const WORKERS_MAX = 64;
/** An hour: a model may load slowly, and nothing waits for ever. */
const MS_MAX = 3_600_000;
const MEMORY_MB_MAX = 1_048_576;
const ARGUMENTS_MAX = 100;
const PROGRAMS_MAX = 20;

/**
 * How the manifest says that its scorer is started. Throws `record_malformed` naming the member: also for a manifest of
 * another scorer, and for a lock or wheel that is none of its files.
 */
export function readCommandScorer(manifest: ArtifactManifest): CommandScorer {
  const path = 'manifest.command';
  if (manifest.scorer !== 'command' || manifest.command === undefined)
    throw malformed(path, 'there: the manifest does not say how its scorer is started');
  const command = asObject(manifest.command as unknown as Json, path);
  const keys = ['protocol', 'run', 'workers', 'timeoutMs', 'startMs', 'memoryMb', 'environment'];
  onlyKeys(command, keys, path);
  const count = (name: string, max: number) => {
    const value = asCount(command[name], `${path}.${name}`);
    if (value < 1 || value > max) throw malformed(`${path}.${name}`, `1 to ${max}`);
    return value;
  };
  return {
    protocol: asOneOf(command.protocol, [SCORER_PROTOCOL], `${path}.protocol`),
    run: texts(command.run, `${path}.run`, ARGUMENTS_MAX),
    workers: count('workers', WORKERS_MAX),
    timeoutMs: count('timeoutMs', MS_MAX),
    startMs: count('startMs', MS_MAX),
    memoryMb: count('memoryMb', MEMORY_MB_MAX),
    environment: readEnvironment(command.environment, { path: `${path}.environment`, manifest }),
  };
}

function readEnvironment(
  json: Json | undefined,
  { path, manifest }: { readonly path: string; readonly manifest: ArtifactManifest },
): ScorerEnvironment {
  const environment = asObject(json, path);
  const kind = asOneOf(environment.kind, ['python', 'host'], `${path}.kind`);
  if (kind === 'host') {
    onlyKeys(environment, ['kind', 'programs'], path);
    const programs = asArray(environment.programs, `${path}.programs`, readProgram);
    if (programs.length === 0 || programs.length > PROGRAMS_MAX)
      throw malformed(`${path}.programs`, `1 to ${PROGRAMS_MAX} programs`);
    return { kind, programs };
  }
  onlyKeys(environment, ['kind', 'lock', 'wheels', 'interpreter'], path);
  const file = (value: Json | undefined, at: string) => {
    const named = asNonEmpty(value, at);
    if (!manifest.files.some((one) => one.path === named))
      throw malformed(at, 'one of the artefact’s files');
    return named;
  };
  return {
    kind,
    lock: file(environment.lock, `${path}.lock`),
    wheels: asArray(environment.wheels, `${path}.wheels`, file),
    interpreter: readInterpreter(environment.interpreter, `${path}.interpreter`),
  };
}

function readInterpreter(json: Json | undefined, path: string): ScorerInterpreter {
  const one = asObject(json, path);
  onlyKeys(one, ['implementation', 'version', 'libc', 'machine', 'digest'], path);
  return {
    implementation: asNonEmpty(one.implementation, `${path}.implementation`),
    version: asNonEmpty(one.version, `${path}.version`),
    libc: asString(one.libc, `${path}.libc`),
    machine: asNonEmpty(one.machine, `${path}.machine`),
    digest: asDigest(one.digest, `${path}.digest`),
  };
}

function readProgram(json: Json, path: string): HostProgram {
  const one = asObject(json, path);
  onlyKeys(one, ['name', 'path', 'digest', 'version'], path);
  const found = {
    name: asNonEmpty(one.name, `${path}.name`),
    path: asNonEmpty(one.path, `${path}.path`),
    digest: asDigest(one.digest, `${path}.digest`),
  };
  if (one.version === undefined) return found;
  const version = asObject(one.version, `${path}.version`);
  onlyKeys(version, ['arguments', 'says'], `${path}.version`);
  return {
    ...found,
    version: {
      arguments: texts(version.arguments, `${path}.version.arguments`, ARGUMENTS_MAX),
      says: asString(version.says, `${path}.version.says`),
    },
  };
}

function texts(json: Json | undefined, path: string, max: number): readonly string[] {
  const found = asArray(json, path, asNonEmpty);
  if (found.length === 0 || found.length > max) throw malformed(path, `1 to ${max} texts`);
  return found;
}
