// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { canonicalBytes } from '@countersign/kernel';
import type { Block, DocumentModel, DocumentSection, DocumentSource } from './document.ts';
import { citationsOf } from './document.ts';
import { finishBlocks } from './finish-blocks.ts';
import type { DossierRecord } from './presenters/content.ts';

/** What a compiler of a document supplies; the rest follows from it. */
export interface DocumentDraft {
  /** As the catalogue names it: `doc/model-development`. */
  readonly id: string;
  readonly title: string;
  readonly subtitle: string;
  /** Printed small above the title. */
  readonly kicker?: string;
  /** Printed in the header of every page. */
  readonly shortTitle: string;
  /** ISO UTC; the date printed everywhere. */
  readonly asOf: string;
  readonly demonstration: boolean;
  readonly meta: DocumentModel['meta'];
  readonly summary: readonly Block[];
  readonly sections: readonly DocumentSection[];
  /** Records that it was compiled from, in log order. What blocks cite besides stands among the references. */
  readonly sources: readonly DossierRecord[];
  /** Printed names by account; accounts alone without it. */
  readonly people?: ReadonlyMap<string, string> | undefined;
}

const DEMONSTRATION_STAMP = 'DEMONSTRATION MODE: not for production use';

/** The document of a draft: appendix, evidence set and stamp computed from what it prints. Same draft, same model. */
export function assembleDocument(draft: DocumentDraft): DocumentModel {
  const { demonstration, sources: records, people = new Map<string, string>(), ...rest } = draft;
  const summary = finishBlocks(draft.summary, { people });
  const finished = draft.sections.map((section) => finishBlocks(section.blocks, { people }));
  const digests = [...new Set([summary, ...finished].flatMap((one) => one.digests))].sort();
  const sources = records.map(sourceOf);
  const own = new Set(sources.map(({ digest }) => digest));
  const cited = citationsOf([...draft.summary, ...draft.sections.flatMap(({ blocks }) => blocks)]);
  return {
    v: 1,
    ...rest,
    summary: summary.blocks,
    sections: draft.sections.map((section, index) => ({
      ...section,
      blocks: finished[index]?.blocks ?? [],
    })),
    ...(digests.length > 0 && { digests }),
    ...(demonstration && { stamp: DEMONSTRATION_STAMP }),
    sources,
    references: [...new Set(cited.filter((digest) => !own.has(digest)))].sort(),
    evidenceSetDigest: evidenceSetDigest(sources.map(({ digest }) => digest)),
  };
}

/** SHA-256 over the canonical JSON of the sorted digests. */
export function evidenceSetDigest(digests: readonly string[]): string {
  return createHash('sha256')
    .update(canonicalBytes([...new Set(digests)].sort()))
    .digest('hex');
}

function sourceOf(record: DossierRecord): DocumentSource {
  const { type, kind, actor, claimedAt } = record.statement.predicate;
  return {
    digest: record.digest,
    type: kind === undefined ? type : `${type} (${kind})`,
    actor,
    claimedAt,
  };
}
