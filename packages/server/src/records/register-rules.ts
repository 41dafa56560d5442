// SPDX-License-Identifier: Apache-2.0
import {
  accountOf,
  actsAs,
  attestationRefusal,
  EXTENSIONS_MAX_DEFAULT,
  endOfDay,
  type FindingContent,
  findingChain,
  findingInForce,
  findingStepRefusal,
  holdsRole,
  policyInForce,
  type RecordSet,
  readAttestation,
  readCampaign,
  readFindingRecord,
  readModelReview,
  readOverlay,
  recordsOfType,
  reviewConflict,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { type Arrival, conflicted, including, refused } from './arrival.ts';
import { refuseUnknownPerson, refuseUnknownSubject } from './known-subject.ts';

/** Whoever answers a finding does not also say that the answer suffices. */
const CLOSERS = ['validator', 'model-risk', 'compliance'] as const;

/** A finding is opened once; each later state follows the one before by the kernel's rules. */
export async function checkFinding(context: ServerContext, arrival: Arrival): Promise<void> {
  const { record, signers } = arrival;
  const { predicate } = record.statement;
  const finding = readFindingRecord(predicate.content);
  const set = await context.records.current();
  if (predicate.supersedes === undefined) return checkOpening(context, set, { arrival, finding });
  const before = set.byDigest.get(predicate.supersedes);
  if (before?.statement.predicate.content.id !== finding.id) {
    throw refused(record, 'it supersedes the record of another finding', 'predicate.supersedes');
  }
  const mayClose = signers.some(({ key }) => CLOSERS.some((role) => holdsRole(key, role)));
  if (finding.status === 'closed' && !mayClose) {
    throw refused(
      record,
      `a finding is closed by ${CLOSERS.join(', ')}; respond to it instead`,
      'content.status',
    );
  }
  const policy = policyInForce(set)?.findings?.extensionsMax ?? EXTENSIONS_MAX_DEFAULT;
  const chain = findingChain(set, before);
  const earlier =
    findingInForce(chain)?.content ??
    (before.statement.predicate.content as unknown as FindingContent);
  const step = findingStepRefusal(earlier, finding, policy);
  if (step !== undefined) throw refused(record, step, 'content');
  if (finding.status === 'closed' && (finding.evidence ?? []).length === 0) {
    throw refused(record, 'a closure names its evidence by digest', 'content.evidence');
  }
  checkExpiry(context, arrival, finding);
  await checkEvidence(context, { arrival, set, finding });
}

/** What shows that something was mended must be here for whoever looks later: a record in the log, or stored bytes. */
async function checkEvidence(
  context: ServerContext,
  at: { readonly arrival: Arrival; readonly set: RecordSet; readonly finding: FindingContent },
): Promise<void> {
  const { status, evidence = [], retest } = at.finding;
  const isClosing = status === 'closed';
  const named = isClosing ? evidence : status === 'retest' ? (retest?.evidence ?? []) : [];
  for (const digest of named) {
    if (at.set.byDigest.has(digest) || (await context.blobs.has(digest))) continue;
    throw refused(
      at.arrival.record,
      `its evidence ${digest.slice(0, 12)} is neither a record in the log nor stored bytes`,
      isClosing ? 'content.evidence' : 'content.retest.evidence',
    );
  }
}

async function checkOpening(
  context: ServerContext,
  set: RecordSet,
  at: { readonly arrival: Arrival; readonly finding: FindingContent },
): Promise<void> {
  const { finding } = at;
  const { record } = at.arrival;
  const { model } = record.statement.predicate.subjectRef;
  if (finding.status !== 'open') {
    throw refused(
      record,
      `a finding is opened first; name the record it supersedes to make it ${finding.status}`,
      'predicate.supersedes',
    );
  }
  const taken = recordsOfType(set, 'finding').some(
    ({ statement: { predicate } }) =>
      predicate.subjectRef.model === model && predicate.content.id === finding.id,
  );
  if (taken) throw refused(record, `finding \`${finding.id}\` exists already`, 'content.id');
  refuseUnknownSubject(set, record);
  await refuseUnknownPerson(context, record, { account: finding.owner, field: 'content.owner' });
  if ((endOfDay(finding.due) ?? '') < context.now()) {
    throw refused(record, `its due date \`${finding.due}\` has passed`, 'content.due');
  }
  if (finding.condition !== undefined) await checkCondition(context, at.arrival, finding.condition);
}

async function checkCondition(
  context: ServerContext,
  { record, together = [] }: Arrival,
  condition: string,
): Promise<void> {
  const sent = together.find(({ digest }) => digest === condition);
  const logged = sent === undefined ? await including(context, record, [condition]) : undefined;
  const about = (sent ?? logged?.byDigest.get(condition))?.statement.predicate;
  const isConditional = about?.type === 'change-record' || about?.type === 'validation-report';
  if (!isConditional) {
    throw refused(
      record,
      'a condition is of a change request or a validation report',
      'content.condition',
    );
  }
  if (about.subjectRef.model !== record.statement.predicate.subjectRef.model) {
    throw refused(record, 'its change request is of another model', 'content.condition');
  }
}

function checkExpiry(
  context: ServerContext,
  { record }: Arrival,
  { status, acceptance }: FindingContent,
): void {
  if (status === 'accepted' && acceptance !== undefined && acceptance.expires <= context.now()) {
    throw refused(record, 'an acceptance expires in the future', 'content.acceptance.expires');
  }
}

export async function checkPeriodicReview(context: ServerContext, arrival: Arrival): Promise<void> {
  const { kind, content } = arrival.record.statement.predicate;
  if (kind === 'model' && content.outcome !== undefined) await checkModelReview(context, arrival);
  if (kind === 'attestation-campaign') await checkCampaign(context, arrival);
  if (kind === 'attestation') await checkAttestation(context, arrival);
}

async function checkModelReview(
  context: ServerContext,
  { record, signers }: Arrival,
): Promise<void> {
  const { subjectRef, content } = record.statement.predicate;
  const review = readModelReview(content);
  const { workspace, model, use } = subjectRef;
  if (model === undefined || use === undefined) {
    throw refused(record, 'a review is of a model and use', 'subjectRef');
  }
  const set = await including(context, record, review.evidence);
  const tiered = recordsOfType(set, 'risk-tier').some(
    ({ statement: { predicate } }) =>
      predicate.subjectRef.model === model && predicate.subjectRef.use === use,
  );
  if (!tiered) throw refused(record, `${model} has no tier for ${use}`, 'subjectRef');
  for (const { key } of signers) {
    for (const role of ['validator', 'model-risk'] as const) {
      if (!actsAs(key, role, model)) continue;
      const conflict = reviewConflict(
        set,
        { workspace, model, use },
        { account: accountOf(key), role },
      );
      if (conflict !== undefined) throw conflicted(record, conflict);
    }
  }
}

async function checkCampaign(context: ServerContext, { record }: Arrival): Promise<void> {
  const { campaign } = readCampaign(record.statement.predicate.content);
  const set = await context.records.current();
  const taken = recordsOfType(set, 'periodic-review').some(
    ({ statement: { predicate } }) =>
      predicate.kind === 'attestation-campaign' && predicate.content.campaign === campaign,
  );
  if (taken) throw refused(record, `campaign \`${campaign}\` exists already`, 'content.campaign');
}

async function checkAttestation(context: ServerContext, { record }: Arrival): Promise<void> {
  const { subjectRef, content, actor } = record.statement.predicate;
  const attestation = readAttestation(content);
  const set = await including(context, record, [attestation.campaign, attestation.entry]);
  const refusal = attestationRefusal(set, attestation, {
    workspace: subjectRef.workspace,
    model: subjectRef.model,
    account: actor,
  });
  if (refusal !== undefined) throw refused(record, refusal, 'content');
}

export async function checkOverlay(context: ServerContext, { record }: Arrival): Promise<void> {
  const { predicate } = record.statement;
  // A paper about an overlay is evidence like any other; the register holds entries.
  if (predicate.kind !== 'overlay' || predicate.content.sections !== undefined) return;
  const overlay = readOverlay(predicate.content);
  const set = await context.records.current();
  const { model } = predicate.subjectRef;
  if (predicate.supersedes === undefined) {
    const taken = recordsOfType(set, 'override-record').some(
      ({ statement }) =>
        statement.predicate.subjectRef.model === model &&
        statement.predicate.content.id === overlay.id,
    );
    if (taken) throw refused(record, `overlay \`${overlay.id}\` exists already`, 'content.id');
    if (overlay.status !== 'active' || overlay.expires <= context.now()) {
      throw refused(record, 'an overlay begins active and expires in the future', 'content');
    }
    refuseUnknownSubject(set, record);
    const { authority } = overlay;
    await refuseUnknownPerson(context, record, { account: authority, field: 'content.authority' });
    return;
  }
  const before = set.byDigest.get(predicate.supersedes)?.statement.predicate;
  if (before?.type !== 'override-record' || before.content.id !== overlay.id) {
    throw refused(record, 'it supersedes the record of another overlay', 'predicate.supersedes');
  }
  if (before.content.status !== 'active' || overlay.status !== 'ended') {
    throw refused(
      record,
      'an overlay that is active is ended; a new one is added',
      'content.status',
    );
  }
}
