// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runSandboxed } from '../sandbox/run-sandboxed.ts';
import { SEARCH_PATH } from '../sandbox/sandbox-arguments.ts';
import { configurationMounts, type HostGround } from './host-programs.ts';

/** A package of an interpreter, with what it says of its licence (empty where it says nothing). */
export interface ListedPackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

/** An R expression that prints `name<tab>version<tab>licence` lines of every installed package. */
export const LIST_R =
  'p <- installed.packages(); write.table(p[, c("Package", "Version", "License"), drop = FALSE], sep = "\\t", quote = FALSE, row.names = FALSE, col.names = FALSE)';

/** The packages that the machine's R sees, asked inside the sandbox; none where R cannot be asked. */
export async function listRPackages(
  rscript: string,
  ground: HostGround,
): Promise<readonly ListedPackage[]> {
  const logPath = join(ground.workDir, 'r-packages.log');
  const { exit } = await runSandboxed({
    command: [rscript, '--vanilla', '-e', LIST_R],
    mounts: await configurationMounts(),
    cwd: '/tmp',
    env: { PATH: SEARCH_PATH, HOME: '/tmp', LC_ALL: 'C.UTF-8', LANG: 'C.UTF-8' },
    network: false,
    uid: ground.uid,
    timeoutMs: 60_000,
    memoryBytes: 4 * 1024 ** 3,
    logPath,
    identityDirectory: ground.identityDirectory,
  });
  return exit === 0 ? parseListed(await readFile(logPath, 'utf8')) : [];
}

/** @param text tab-separated lines; others, such as warnings, are passed over */
export function parseListed(text: string): readonly ListedPackage[] {
  const rows = text.split('\n').flatMap((line): readonly ListedPackage[] => {
    const [name, version, licence = ''] = line.split('\t');
    return name === undefined || name === '' || version === undefined
      ? []
      : [{ name, version, licence: licence === 'NA' ? '' : licence }];
  });
  return rows.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
