// SPDX-License-Identifier: Apache-2.0
import type { Json } from '../json/parse.ts';
import type { CountedRecord, RecordSet } from '../records/record-set.ts';
import { evidenceItems, type VersionContext } from './evidence-items.ts';

type Fields = { readonly [name: string]: Json };

/** A number of the developer's beside the same one measured again; texts as recorded, empty where there is none. */
export interface ReplicatedFacts {
  readonly report: string;
  readonly figure: string;
  readonly developer: string;
  readonly replicated: string;
  readonly difference: string;
  readonly tolerance: string;
  readonly agrees: boolean;
}

/** Rows that a validator measured on: the newest record of them. */
export interface HeldBackFacts {
  readonly record: string;
  readonly data: string;
  readonly rows: string;
  readonly conclusion: string;
  readonly look: number;
  readonly plans: string;
  /** Looks allowed; empty without a limit. */
  readonly limit: string;
  readonly planAfterFirstLook: boolean;
  /** Who brought them; empty for a split of the run. */
  readonly suppliedBy: string;
  readonly shown: readonly string[];
  readonly notShown: readonly string[];
}

/** What records tell of a validator's own measurements of a version. */
export interface ValidationFacts {
  readonly replication?: {
    readonly record: string;
    readonly conclusion: string;
    readonly figures: readonly ReplicatedFacts[];
    /** Reports that could not be measured again, each with its reason. */
    readonly notReplicated: readonly string[];
  };
  readonly heldBack: readonly HeldBackFacts[];
}

/** For readers, from records that count; a member that is absent or of another type reads as absent. */
export function validationFacts(set: RecordSet, context: VersionContext): ValidationFacts {
  const items = evidenceItems(set, context, { id: 'performance-test' }).filter(
    (record) => contentOf(record).phase === 'validation',
  );
  const isReplication = ({ statement }: CountedRecord) =>
    statement.predicate.kind === 'replication';
  const replication = items.findLast(isReplication);
  return {
    ...(replication === undefined ? {} : { replication: replicationOf(replication) }),
    heldBack: items
      .filter((record) => record.statement.predicate.kind === undefined)
      .map(heldBackOf),
  };
}

function replicationOf(record: CountedRecord): NonNullable<ValidationFacts['replication']> {
  const content = contentOf(record);
  const detail = fieldsOf(content.detail);
  return {
    record: record.digest,
    conclusion: textOf(content.conclusion),
    figures: rowsOf(detail.figures).map((row) => ({
      report: textOf(row.report),
      figure: textOf(row.figure),
      developer: textOf(row.developer),
      replicated: textOf(row.replicated),
      difference: textOf(row.difference),
      tolerance: textOf(row.tolerance),
      agrees: row.agrees === true,
    })),
    notReplicated: rowsOf(detail.reports).flatMap(({ report, notReplicated }) =>
      notReplicated === undefined ? [] : [`${textOf(report)}: ${textOf(notReplicated)}`],
    ),
  };
}

function heldBackOf(record: CountedRecord): HeldBackFacts {
  const content = contentOf(record);
  const data = fieldsOf(content.data);
  const detail = fieldsOf(content.detail);
  const looks = fieldsOf(detail.looks);
  const custody = fieldsOf(detail.custody);
  return {
    record: record.digest,
    data: textOf(data.description),
    rows: textOf(data.rows),
    conclusion: textOf(content.conclusion),
    look: typeof detail.sealedLook === 'number' ? detail.sealedLook : 0,
    plans: textOf(looks.plans),
    limit: textOf(looks.limit),
    planAfterFirstLook: looks.planAfterFirstLook === true,
    suppliedBy: textOf(data.suppliedBy),
    shown: textsOf(custody.shown),
    notShown: textsOf(custody.notShown),
  };
}

function contentOf(record: CountedRecord): Fields {
  return record.statement.predicate.content;
}

function fieldsOf(value: Json | undefined): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return value as Fields; // Array.isArray does not narrow readonly arrays away
}

function rowsOf(value: Json | undefined): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

function textsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
