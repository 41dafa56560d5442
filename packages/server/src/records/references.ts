// SPDX-License-Identifier: Apache-2.0
import type { SignedRecord } from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';

/**
 * What a record rests on must be here: its source records (or sent together with it) and the bytes it names. And it may
 * supersede only an earlier record of its own type and subject, so that no evidence of somebody else's is retired.
 * @param toCome bytes that need not be here yet
 * @throws ServerError `record_refused`
 */
export async function checkReferences(
  context: ServerContext,
  record: SignedRecord,
  together: readonly SignedRecord[],
  toCome: ReadonlySet<string> = new Set(),
): Promise<void> {
  const { predicate } = record.statement;
  await checkSources(context, record, together);
  for (const digest of namedBlobs(record)) {
    if (!toCome.has(digest) && !(await context.blobs.has(digest))) {
      throw refused(
        record,
        `the bytes ${digest} are not stored; put them to /v1/blobs first`,
        'predicate.blobs',
      );
    }
  }
  if (predicate.supersedes !== undefined)
    await checkSuperseded(context, record, predicate.supersedes);
}

async function checkSources(
  context: ServerContext,
  record: SignedRecord,
  together: readonly SignedRecord[],
): Promise<void> {
  const sent = new Set(together.map(({ digest }) => digest));
  const wanted = record.statement.predicate.source.filter((digest) => !sent.has(digest));
  if (wanted.length === 0) return;
  const rows = await context.database.db
    .selectFrom('record')
    .select('digest')
    .where('digest', 'in', wanted)
    .execute();
  const known = new Set(rows.map(({ digest }) => digest));
  const unknown = wanted.find((digest) => !known.has(digest));
  if (unknown !== undefined) {
    throw refused(
      record,
      `it rests on record ${unknown}, which is not known here`,
      'predicate.source',
    );
  }
}

/** The listed blobs, and the text of a paper. */
function namedBlobs({ statement: { predicate } }: SignedRecord): readonly string[] {
  const { text } = predicate.content;
  const paper =
    typeof text === 'object' && text !== null && 'digest' in text && typeof text.digest === 'string'
      ? [text.digest]
      : [];
  return [...new Set([...(predicate.blobs ?? []), ...paper])];
}

async function checkSuperseded(
  context: ServerContext,
  record: SignedRecord,
  superseded: string,
): Promise<void> {
  const { predicate } = record.statement;
  const set = await context.records.including([superseded]).catch((cause: unknown) => {
    if (cause instanceof ServerError && cause.code === 'record_unknown') {
      throw refused(
        record,
        `it supersedes record ${superseded}, which is not known here`,
        'predicate.supersedes',
      );
    }
    throw cause;
  });
  const before = set.byDigest.get(superseded)?.statement.predicate;
  const ref = predicate.subjectRef;
  const isSame =
    before !== undefined &&
    before.type === predicate.type &&
    before.kind === predicate.kind &&
    before.subjectRef.model === ref.model &&
    before.subjectRef.use === ref.use &&
    before.subjectRef.dataset === ref.dataset;
  if (!isSame) {
    throw refused(
      record,
      `it supersedes record ${superseded.slice(0, 12)}, which is not a ${predicate.type} about the same subject`,
      'predicate.supersedes',
    );
  }
  const other = set.records.find(({ statement }) => statement.predicate.supersedes === superseded);
  if (other !== undefined) {
    throw refused(
      record,
      `record ${superseded.slice(0, 12)} was superseded by ${other.digest.slice(0, 12)} already; supersede that one`,
      'predicate.supersedes',
    );
  }
}

function refused(record: SignedRecord, reason: string, field: string): ServerError {
  return new ServerError(
    'record_refused',
    `${record.statement.predicate.type} refused: ${reason}`,
    {
      details: { digest: record.digest, field },
    },
  );
}
