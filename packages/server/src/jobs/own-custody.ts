// SPDX-License-Identifier: Apache-2.0
import { type CountedRecord, digestsIn, type RecordSet } from '@countersign/kernel';
import { sealedByParams, validateRequests } from '../records/index.ts';
import type { OwnHoldoutQuestion } from './own-holdout.ts';
import type { Overlap } from './own-overlap.ts';

/** Who brought some rows, since when they are sealed, and what the platform can and cannot show of who had them. */
export interface Custody {
  readonly suppliedBy: string;
  readonly name: string;
  readonly format: 'csv' | 'parquet';
  readonly bytes: number;
  /** The request that sealed these bytes, which may be an earlier one. */
  readonly sealedBy: string;
  readonly sealedAt: string;
  /** Key that they are sealed under at rest, as the model's data is. */
  readonly encryptionKey?: string;
  /** Columns of the file that neither dataset nor plan declares; they were not read. */
  readonly ignoredColumns: readonly string[];
  /** Records of before the seal that name these bytes. */
  readonly namedBefore: readonly string[];
  readonly shown: readonly string[];
  readonly notShown: readonly string[];
}

/** Computed from records and rows; says of itself what no platform can know. */
export function custodyOf(
  asked: OwnHoldoutQuestion,
  found: {
    readonly ignored: readonly string[];
    readonly overlap: Overlap;
    readonly encryptionKey?: string;
  },
): Custody {
  const { facts, file, request } = asked;
  const seal = firstSeal(facts.set, file.digest) ?? request.record;
  const namedBefore = namedEarlier(facts.set, file.digest, seal);
  const { overlap } = found;
  const { rows, known, row } = overlap.measured;
  const shared = overlap.measured[overlap.by];
  return {
    suppliedBy: seal.statement.predicate.actor,
    name: file.name,
    format: file.format,
    bytes: file.size,
    sealedBy: seal.digest,
    sealedAt: seal.loggedAt,
    ...(found.encryptionKey === undefined ? {} : { encryptionKey: found.encryptionKey }),
    ignoredColumns: found.ignored,
    namedBefore,
    shown: [
      `The platform did not hold these bytes when request ${seal.digest.slice(0, 12)} sealed them at ${seal.loggedAt}; since then it gives them to auditors and to validate jobs alone.`,
      ...(namedBefore.length === 0
        ? [
            'No record from before the seal names them: they were an input of no run, test or data version of the platform.',
          ]
        : []),
      `Of ${rows} rows, ${shared?.rows ?? 0} stand among the ${known} rows of the run that are not sealed, by ${overlap.column ?? 'inputs and label'}; ${row.rows} equal one of them in inputs and label.`,
      lookedAtText(overlap),
    ],
    notShown: [
      'Whether somebody who built the model had these rows elsewhere: the platform sees bytes and rows, not other systems.',
      'Where the validator took them from, and that their outcomes are true: that stands in the assessment.',
    ],
  };
}

function lookedAtText({ lookedAt, measured }: Overlap): string {
  const { contents, rows, notCompared } = lookedAt;
  if (contents === 0) return 'No validator has looked at other rows of this model before.';
  const left = notCompared === 0 ? '' : `; ${notCompared} of these could not be compared`;
  return `${rows} of ${measured.rows} rows stood in the ${contents} other sets of rows of this model that validators looked at before${left}.`;
}

function firstSeal(set: RecordSet, digest: string): CountedRecord | undefined {
  return validateRequests(set).find(({ statement }) =>
    sealedByParams(statement.predicate.content.params).includes(digest),
  );
}

function namedEarlier(set: RecordSet, digest: string, seal: CountedRecord): readonly string[] {
  return set.records
    .filter(({ index }) => index < seal.index)
    .filter(({ statement: { predicate } }) =>
      digestsIn([predicate.content, predicate.blobs ?? []]).has(digest),
    )
    .map((record) => record.digest);
}
