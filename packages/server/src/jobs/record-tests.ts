// SPDX-License-Identifier: Apache-2.0
import {
  type EvidenceId,
  evidenceItems,
  type Json,
  type MeasurementReportContent,
  type Producer,
} from '@countersign/kernel';
import type { ServerContext, ServerTransaction } from '../context.ts';
import { recordByPlatform } from '../records/index.ts';
import type { VersionFacts } from './version-facts.ts';

/** A measured report before it is recorded. */
export interface TestDraft {
  readonly type: Extract<
    EvidenceId,
    | 'performance-test'
    | 'fairness-test'
    | 'robustness-test'
    | 'benchmark-test'
    | 'explainability-test'
    | 'implementation-test'
  >;
  readonly kind?: string;
  readonly content: MeasurementReportContent;
  /** Records it rests on, beside run, artefact and specification. */
  readonly source?: readonly string[];
  readonly blobs?: readonly string[];
}

/** Records reports of one version; each supersedes the report in force of its type, kind and phase. */
export async function recordTests(
  context: ServerContext,
  tx: ServerTransaction,
  at: {
    readonly facts: VersionFacts;
    readonly producer: Producer;
    readonly drafts: readonly TestDraft[];
  },
): Promise<readonly string[]> {
  const { facts } = at;
  const { model, use, version, artifactDigest } = facts.version;
  const digests: string[] = [];
  for (const draft of at.drafts) {
    const earlier = earlierReport(facts, draft);
    const { digest } = await recordByPlatform(context, tx, {
      type: draft.type,
      ...(draft.kind === undefined ? {} : { kind: draft.kind }),
      scope: 'version',
      subjectRef: { model, use, version, artifactDigest },
      producer: at.producer,
      basis: 'measured',
      source: [
        facts.run.digest,
        facts.artifact.digest,
        facts.specRecord.digest,
        ...(draft.source ?? []),
      ],
      ...(draft.blobs === undefined ? {} : { blobs: draft.blobs }),
      ...(earlier === undefined ? {} : { supersedes: earlier }),
      content: draft.content,
    });
    digests.push(digest);
  }
  return digests;
}

/**
 * A second measurement replaces the first in judgement; both stay in the log. Files that validators bring stand beside each
 * other: one on which a limit held does not put away one on which it broke.
 */
function earlierReport(facts: VersionFacts, draft: TestDraft): string | undefined {
  return evidenceItems(facts.set, facts.version, { id: draft.type }).findLast(
    ({ statement: { predicate } }) =>
      predicate.kind === draft.kind &&
      predicate.content.phase === draft.content.phase &&
      broughtFile(predicate.content.data) === broughtFile({ ...draft.content.data }),
  )?.digest;
}

/** Digest of a file that a validator brought; undefined for rows of the run. */
function broughtFile(data: Json | undefined): Json | undefined {
  const isOwn = typeof data === 'object' && data !== null && 'suppliedBy' in data;
  return isOwn && 'digest' in data ? data.digest : undefined;
}
