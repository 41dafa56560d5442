// SPDX-License-Identifier: Apache-2.0
import {
  holdsRole,
  LEGAL_HOLD_KIND,
  type LegalHoldContent,
  legalHolds,
  readLegalHold,
  readSweep,
  type SignedRecord,
  SWEEP_KIND,
  sweepRefusal,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { type Arrival, refused } from './arrival.ts';
import type { IngestSigner } from './check-signatures.ts';
import { hasRecordAbout } from './known-subject.ts';
import { planRefusal, readPlan } from './retention-plan.ts';

/** @throws ServerError `record_refused`, `sweep_refused`; KernelError for malformed content */
export async function checkRetention(context: ServerContext, { record }: Arrival): Promise<void> {
  const { kind } = record.statement.predicate;
  if (kind === LEGAL_HOLD_KIND) return checkHold(context, record);
  if (kind === SWEEP_KIND) return checkSweep(context, record);
}

async function checkHold(context: ServerContext, record: SignedRecord): Promise<void> {
  const { predicate } = record.statement;
  const content = readLegalHold(predicate.content);
  const set = await context.records.current();
  const holds = legalHolds(set);
  const { supersedes } = predicate;
  if (supersedes === undefined) {
    if (content.status !== 'placed')
      throw refused(record, 'a lift names the hold that it lifts', 'predicate.supersedes');
    const taken = holds.find(({ id, digest }) => id === content.id && digest !== record.digest);
    if (taken !== undefined)
      throw refused(record, `\`${content.id}\` is the hold of ${taken.matter}`, 'content.id');
    return checkTarget(context, record, content);
  }
  const hold = holds.find(({ digest }) => digest === supersedes);
  if (hold === undefined || content.status !== 'lifted')
    throw refused(record, 'a hold is changed by lifting it and placing another', 'content.status');
  const isSame =
    hold.id === content.id &&
    hold.decision === content.decision &&
    hold.subject === content.subject;
  if (!isSame) throw refused(record, `it lifts ${hold.id} and says otherwise`, 'content.id');
}

/** A hold must hold something: a misspelt model would leave everything to be deleted. */
async function checkTarget(
  context: ServerContext,
  record: SignedRecord,
  { decision, subject }: LegalHoldContent,
): Promise<void> {
  const { model, use, version, dataset } = record.statement.predicate.subjectRef;
  if (model === undefined && (use !== undefined || version !== undefined))
    throw refused(record, 'a use or a version is held with its model', 'subjectRef.model');
  const named = [model, dataset, decision, subject].some((one) => one !== undefined);
  if (!named)
    throw refused(
      record,
      'it names nothing to hold: a model, use, version, dataset, decision or data subject',
      'subjectRef',
    );
  const set = await context.records.current();
  const isKnown = hasRecordAbout(set, { model, use, version, dataset });
  if (!isKnown) throw refused(record, 'no record is about what it names', 'subjectRef');
  if (decision === undefined) return;
  const row = await context.database.db
    .selectFrom('decision')
    .select('id')
    .where('workspace', '=', context.workspace)
    .where('id', '=', decision)
    .executeTakeFirst();
  if (row === undefined)
    throw refused(record, `no decision \`${decision}\` is known`, 'content.decision');
}

async function checkSweep(context: ServerContext, record: SignedRecord): Promise<void> {
  const { predicate } = record.statement;
  const content = readSweep(predicate.content);
  const late = sweepRefusal(content, predicate.claimedAt);
  if (late !== undefined) throw refused(record, late, 'content.at');
  const plan = await readPlan(context, content.plan);
  const refusal = planRefusal(context, content, plan);
  if (refusal !== undefined) throw refused(record, refusal, 'content.plan');
  if (!(predicate.blobs ?? []).includes(content.plan))
    throw refused(record, 'its plan is not among its blobs', 'predicate.blobs');
}

/** A lift and a sweep take two persons: the first has one of the duties. Anything else of retention takes one. */
export function mayBeginRetention(record: SignedRecord, signers: readonly IngestSigner[]): boolean {
  const { type, kind, supersedes, actor } = record.statement.predicate;
  const isLift = kind === LEGAL_HOLD_KIND && supersedes !== undefined;
  if (type !== 'retention-rule' || !(isLift || kind === SWEEP_KIND)) return false;
  const roles = isLift
    ? (['legal', 'compliance', 'model-risk', 'executive', 'administrator'] as const)
    : (['legal', 'compliance', 'administrator'] as const);
  const fits = signers.some(({ key }) => roles.some((role) => holdsRole(key, role)));
  return fits && signers.some(({ account }) => account === actor);
}
