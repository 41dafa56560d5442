// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { hostToolEnvironment } from '../environment/host-environment.ts';
import { SANDBOX_UID } from '../sandbox/run-sandboxed.ts';
import { writeIdentityFiles } from '../sandbox/system-mounts.ts';
import type { ReaderHost } from './lake-reader.ts';

/** For whoever extracts data outside of a run; a run has a host of its own. */
export async function makeReaderHost(at: {
  /** Of wheels and built environments, shared with those of runs. */
  readonly cacheDir: string;
  /** Removed by whoever called. */
  readonly scratch: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): Promise<ReaderHost> {
  const identityDirectory = join(at.scratch, 'identity');
  await writeIdentityFiles(identityDirectory, SANDBOX_UID);
  const hostEnvironment = hostToolEnvironment(at.environment);
  return {
    cacheDir: at.cacheDir,
    python: null,
    hostEnvironment,
    uid: SANDBOX_UID,
    identityDirectory,
  };
}
