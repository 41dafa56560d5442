// SPDX-License-Identifier: Apache-2.0
import {
  type DocumentSignature,
  filesOfDocument,
  type IssuedDocument,
  issuedDocuments,
  type RecordSet,
  signaturesOf,
  type VersionContext,
  versionContext,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { type ChangedSection, changedSections, type PrintedSections } from './changed-sections.ts';

/** A document that was issued, who signed it, and what of it no longer holds. */
export interface IssuedView {
  readonly issued: IssuedDocument;
  readonly signatures: readonly DocumentSignature[];
  /** Absent where nobody asked, and where the JSON edition has been deleted. */
  readonly changed?: readonly ChangedSection[];
}

export interface IssuedFilter {
  readonly model?: string | undefined;
  readonly version?: number | undefined;
  /** Of the record, or of any file that was issued with it; eight hex digits or more. */
  readonly digest?: string | undefined;
}

/**
 * Issued documents, newest first. What has changed since is told when they are of one version or of one digest: it needs
 * the JSON edition of each.
 */
export async function issuedView(
  context: Pick<ServerContext, 'workspace' | 'records' | 'blobs' | 'now'>,
  filter: IssuedFilter,
): Promise<readonly IssuedView[]> {
  const set = await context.records.current();
  const found = issuedDocuments(set).filter((one) => isAsked(one, context.workspace, filter));
  const isTold =
    filter.digest !== undefined || (filter.model !== undefined && filter.version !== undefined);
  const views: IssuedView[] = [];
  for (const issued of found) {
    const changed = isTold ? await changedOf(context, set, issued) : undefined;
    const signatures = signaturesOf(set, issued);
    views.push({ issued, signatures, ...(changed !== undefined && { changed }) });
  }
  return views.reverse();
}

const DIGEST_PREFIX_MIN = 8;

function isAsked(
  issued: IssuedDocument,
  workspace: string,
  { model, version, digest }: IssuedFilter,
): boolean {
  const ref = issued.record.statement.predicate.subjectRef;
  const names = [issued.record.digest, ...filesOfDocument(issued)];
  return (
    ref.workspace === workspace &&
    (model === undefined || ref.model === model) &&
    (version === undefined || ref.version === version) &&
    (digest === undefined ||
      (digest.length >= DIGEST_PREFIX_MIN && names.some((name) => name.startsWith(digest))))
  );
}

async function changedOf(
  { blobs, now }: Pick<ServerContext, 'blobs' | 'now'>,
  set: RecordSet,
  { record, content }: IssuedDocument,
): Promise<readonly ChangedSection[] | undefined> {
  const json = content.rendered.find(({ format }) => format === 'json');
  if (json === undefined || !(await blobs.has(json.digest))) return undefined;
  // Its bytes are what the platform's record commits to, and this shape is what it wrote.
  const model = JSON.parse(
    new TextDecoder().decode(await blobs.get(json.digest)),
  ) as PrintedSections;
  return changedSections(model, {
    set,
    context: contextOf(set, record.statement.predicate.subjectRef),
    issuedIndex: content.asOfIndex ?? record.index,
    now: now(),
  });
}

function contextOf(
  set: RecordSet,
  ref: IssuedDocument['record']['statement']['predicate']['subjectRef'],
): VersionContext | undefined {
  const { workspace, model, use, version } = ref;
  if (model === undefined || use === undefined || version === undefined) return undefined;
  const found = versionContext(set, { workspace, model, use, version });
  return found.ok ? found.context : undefined;
}
