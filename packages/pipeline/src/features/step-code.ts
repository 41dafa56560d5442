// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { StepCode } from './transformation.ts';

const FILES_MAX = 200;
const SCRIPT_BYTES_MAX = 4 * 1024 * 1024;

/**
 * The files of a checkout that a command names, and the Python modules and sourced R or shell files beside them that those
 * load by a name in their text. What is loaded by computed names is not seen; the whole commit is archived all the same.
 */
export async function stepCode(
  checkout: string,
  { command, commit }: { readonly command: string; readonly commit: string },
): Promise<readonly StepCode[]> {
  const found = new Map<string, StepCode>();
  let waiting = commandPaths(command).map((path) => ({ path, because: 'named' as const }) as Named);
  for (let round = 0; waiting.length > 0 && round < FILES_MAX; round += 1) {
    const next: Named[] = [];
    for (const { path, because } of waiting) {
      if (found.has(path) || found.size >= FILES_MAX) continue;
      const bytes = await scriptBytes(join(checkout, path));
      if (bytes === undefined) continue;
      found.set(path, { path, because, ...digestsOf(bytes, commit) });
      const loaded = loadedPaths(path, bytes.toString('utf8'));
      next.push(...loaded.map((one) => ({ path: one, because: 'imported' as const })));
    }
    waiting = next;
  }
  return [...found.values()];
}

interface Named {
  readonly path: string;
  readonly because: StepCode['because'];
}

/** Words of a shell command that could be paths below the checkout. */
function commandPaths(command: string): readonly string[] {
  const words = command.split(/[\s;|&<>()'"`=]+/).filter((word) => /[./]/.test(word));
  return [...new Set(words.map((word) => normalize(word)))].filter(isBelow);
}

function isBelow(path: string): boolean {
  return !path.startsWith('/') && path !== '.' && !path.startsWith('..');
}

/** Undefined for what is no ordinary file of the commit. Links are not followed: they may lead out of it. */
async function scriptBytes(path: string): Promise<Buffer | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isFile() !== true || found.size > SCRIPT_BYTES_MAX) return undefined;
  return readFile(path);
}

function digestsOf(bytes: Buffer, commit: string): Pick<StepCode, 'digest' | 'gitBlob'> {
  // A repository of SHA-256 objects has commit ids of 64 digits.
  const algorithm = commit.length === 64 ? 'sha256' : 'sha1';
  const gitBlob = createHash(algorithm).update(`blob ${bytes.length}\0`).update(bytes);
  return {
    digest: createHash('sha256').update(bytes).digest('hex'),
    gitBlob: gitBlob.digest('hex'),
  };
}

function loadedPaths(path: string, text: string): readonly string[] {
  const beside = (name: string) => normalize(join(dirname(path), name));
  if (path.endsWith('.py')) {
    const names = [...text.matchAll(/^\s*(?:from\s+\.*([\w.]+)\s+import|import\s+([\w., ]+))/gm)];
    const modules = names.flatMap(([, from, plain]) => from ?? plain?.split(',') ?? []);
    return modules
      .map((one) => one.trim().split(/\s+as\s+/)[0] ?? '')
      .map((one) => one.replaceAll('.', '/'))
      .flatMap((one) => [beside(`${one}.py`), beside(`${one}/__init__.py`)])
      .filter(isBelow);
  }
  if (/\.(r|sh)$/i.test(path)) {
    const sourced = [
      ...text.matchAll(/(?:source\(\s*['"]|^\s*(?:\.|source)\s+['"]?)([\w./-]+)/gim),
    ];
    return sourced.flatMap(([, file]) =>
      file === undefined ? [] : [beside(file), normalize(file)],
    );
  }
  return [];
}
