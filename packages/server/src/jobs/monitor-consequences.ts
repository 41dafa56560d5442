// SPDX-License-Identifier: Apache-2.0
import { type FindingContent, nextFindingId } from '@countersign/kernel';
import type { MonitoringPlan } from '@countersign/pipeline';
import type { ServerContext, ServerTransaction } from '../context.ts';
import { findingsRegister, listWarrants } from '../governance/index.ts';
import { recordByPlatform } from '../records/index.ts';
import type { MonitoringDraft } from './monitor-reports.ts';
import type { VersionFacts } from './version-facts.ts';

interface Breach {
  readonly facts: VersionFacts;
  readonly plan: MonitoringPlan;
}

const DUE_DAYS = 30;
const DAY_MS = 86_400_000;

/** A breach opens a finding unless the plan says otherwise; one that is open for the same part already stands for it. */
export async function openFinding(
  context: ServerContext,
  tx: ServerTransaction,
  at: Breach & {
    readonly draft: MonitoringDraft;
    readonly result: string;
    readonly opened: number;
  },
): Promise<{ readonly digest: string; readonly id: string } | undefined> {
  const { facts, draft, plan } = at;
  const consequences = plan.consequences?.[draft.part] ?? ['finding'];
  const { workspace, model, use } = facts.version;
  const title = `Breach of ${draft.part} limits in monitoring`;
  const open = findingsRegister(facts.set, { workspace, model }).some(
    ({ content, ...one }) =>
      content.title === title && content.status !== 'closed' && one.use === use,
  );
  if (!consequences.includes('finding') || open) return undefined;
  const first = Number(nextFindingId(facts.set, workspace, model).slice(2));
  const id = `F-${first + at.opened}`;
  const content: FindingContent = {
    id,
    title,
    source: 'monitoring',
    severity: draft.part === 'stability' ? 'medium' : 'high',
    blocking: consequences.some((one) => one === 'review' || one === 'suspend'),
    status: 'open',
    owner: plan.owner ?? ownerOf(facts),
    due: new Date(Date.parse(context.now()) + DUE_DAYS * DAY_MS).toISOString().slice(0, 10),
    description: `${draft.content.data.description}. Broken: ${draft.content.breaches.join(', ')}. Version ${facts.version.version}.`,
  };
  const { digest } = await recordByPlatform(context, tx, {
    type: 'finding',
    scope: 'use',
    subjectRef: { model, use },
    producer: 'monitoring',
    source: [at.result],
    content,
  });
  return { digest, id };
}

function ownerOf(facts: VersionFacts): string {
  const entry = facts.set.records.findLast(
    ({ statement: { predicate } }) =>
      predicate.type === 'inventory-entry' && predicate.subjectRef.model === facts.version.model,
  );
  return String(entry?.statement.predicate.content.owner ?? 'model owner');
}

/** Ends the live warrants of the version where the plan says that a breach suspends. */
export async function suspendWarrants(
  context: ServerContext,
  tx: ServerTransaction,
  at: Breach & { readonly broken: readonly MonitoringDraft[] },
): Promise<readonly string[]> {
  const { facts, plan } = at;
  const parts = at.broken.filter(({ part }) => plan.consequences?.[part]?.includes('suspend'));
  if (parts.length === 0) return [];
  const { workspace, model, use, version, artifactDigest } = facts.version;
  const live = listWarrants(facts.set, { workspace, now: context.now(), model, live: true });
  const digests: string[] = [];
  for (const warrant of live.filter((one) => one.version === version && one.use === use)) {
    const { digest } = await recordByPlatform(context, tx, {
      type: 'deployment-record',
      kind: 'suspend',
      scope: 'version',
      subjectRef: { model, use, version, artifactDigest },
      producer: 'monitoring',
      source: [warrant.digest],
      content: {
        warrant: warrant.digest,
        environment: warrant.environment,
        reason: `monitoring breach: ${parts.flatMap(({ content }) => content.breaches).join(', ')}`,
      },
    });
    digests.push(digest);
  }
  return digests;
}
