// SPDX-License-Identifier: Apache-2.0
import {
  accountOf,
  type EvidenceResult,
  hazardReports,
  hazardShortfall,
  type RecordSet,
  type VersionContext,
} from '@countersign/kernel';

/** What a reader asks of an item's status: since when, carried from where, waived by whom, what it falls short of. */
export interface EvidenceTold {
  /** Logged time of the newest record of the item. */
  readonly since?: string;
  /** The version that the newest record was written about, where that is another one. */
  readonly carriedFrom?: number;
  /** When the newest record stops being in force, or stopped. */
  readonly until?: string;
  readonly waivedBy?: {
    readonly record: string;
    readonly accounts: readonly string[];
    readonly since: string;
    readonly until?: string;
  };
  /** Sentences, of an item that is there and does not do. */
  readonly shortfalls?: readonly string[];
}

export function evidenceTold(
  set: RecordSet,
  context: VersionContext,
  item: EvidenceResult,
): EvidenceTold {
  const waiver = item.status === 'waived' ? set.byDigest.get(item.records.at(-1) ?? '') : undefined;
  const own = waiver === undefined ? item.records : item.records.slice(0, -1);
  const latest = set.byDigest.get(own.at(-1) ?? '');
  const about = latest?.statement.predicate.subjectRef.version;
  const until = textOf(latest?.statement.predicate.content.expires);
  const waived = textOf(waiver?.statement.predicate.content.expires);
  const shortfalls = item.id === 'risk-file' ? openHazards(set, context) : [];
  return {
    ...(latest === undefined ? {} : { since: latest.loggedAt }),
    ...(about === undefined || about === context.version ? {} : { carriedFrom: about }),
    ...(until === undefined ? {} : { until }),
    ...(waiver === undefined
      ? {}
      : {
          waivedBy: {
            record: waiver.digest,
            accounts: [...new Set(waiver.signers.map(accountOf))],
            since: waiver.loggedAt,
            ...(waived === undefined ? {} : { until: waived }),
          },
        }),
    ...(shortfalls.length === 0 ? {} : { shortfalls }),
  };
}

function openHazards(set: RecordSet, context: VersionContext): readonly string[] {
  return hazardReports(set, context).flatMap((one) => hazardShortfall(one) ?? []);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
