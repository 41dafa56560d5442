// SPDX-License-Identifier: Apache-2.0
// Artefacts of command scorers as tests and benchmarks make them.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { ArtifactManifest, CommandScorer } from '@countersign/kernel';
import {
  describeInterpreter,
  hostToolEnvironment,
  type Interpreter,
  scorerInterpreter,
} from '@countersign/pipeline';

export interface CommandArtefact {
  readonly manifest: ArtifactManifest;
  readonly bytes: ReadonlyMap<string, Uint8Array>;
  readonly read: (path: string) => Promise<Uint8Array>;
}

export const HOST_VARIABLES = hostToolEnvironment(process.env);

let described: Promise<Interpreter> | undefined;

/** The Python of this machine; its program itself starts faster than a shim that looks for it. */
export function pythonHere(): Promise<Interpreter> {
  described ??= describeInterpreter('python3', HOST_VARIABLES);
  return described;
}

/** In the Python of this machine, without packages. */
export async function pythonArtefact(
  files: Readonly<Record<string, Uint8Array | string>>,
  command: Partial<CommandScorer> & Pick<CommandScorer, 'run'>,
): Promise<CommandArtefact> {
  const interpreter = scorerInterpreter(await pythonHere());
  return artefactOf(
    { ...files, 'requirements.lock': '# no packages\n' },
    {
      ...command,
      environment: command.environment ?? {
        kind: 'python',
        lock: 'requirements.lock',
        wheels: [],
        interpreter,
      },
    },
  );
}

export function artefactOf(
  files: Readonly<Record<string, Uint8Array | string>>,
  command: Partial<CommandScorer> & Pick<CommandScorer, 'run' | 'environment'>,
): CommandArtefact {
  const bytes = new Map(Object.entries(files).map(([path, one]) => [path, Buffer.from(one)]));
  const manifest: ArtifactManifest = {
    v: 1,
    scorer: 'command',
    entry: Object.keys(files)[0] ?? '',
    files: [...bytes].map(([path, one]) => ({
      path,
      digest: createHash('sha256').update(one).digest('hex'),
      size: one.length,
    })),
    command: {
      protocol: 'countersign-scorer/1',
      workers: 1,
      timeoutMs: 2000,
      startMs: 30_000,
      memoryMb: 1024,
      ...command,
    },
  };
  const read = async (path: string) => bytes.get(path) ?? new Uint8Array();
  return { manifest, bytes, read };
}

export function fixtureScorer(name: string): Buffer {
  return readFileSync(new URL(`fixtures/scorers/${name}`, import.meta.url));
}

/** Processes of this machine, below this one, whose last argument is a script. */
export function scorerPids(script: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
        return words.length === 2 && words.at(-1) === script && isBelow(pid, process.pid);
      } catch {
        return false; // gone
      }
    })
    .map(Number);
}

function isBelow(pid: string, ancestor: number): boolean {
  let at = pid;
  for (let step = 0; step < 20 && at !== '0'; step += 1) {
    if (Number(at) === ancestor) return true;
    at = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${at}/status`, 'utf8'))?.[1] ?? '0';
  }
  return false;
}
