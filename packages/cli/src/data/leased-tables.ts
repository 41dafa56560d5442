// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { blobRoutes, recordRoutes } from '@countersign/contract';
import { heldTables, type LeasedTable, readLeasedTable } from '@countersign/pipeline';
import { listRecords, type RecordSummary } from '../client/digests.ts';
import { inParallel } from '../client/in-parallel.ts';
import { CliError } from '../errors.ts';
import type { Session } from '../session.ts';

/** A version of a table that is left with its owner, and whose versions of models rest on it. */
export interface HeldTable {
  readonly table: LeasedTable;
  /** `consumer-credit@3`, and the dataset's name there. */
  readonly users: readonly string[];
}

const READS_AT_ONCE = 8;

/** Every referenced table that a record of a snapshot names, the lease that ends first at the head. */
export async function leasedTables(
  session: Session,
  model: string | undefined,
): Promise<readonly HeldTable[]> {
  const client = session.client();
  const summaries = await listRecords(client, {
    type: 'dataset-snapshot',
    ...(model === undefined ? {} : { model }),
  });
  const found = await inParallel(summaries, READS_AT_ONCE, async (summary) => {
    const { statement } = await client.call(recordRoutes.get, {
      params: { digest: summary.digest },
    });
    const table = readLeasedTable(at(statement, ['predicate', 'content', 'source', 'origin']));
    return table === undefined ? [] : [{ table, by: userOf(summary, statement) }];
  });
  return heldTables(found.flat(), (user) => user).map(({ table, by }) => ({
    table,
    users: by.toSorted(),
  }));
}

function userOf({ model, version }: RecordSummary, statement: unknown): string {
  const dataset = at(statement, ['predicate', 'content', 'dataset']);
  const name = version === undefined ? (model ?? '') : `${model}@${version}`;
  return `${name} ${typeof dataset === 'string' ? dataset : ''}`.trim();
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, name) =>
      typeof found === 'object' && found !== null
        ? (found as Readonly<Record<string, unknown>>)[name]
        : undefined,
    value,
  );
}

/** Lists of files by digest, from the server and hashed here. */
export function listings(session: Session): { get(digest: string): Promise<Uint8Array> } {
  return {
    get: async (digest) => {
      const { bytes } = await session.client().callRaw(blobRoutes.get, { params: { digest } });
      if (createHash('sha256').update(bytes).digest('hex') === digest) return bytes;
      throw new CliError(
        'server_answer_invalid',
        `the server sent other bytes than \`${digest.slice(0, 12)}\` names`,
        { details: { next: 'report it: its store of blobs is damaged' } },
      );
    },
  };
}
