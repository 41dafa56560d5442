// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { ServerError } from '../../errors.ts';

const run = promisify(execFile);

/** How PostgreSQL, which refuses to run as root, is started by whoever we are. */
export interface Launcher {
  readonly name: 'direct' | 'unshare' | 'setpriv';
  /** Words put before the command. */
  readonly prefix: readonly string[];
  /** Who must own the data directory. */
  readonly uid: number;
}

/**
 * As root a user namespace maps us to an ordinary uid: PostgreSQL sees an ordinary user, while the kernel
 * still sees root's files, so no system user is needed and a 0700 directory works. Where namespaces are
 * barred, `setpriv` takes another uid, which then owns the data directory. initdb looks its uid up by name,
 * so each must be one that the system knows; a container's nameless user goes through the namespace too.
 * @throws ServerError `postgres_identity`
 */
export async function chooseLauncher(uid: number): Promise<Launcher> {
  const known = await knownUsers();
  if (uid !== 0 && [...known.values()].includes(uid)) {
    return { name: 'direct', prefix: [], uid };
  }
  const mapped = [...known.values()].find((one) => one === 1000) ?? ordinaryUid(known);
  const unshare = ['unshare', '-U', `--map-user=${mapped}`];
  if (mapped !== undefined && (await works([...unshare, 'true']))) {
    return { name: 'unshare', prefix: unshare, uid };
  }
  const other = ordinaryUid(known);
  if (uid === 0 && other !== undefined) {
    const launcher = setprivLauncher(other);
    if (await works([...launcher.prefix, 'true'])) {
      return launcher;
    }
  }
  throw new ServerError(
    'postgres_identity',
    'PostgreSQL needs a user that is not root and has a name, and neither `unshare -U` nor `setpriv` works here; run as an ordinary user or give a PostgreSQL by --database-url',
  );
}

/** Gives up root for another user, for good. */
export function setprivLauncher(uid: number): Launcher {
  const prefix = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  return { name: 'setpriv', prefix, uid };
}

/** A user that may own a database: PostgreSQL's own where it exists, else one that owns nothing by custom. */
function ordinaryUid(known: ReadonlyMap<string, number>): number | undefined {
  return known.get('postgres') ?? known.get('daemon') ?? known.get('nobody');
}

async function knownUsers(): Promise<ReadonlyMap<string, number>> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const lines = text.split('\n').map((line) => line.split(':'));
  return new Map(lines.map((fields) => [fields[0] ?? '', Number(fields[2] ?? 'NaN')]));
}

async function works(words: readonly string[]): Promise<boolean> {
  const [command = '', ...args] = words;
  return run(command, args).then(
    () => true,
    () => false,
  );
}
