// SPDX-License-Identifier: Apache-2.0
import { chown, lstat, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PipelineError } from '../errors.ts';
import type { Mount } from './system-mounts.ts';

/** The step's working directory inside the sandbox. */
export const WORK = '/work';
/** Steps may write `evidence/*.json` without declaring them. */
export const EVIDENCE = 'evidence';

export interface WorkspaceOptions {
  readonly checkout: string;
  /** An empty directory; becomes the writable ground of `/work`. */
  readonly scratch: string;
  readonly outputs: readonly string[];
  /** Files of the checkout that the step must not see (the source of a sealed dataset). */
  readonly hidden: readonly string[];
  /** Files shown read-only: their place on this machine by their place below `/work`. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Owner of the writable ground, when the caller is root. */
  readonly uid: number;
}

export interface Workspace {
  readonly mounts: readonly Mount[];
  /** Paths below `/work` that are mounts, so no output of the step. */
  readonly mounted: ReadonlySet<string>;
}

/**
 * Lays out `/work`: a writable ground with every file of the checkout and every input mounted over it read-only, so a
 * command finds its script, reads `data.csv` and writes `model.onnx` in one directory, and can change neither the
 * commit nor its inputs. Throws PipelineError `output_duplicate` when an output or input is a file of the commit.
 */
export async function layOutWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const opened = openedDirectories([
    ...options.outputs,
    ...Object.keys(options.inputs),
    ...options.hidden,
    `${EVIDENCE}/declared.json`,
  ]);
  const shown = await checkoutPaths(options, '', opened);
  for (const path of [...options.outputs, ...Object.keys(options.inputs)]) {
    const isHidden = options.hidden.includes(path);
    if (
      !isHidden &&
      (await lstat(join(options.checkout, path)).catch(() => undefined)) !== undefined
    ) {
      const message = `\`${path}\` is a file of the commit; give the output or input another name`;
      throw new PipelineError('output_duplicate', message, { details: { path } });
    }
  }
  for (const directory of ['', ...opened]) {
    const path = join(options.scratch, directory);
    await mkdir(path, { recursive: true });
    if (process.getuid?.() === 0) await chown(path, options.uid, options.uid);
  }
  const files = Object.entries(options.inputs);
  const mounts = [
    { source: options.scratch, target: WORK, writable: true },
    ...shown.map((path) => ({ source: join(options.checkout, path), target: `${WORK}/${path}` })),
    ...files.map(([path, source]) => ({ source, target: `${WORK}/${path}` })),
  ];
  return { mounts, mounted: new Set([...shown, ...files.map(([path]) => path)]) };
}

/** Every directory above a path that is written, in order from the top. */
function openedDirectories(paths: readonly string[]): readonly string[] {
  const found = new Set<string>();
  for (const path of paths) {
    let directory = dirname(path);
    while (directory !== '.') {
      found.add(directory);
      directory = dirname(directory);
    }
  }
  return [...found].toSorted();
}

/** The highest paths of the checkout that can be mounted whole without covering a directory to be written in. */
async function checkoutPaths(
  options: WorkspaceOptions,
  directory: string,
  opened: readonly string[],
): Promise<readonly string[]> {
  const entries = await readdir(join(options.checkout, directory), { withFileTypes: true });
  const paths: string[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
    if (options.hidden.includes(path)) continue;
    if (entry.isDirectory() && opened.includes(path)) {
      paths.push(...(await checkoutPaths(options, path, opened)));
    } else paths.push(path);
  }
  return paths;
}
