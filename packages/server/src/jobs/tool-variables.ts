// SPDX-License-Identifier: Apache-2.0
import { homedir } from 'node:os';
import { join } from 'node:path';
import { hostToolEnvironment, sourceVariables } from '@countersign/pipeline';

export interface ToolVariables {
  /** Wheels and built environments, reused by every run of this account. */
  readonly cacheDir: string;
  /** Where tools and the home directory are. */
  readonly base: Readonly<Record<string, string>>;
  /** Proxies, certificates and the package index. */
  readonly network: Readonly<Record<string, string>>;
  /** What sources of data are reached with: a worker is given what its own commit needs of them. */
  readonly sources: Readonly<Record<string, string>>;
}

/** The one place of the jobs that reads the server's environment: what a worker and pip may know of it. */
export function toolVariables(): ToolVariables {
  const {
    PATH = '/usr/local/bin:/usr/bin:/bin',
    HOME = homedir(),
    XDG_CACHE_HOME = '',
  } = process.env;
  const { PATH: _path, HOME: _home, ...network } = hostToolEnvironment(process.env);
  return {
    cacheDir: join(XDG_CACHE_HOME === '' ? join(HOME, '.cache') : XDG_CACHE_HOME, 'countersign'),
    base: { PATH, HOME, LANG: 'C.UTF-8' },
    network,
    sources: sourceVariables(process.env),
  };
}
