// SPDX-License-Identifier: Apache-2.0
import { type RawBuilder, sql } from 'kysely';
import { PAYLOAD_BYTES_MAX, type RecordRowContent } from './record-row.ts';

/**
 * Statement that inserts those records that are not there yet, with their links, and returns the digests that
 * were new. `queue` puts them before the sequencer, in the order given.
 */
export function insertRecords(
  rows: readonly RecordRowContent[],
  options: { readonly recordedAt: readonly Date[]; readonly queue: boolean },
): RawBuilder<{ digest: string }> {
  const of = <T>(pick: (row: RecordRowContent) => T): T[] => rows.map(pick);
  const predicates = rows.map((row) => row.record.statement.predicate);
  const subjects = predicates.map((predicate) => predicate.subjectRef);
  const links = rows.flatMap((row, place) => row.links.map((link) => ({ ...link, place })));
  return sql<{ digest: string }>`SELECT insert_records(${options.queue},
    ${of((row) => row.record.digest)}, ${subjects.map((subject) => subject.workspace)},
    ${predicates.map((predicate) => predicate.type)},
    ${predicates.map((predicate) => predicate.kind ?? null)},
    ${of((row) => row.record.envelope.payloadType)}, ${of(storedPayload)}::bytea[],
    ${of((row) => row.payload.length)},
    ${of((row) => JSON.stringify(row.signatures))}::jsonb[],
    ${predicates.map((predicate) => predicate.actor)},
    ${subjects.map((subject) => subject.model ?? null)},
    ${subjects.map((subject) => subject.use ?? null)},
    ${subjects.map((subject) => subject.version ?? null)},
    ${predicates.map((predicate) => predicate.claimedAt)}::timestamptz[],
    ${[...options.recordedAt]}::timestamptz[],
    ${links.map((link) => link.place + 1)}, ${links.map((link) => link.to)},
    ${links.map((link) => link.path)}) AS digest`;
}

function storedPayload(row: RecordRowContent): Buffer | null {
  return row.payload.length > PAYLOAD_BYTES_MAX ? null : Buffer.from(row.payload);
}
