// SPDX-License-Identifier: Apache-2.0
import { hazardsWatchedBy } from '@countersign/kernel';
import type { MonitoringPlan } from '@countersign/pipeline';
import type { ServerContext, ServerTransaction } from '../context.ts';
import { listWarrants } from '../governance/index.ts';
import { recordByPlatform } from '../records/index.ts';
import type { MonitoringDraft } from './monitor-reports.ts';
import { openPlatformFinding } from './platform-finding.ts';
import type { VersionFacts } from './version-facts.ts';

interface Breach {
  readonly facts: VersionFacts;
  readonly plan: MonitoringPlan;
}

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
  const { facts, draft, plan, result, opened } = at;
  const consequences = plan.consequences?.[draft.part] ?? ['finding'];
  if (!consequences.includes('finding')) return undefined;
  return openPlatformFinding(context, tx, facts, {
    title: `Breach of ${draft.part} limits in monitoring`,
    severity: draft.part === 'stability' ? 'medium' : 'high',
    blocking: consequences.some((one) => one === 'review' || one === 'suspend'),
    owner: plan.owner,
    description: `${draft.content.data.description}. Broken: ${draft.content.breaches.join(', ')}. Version ${facts.version.version}.${reopenedText(facts, draft)}`,
    cause: result,
    opened,
  });
}

/** A breach reopens the hazards that the part watches; who answers the finding must know. */
function reopenedText({ set, version }: VersionFacts, { part }: MonitoringDraft): string {
  const ids = hazardsWatchedBy(set, version, part);
  if (ids.length === 0) return '';
  return ` Reopens ${ids.join(', ')} of the risk file: estimate the risk again and sign the file anew.`;
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
