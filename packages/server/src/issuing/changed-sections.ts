// SPDX-License-Identifier: Apache-2.0
import {
  appliesTo,
  type CountedRecord,
  isStale,
  type RecordSet,
  type RecordType,
  supersededDigests,
  type VersionContext,
} from '@countersign/kernel';
import { type DocumentModel, isPrintedIn } from '../dossier/index.ts';

/** What happened to one piece of a section's evidence since the document was issued. */
export interface EvidenceChange {
  readonly evidence: string;
  /** `added`: evidence that the section asks for and that came later. */
  readonly what: 'superseded' | 'expired' | 'about other bytes' | 'added';
  /** Digest of the record that the section printed; of the new one where it was added. */
  readonly record: string;
  /** What stands in its place. */
  readonly by?: string;
}

export interface ChangedSection {
  readonly number: number;
  readonly label?: string;
  readonly title: string;
  readonly changes: readonly EvidenceChange[];
}

/** What a judgement needs of an issued document: its model, which the JSON edition is. */
export type PrintedSections = Pick<DocumentModel, 'id' | 'asOf' | 'sections'>;

export interface Since {
  readonly set: RecordSet;
  /** The version that the document is about; of one about a model or the firm there is none. */
  readonly context?: VersionContext | undefined;
  /** Log position that the document was compiled as of. */
  readonly issuedIndex: number;
  /** UTC with milliseconds. */
  readonly now: string;
}

/** What comes in day by day makes no section stale: a document of a period is issued again for the next one. */
const DAILY: ReadonlySet<RecordType> = new Set<RecordType>([
  'decision-log',
  'outcome-record',
  'action-record',
  'override-record',
  'monitoring-result',
  'audit-event',
  'access-record',
  'generated-document',
  'integrity-check',
]);

/**
 * Sections of an issued document that no longer tell how things stand: a record they print was superseded, has expired
 * or is about other bytes than the version has, or evidence that they ask for has come since. Pure.
 */
export function changedSections(
  document: PrintedSections,
  since: Since,
): readonly ChangedSection[] {
  const replacedBy = replacements(since.set);
  return document.sections.flatMap((section) => {
    const changes = section.evidence.flatMap(({ id, digests }) => [
      ...digests.flatMap((digest) => changeOf(id, digest, since) ?? []),
      ...addedTo(id, { digests, document }, since),
    ]);
    // What replaced a printed record is told with it and is not new evidence besides.
    const replacing = new Set(changes.flatMap(({ record }) => replacedBy.get(record) ?? []));
    const told = changes
      .filter(({ what, record }) => what !== 'added' || !replacing.has(record))
      .map((change) => withReplacement(change, replacedBy));
    const unique = [...new Map(told.map((one) => [`${one.what} ${one.record}`, one])).values()];
    if (unique.length === 0) return [];
    const { number, label, title } = section;
    return [{ number, ...(label !== undefined && { label }), title, changes: unique }];
  });
}

function withReplacement(
  change: EvidenceChange,
  replacedBy: ReadonlyMap<string, string>,
): EvidenceChange {
  const by = change.what === 'superseded' ? replacedBy.get(change.record) : undefined;
  return by === undefined ? change : { ...change, by };
}

function changeOf(id: string, digest: string, since: Since): EvidenceChange | undefined {
  const { set, context, now } = since;
  const change = (what: EvidenceChange['what']) => ({ evidence: id, what, record: digest });
  if (supersededDigests(set).has(digest)) return change('superseded');
  const predicate = set.byDigest.get(digest)?.statement.predicate;
  if (predicate === undefined) return undefined;
  if (context !== undefined && isStale(predicate.subjectRef, context))
    return change('about other bytes');
  const { expires } = predicate.content;
  return typeof expires === 'string' && expires < now ? change('expired') : undefined;
}

/** Evidence of the same id, and kind where the section names one, that was logged after the document's moment. */
function addedTo(
  id: string,
  at: { readonly digests: readonly string[]; readonly document: PrintedSections },
  since: Since,
): readonly EvidenceChange[] {
  const { set, context, issuedIndex } = since;
  const [type = '', kind] = id.split(', ');
  const superseded = supersededDigests(set);
  const isNew = (record: CountedRecord) => {
    const { predicate } = record.statement;
    return (
      record.index > issuedIndex &&
      predicate.type === type &&
      (kind === undefined || predicate.kind === kind) &&
      !DAILY.has(predicate.type) &&
      !superseded.has(record.digest) &&
      !at.digests.includes(record.digest) &&
      (context === undefined || appliesTo(record, context)) &&
      isPrintedIn(at.document.id, record)
    );
  };
  return set.records
    .filter(isNew)
    .map(({ digest }) => ({ evidence: id, what: 'added', record: digest }));
}

/** By the record that was replaced, what replaced it last. */
function replacements(set: RecordSet): ReadonlyMap<string, string> {
  const superseded = supersededDigests(set);
  const found = new Map<string, string>();
  for (const record of set.records) {
    const { supersedes } = record.statement.predicate;
    if (supersedes !== undefined && superseded.has(supersedes))
      found.set(supersedes, record.digest);
  }
  return found;
}
