// SPDX-License-Identifier: Apache-2.0
import { toHex } from '@countersign/kernel';
import { verifiedCheckpoint, verifiedTrust } from '../client/log-trust.ts';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { logIdentityOf } from '../host/log-identity.ts';
import { openDataDirectory } from '../host/open-data-directory.ts';
import { fields } from '../output/table.ts';
import type { Session } from '../session.ts';

export const ledgerCheckpoint: Command = {
  name: 'ledger checkpoint',
  summary: 'the latest published checkpoint, its signature checked',
  example: 'countersign ledger checkpoint',
  run: async (_input, session) => {
    const trust = await verifiedTrust(session, session.root());
    const { text, checkpoint } = await verifiedCheckpoint(session, trust);
    const { origin, size } = checkpoint;
    const root = toHex(checkpoint.root);
    return done(
      { origin, size, root, checkpoint: text },
      ...fields([
        ['origin', origin],
        ['size', size],
        ['root', root],
      ]),
    );
  },
};

export const ledgerVerify: Command = {
  name: 'ledger verify',
  summary:
    'audit the whole log of a data directory: leaves, tiles, roots, record bytes, and the database',
  example: 'countersign ledger verify --data ./bank',
  options: [{ flags: '--published', summary: 'what is published alone, without a database' }],
  run: runVerify,
};

export const ledgerRebuild: Command = {
  name: 'ledger rebuild',
  summary: 'take records and log from the published store into the database',
  description:
    'With no server running: all of it into an empty database, what is missing into an older copy.',
  example: 'countersign ledger rebuild --data ./bank',
  run: runRebuild,
};

async function runVerify(input: Input, session: Session): Promise<Outcome> {
  const { verifyLog } = await import('@countersign/server');
  const data = await openDataDirectory(session, { withoutDatabase: input.flag('published') });
  try {
    const log = await logIdentityOf(data, session.root());
    const verdict = await verifyLog({
      published: data.published,
      blobs: data.blobs,
      log,
      ...(data.database === undefined ? {} : { pool: data.database.pool }),
      progress: (finished, size) => session.progress(`${finished} of ${size} entries`),
    });
    const head = `${verdict.size} entries, root ${verdict.root}`;
    if (verdict.problems.length === 0) return done(verdict, `${head}: everything agrees`);
    return refused(
      verdict,
      head,
      ...verdict.problems.map(({ place, reason }) => `  ${place}: ${reason}`),
    );
  } finally {
    await data.close();
  }
}

async function runRebuild(_input: Input, session: Session): Promise<Outcome> {
  const { rebuildDatabase } = await import('@countersign/server');
  const data = await openDataDirectory(session, { withoutDatabase: false });
  try {
    if (data.database === undefined) throw new Error('a database was asked for');
    const log = await logIdentityOf(data, session.root());
    const { from, size } = await rebuildDatabase({
      database: data.database,
      published: data.published,
      blobs: data.blobs,
      log,
      now: () => session.io.now(),
      progress: (finished, total) => session.progress(`${finished} of ${total} entries`),
    });
    return done(
      { from, size },
      `the database holds ${size} entries, ${size - from} of them taken in now`,
    );
  } finally {
    await data.close();
  }
}
