// SPDX-License-Identifier: Apache-2.0
import type { EvidenceId } from './evidence-ids.ts';
import { dueOf, type FrameworkPack, levelOf, type PackClause, RISK_TIERS } from './pack.ts';
import type { PackProblem } from './parse-pack.ts';

/** What a run, or what comes after one, leaves behind: it cannot be there when a model is only proposed. */
export const NOT_AT_INTAKE: ReadonlySet<EvidenceId> = new Set<EvidenceId>([
  'dataset-snapshot',
  'data-quality-report',
  'representativeness-report',
  'source-revision',
  'environment-lock',
  'training-run',
  'model-artifact',
  'model-spec',
  'test-plan',
  'reproduction-attestation',
  'performance-test',
  'robustness-test',
  'benchmark-test',
  'explainability-test',
  'fairness-test',
  'implementation-test',
  'validation-report',
  'change-record',
  'approval-record',
  'e-signature',
  'sod-check',
  'deployment-record',
  'decision-log',
  'reason-notice',
  'monitoring-result',
  'outcome-record',
  'outcomes-analysis',
  'periodic-review',
  'integrity-check',
  'generated-document',
]);

/**
 * Faults of sense in a pack of the right form: evidence asked for before it can exist, a lower tier held to more than a
 * higher one, a clause in force before its pack. A pack may be adopted with them; nobody can then meet it, or nobody means it.
 */
export function packFaults(pack: FrameworkPack): readonly PackProblem[] {
  return pack.clauses.flatMap((clause, index) => [
    ...tooEarly(clause, index),
    ...levelFault(clause, index),
    ...dateFault(pack, clause, index),
  ]);
}

function tooEarly(clause: PackClause, index: number): readonly PackProblem[] {
  return clause.evidence.flatMap((item, place) =>
    dueOf(clause, item) === 'intake' && NOT_AT_INTAKE.has(item.id)
      ? [
          {
            path: ['clauses', index, 'evidence', place],
            message: `\`${item.id}\` cannot be there at intake; give it a later \`due\``,
          },
        ]
      : [],
  );
}

function levelFault(clause: PackClause, index: number): readonly PackProblem[] {
  const blocks = RISK_TIERS.map((tier) => levelOf(clause, tier) === 'block');
  const isStricterBelow = blocks.some((one, at) => one && blocks.slice(0, at).includes(false));
  if (!isStricterBelow) return [];
  const message = 'a lower tier blocks where a higher one warns';
  return [{ path: ['clauses', index, 'level'], message }];
}

function dateFault(pack: FrameworkPack, clause: PackClause, index: number): readonly PackProblem[] {
  const { effectiveFrom } = clause;
  if (effectiveFrom === undefined || effectiveFrom >= pack.effectiveFrom) return [];
  const message = `the clause is in force before its pack (${pack.effectiveFrom})`;
  return [{ path: ['clauses', index, 'effectiveFrom'], message }];
}
