// SPDX-License-Identifier: Apache-2.0
import type { AsOfReply } from '@countersign/contract';
import { fields, short } from './table.ts';

type AsOfWarrant = AsOfReply['warrants'][number];
type Link = { readonly digest: string; readonly by: readonly string[]; readonly loggedAt: string };

/** Lines of what was in a stage at a date: one block a warrant, from the permission down to the data. */
export function describeAsOf(answer: Pick<AsOfReply, 'warrants' | 'stages'>): readonly string[] {
  const { warrants, stages } = answer;
  if (warrants.length === 0) {
    const registered = stages.map(({ model, version, stage }) => `${model}@${version} ${stage}`);
    const known = registered.length === 0 ? 'nothing was registered' : registered.join(', ');
    return [`no warrant held then; ${known}`];
  }
  return warrants.flatMap((one) => [...warrantLines(one), '']);
}

function warrantLines(one: AsOfWarrant): readonly string[] {
  const { chain } = one;
  const { changeRequest } = chain;
  return [
    `${one.model}@${one.version} in ${one.environment} for ${one.use}${one.inEffect ? '' : ' — ENDED SINCE, WITH EFFECT FROM BEFORE'}`,
    ...fields([
      ['warrant', `${short(one.digest)} (${one.warrant}), ${one.notBefore} to ${one.expires}`],
      ['artefact', one.artifactDigest],
      [
        'change',
        changeRequest && `${changeRequest.class}: ${changeRequest.reason} (${said(changeRequest)})`,
      ],
      ...chain.approvals.map(
        (approval) =>
          [
            approval.decision === 'approve' ? 'approved' : approval.decision,
            `${approval.printedName} as ${approval.role}: ${approval.meaning} (${said(approval)})`,
          ] as const,
      ),
      ...chain.validation.map(
        (report) => ['validation', `${report.outcome} (${said(report)})`] as const,
      ),
      ['policy', chain.policy && `${chain.policy.version} (${short(chain.policy.digest)})`],
      ['exceptions', chain.exceptions.map(short).join(', ')],
      ['evidence', chain.evidence.length === 0 ? '' : `${chain.evidence.length} records frozen`],
      ['run', chain.run && `${chain.run.run} (${said(chain.run)})`],
      ['commit', chain.commit?.commit],
      ['environment', chain.environment?.lockDigest],
      ...chain.datasets.map(
        ({ dataset, split, contentDigest, digest }) =>
          ['data', `${dataset} ${split} ${contentDigest} (${short(digest)})`] as const,
      ),
      ...one.corrections.map(
        (later) =>
          [
            'corrected',
            `${later.type}${later.kind === undefined ? '' : ` (${later.kind})`} with effect from ${later.effectiveAt}${later.reason === undefined ? '' : `: ${later.reason}`} (${said(later)})`,
          ] as const,
      ),
    ]).map((line) => `  ${line}`),
  ];
}

function said({ digest, by, loggedAt }: Link): string {
  return `${short(digest)} by ${by.join(', ')}, ${loggedAt}`;
}
