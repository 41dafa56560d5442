// SPDX-License-Identifier: Apache-2.0
import { actsAs, endingsOf, isDigest, resumeRefusal } from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { type Arrival, including, refused } from './arrival.ts';
import type { IngestSigner } from './check-signatures.ts';

const RESUMERS = ['model-owner', 'validator'] as const;

/**
 * A `resume` names the suspension that it lifts and the finding that was closed for it. Whatever it would lift in vain is
 * refused here; that it counts at all is the kernel's to say.
 * @throws ServerError `record_refused`
 */
export async function checkResume(context: ServerContext, { record }: Arrival): Promise<void> {
  const { content, subjectRef } = record.statement.predicate;
  const digestOf = (name: string): string => {
    const value = content[name];
    if (typeof value === 'string' && isDigest(value)) return value;
    throw refused(record, `it names no ${name} by digest`, `content.${name}`);
  };
  const [warrant, suspension, finding] = ['warrant', 'suspension', 'finding'].map(digestOf);
  if (warrant === undefined || suspension === undefined || finding === undefined) return;
  const { reason } = content;
  if (typeof reason !== 'string' || reason.trim() === '')
    throw refused(record, 'it gives no reason', 'content.reason');
  const set = await including(context, record, [warrant, suspension, finding]);
  const promoted = set.byDigest.get(warrant)?.statement.predicate;
  if (promoted?.type !== 'deployment-record' || promoted.kind !== 'promote')
    throw refused(record, `${warrant.slice(0, 12)} is not a warrant`, 'content.warrant');
  if (promoted.subjectRef.model !== subjectRef.model)
    throw refused(record, 'the warrant is of another model', 'content.warrant');
  if (promoted.content.environment !== content.environment)
    throw refused(record, 'the warrant is for the other stage', 'content.environment');
  const endings = endingsOf(set, warrant);
  const final = endings.find(({ statement }) => statement.predicate.kind !== 'suspend');
  if (final !== undefined) {
    const how = final.statement.predicate.kind === 'retire' ? 'retired' : 'revoked';
    throw refused(
      record,
      `the warrant was ${how}, which is final; promote anew`,
      'content.warrant',
    );
  }
  if (!endings.some(({ digest }) => digest === suspension))
    throw refused(record, 'it names no suspension that stands', 'content.suspension');
  const vain = resumeRefusal(set, record);
  if (vain !== undefined) throw refused(record, vain, 'content.finding');
}

/** Whether a first signature may wait for the second: it is by somebody whose signature will count. */
export function mayBeginResume(
  model: string | undefined,
  actor: string,
  signers: readonly IngestSigner[],
): boolean {
  const isFit = signers.some(({ key }) => RESUMERS.some((role) => actsAs(key, role, model)));
  return isFit && signers.some(({ account }) => account === actor);
}
