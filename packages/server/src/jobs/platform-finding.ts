// SPDX-License-Identifier: Apache-2.0
import { type FindingContent, nextFindingId } from '@countersign/kernel';
import type { ServerContext, ServerTransaction } from '../context.ts';
import { findingsRegister } from '../governance/index.ts';
import { recordByPlatform } from '../records/index.ts';
import type { VersionFacts } from './version-facts.ts';

const DUE_DAYS = 30;
const DAY_MS = 86_400_000;

export interface PlatformFinding {
  /** One that is open under the same title for the same use already stands for it. */
  readonly title: string;
  readonly severity: FindingContent['severity'];
  readonly blocking: boolean;
  /** The model's owner unless given. */
  readonly owner?: string | undefined;
  readonly description: string;
  /** Digest of the record that shows it. */
  readonly cause: string;
  /** How many findings the same transaction opened before. */
  readonly opened?: number;
}

/** What the platform found of itself, as a finding that somebody must answer; undefined where one stands for it. */
export async function openPlatformFinding(
  context: ServerContext,
  tx: ServerTransaction,
  facts: Pick<VersionFacts, 'set' | 'version'>,
  found: PlatformFinding,
): Promise<{ readonly digest: string; readonly id: string } | undefined> {
  const { workspace, model, use } = facts.version;
  const { title, severity, blocking, owner, description, cause, opened = 0 } = found;
  const stands = findingsRegister(facts.set, { workspace, model }).some(
    ({ content, ...one }) =>
      content.title === title && content.status !== 'closed' && one.use === use,
  );
  if (stands) return undefined;
  const first = Number(nextFindingId(facts.set, workspace, model).slice(2));
  const id = `F-${first + opened}`;
  const content: FindingContent = {
    id,
    title,
    source: 'monitoring',
    severity,
    blocking,
    status: 'open',
    owner: owner ?? ownerOf(facts),
    due: new Date(Date.parse(context.now()) + DUE_DAYS * DAY_MS).toISOString().slice(0, 10),
    description,
  };
  const { digest } = await recordByPlatform(context, tx, {
    type: 'finding',
    scope: 'use',
    subjectRef: { model, use },
    producer: 'monitoring',
    source: [cause],
    content,
  });
  return { digest, id };
}

function ownerOf(facts: Pick<VersionFacts, 'set' | 'version'>): string {
  const entry = facts.set.records.findLast(
    ({ statement: { predicate } }) =>
      predicate.type === 'inventory-entry' && predicate.subjectRef.model === facts.version.model,
  );
  return String(entry?.statement.predicate.content.owner ?? 'model owner');
}
