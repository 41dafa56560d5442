// SPDX-License-Identifier: Apache-2.0
import type { ReproductionContent } from '@countersign/kernel';
import type { ServerContext, ServerTransaction } from '../context.ts';
import { listWarrants } from '../governance/index.ts';
import { openPlatformFinding } from './platform-finding.ts';
import type { VersionFacts } from './version-facts.ts';

/** `lawfully erased` is none: the law asked for it. */
const SEVERITIES: { readonly [verdict in ReproductionContent['verdict']]?: 'high' | 'medium' } = {
  'score-identical': 'medium',
  'within tolerance': 'medium',
  'not rebuildable': 'high',
  'environment unavailable': 'high',
};

/**
 * Opens a finding where a version that a live production warrant lets answer was not rebuilt to the same bytes
 * (check/repro). The next version is held up only by one that cannot be rebuilt at all.
 */
export async function openRebuildFinding(
  context: ServerContext,
  tx: ServerTransaction,
  at: {
    readonly facts: Pick<VersionFacts, 'set' | 'version'>;
    readonly content: Pick<ReproductionContent, 'verdict' | 'deviations'>;
    /** Digest of the attestation. */
    readonly attestation: string;
  },
): Promise<{ readonly digest: string; readonly id: string } | undefined> {
  const { facts, content, attestation } = at;
  const severity = SEVERITIES[content.verdict];
  const { workspace, model, use, version } = facts.version;
  const inProduction = listWarrants(facts.set, {
    workspace,
    model,
    now: context.now(),
    live: true,
  });
  const answers = inProduction.some(
    (one) => one.version === version && one.use === use && one.environment === 'production',
  );
  if (severity === undefined || !answers) return undefined;
  return openPlatformFinding(context, tx, facts, {
    title: `Version ${version} in production was not rebuilt to the same bytes`,
    severity,
    blocking: severity === 'high',
    description:
      `Rebuild from archived parts: ${content.verdict}. ${content.deviations.join(' ')}`.trim(),
    cause: attestation,
  });
}
