// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError } from '../errors.ts';
import { backupData } from '../host/backup.ts';
import { openDataDirectory } from '../host/open-data-directory.ts';
import { restoreData } from '../host/restore.ts';
import type { Session } from '../session.ts';

export const backup: Command = {
  name: 'backup',
  summary: 'copy a data directory whose server is stopped',
  description:
    'Covers the published log, blobs, service keys, configuration and every table that the log does not hold. It does not cover people’s own keys and tokens, what gateways remember, nor `data-keys`, without which personal data in it cannot be read: keep a copy of those apart, where it can be deleted. The directory holds secrets: keep it as you keep the data directory.',
  example: 'countersign backup --out ./bank-backup --data ./bank',
  options: [{ flags: '--out DIR', summary: 'a new directory', isRequired: true }],
  run: runBackup,
};

export const restore: Command = {
  name: 'restore',
  summary: 'make a data directory from a backup',
  description:
    'Rebuilds the log from its published bytes and reads the other tables back. A log that went on after the backup is noticed: gateways refuse a smaller one.',
  example: 'countersign restore ./bank-backup --data ./bank-restored',
  arguments: [{ name: 'backup', summary: 'directory that `backup` wrote' }],
  options: [
    {
      flags: '--database-url URL',
      summary: 'an empty PostgreSQL database, as its owner; embedded unless given',
    },
  ],
  run: runRestore,
};

async function runBackup(input: Input, session: Session): Promise<Outcome> {
  const directory = resolve(session.cwd, input.text('out'));
  if (existsSync(directory))
    throw new CliError('refused', `\`${directory}\` exists; name a new directory`);
  await refuseRunning(session);
  const data = await openDataDirectory(session, { withoutDatabase: false });
  try {
    const manifest = await backupData(data, {
      directory,
      now: session.now(),
      progress: (text) => session.progress(text),
    });
    const rows = manifest.tables.reduce((sum, one) => sum + one.rows, 0);
    return done(
      { directory, ...manifest },
      `${directory}: ${manifest.tables.length} tables with ${rows} rows, log and blobs`,
      ...(existsSync(join(data.dataDir, 'data-keys'))
        ? ['personal data in it opens only with `data-keys`, which is not in it: keep a copy apart']
        : []),
    );
  } finally {
    await data.close();
  }
}

/** What a running server writes while files are copied would be in one part and not in another. */
async function refuseRunning(session: Session): Promise<void> {
  const { serverUrl, dataDir } = session.profile();
  const answers = await fetch(`${serverUrl}/healthz`).then(
    (response) => response.ok,
    () => false,
  );
  if (!answers) return;
  throw new CliError(
    'refused',
    `a server answers at \`${serverUrl}\`, which may be writing to \`${dataDir}\``,
    {
      details: { next: 'stop it first' },
    },
  );
}

async function runRestore(input: Input, session: Session): Promise<Outcome> {
  const { dataDir } = session.profile();
  if (existsSync(dataDir))
    throw new CliError('refused', `\`${dataDir}\` exists; name a new directory with --data`);
  const databaseUrl = input.optionalText('database-url');
  const restored = await restoreData({
    backup: resolve(session.cwd, input.argument('backup')),
    dataDir,
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    now: () => session.io.now(),
    progress: (text) => session.progress(text),
  });
  return done(
    { dataDir, ...restored },
    `${dataDir}: ${restored.size} log entries and ${restored.rows} rows`,
    `root ${restored.root}`,
    `next: countersign up --data ${dataDir}`,
  );
}
