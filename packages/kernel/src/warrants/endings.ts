// SPDX-License-Identifier: Apache-2.0
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';

const ENDING: ReadonlySet<string> = new Set(['revoke', 'suspend', 'retire']);

/**
 * The records that end a warrant: any one suffices. A revocation or retirement is final; a suspension lasts until the
 * model's owner and a validator resume the warrant and name the finding that was closed for it.
 */
export function endingsOf(set: RecordSet, warrant: string): readonly CountedRecord[] {
  return recordsOfType(set, 'deployment-record').filter((record) => {
    const { predicate } = record.statement;
    if (!ENDING.has(predicate.kind ?? '')) return false;
    if (predicate.content.warrant !== warrant) return false;
    return predicate.kind !== 'suspend' || !isResumed(set, record);
  });
}

function isResumed(set: RecordSet, suspension: CountedRecord): boolean {
  return recordsOfType(set, 'deployment-record').some((record) => {
    const { kind, content } = record.statement.predicate;
    if (kind !== 'resume') return false;
    const isOfIt =
      content.suspension === suspension.digest &&
      content.warrant === suspension.statement.predicate.content.warrant;
    return isOfIt && record.index > suspension.index && resumeRefusal(set, record) === undefined;
  });
}

/**
 * Why a `resume` resumes nothing: the finding that it names must be closed, on this model, before it and after the
 * suspension, since what was settled earlier does not answer why the model was stopped.
 */
export function resumeRefusal(
  set: RecordSet,
  resume: Pick<CountedRecord, 'statement'> & { readonly index?: number },
): string | undefined {
  const { content, subjectRef } = resume.statement.predicate;
  const finding = set.byDigest.get(String(content.finding));
  if (finding?.statement.predicate.type !== 'finding') return 'it names no finding that counts';
  const { predicate } = finding.statement;
  if (predicate.subjectRef.model !== subjectRef.model) return 'its finding is of another model';
  if (predicate.content.status !== 'closed') return 'its finding is not closed';
  const suspension = set.byDigest.get(String(content.suspension));
  if (suspension !== undefined && finding.index < suspension.index) {
    return 'its finding was closed before the suspension';
  }
  const isEarlier = resume.index === undefined || finding.index < resume.index;
  return isEarlier ? undefined : 'its finding was closed after it';
}
