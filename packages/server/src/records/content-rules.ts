// SPDX-License-Identifier: Apache-2.0
import { NoticeChannelsFile } from '@countersign/contract';
import {
  isDigest,
  newestPolicyDocument,
  type RecordSet,
  readAttachmentContent,
  readCommitteeCharter,
  readDeputies,
  readHazards,
  readInventoryFacts,
  readPolicy,
  readRetentionPolicy,
  TIERS,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { readQuestionnaire } from '../tiering/index.ts';
import { type Arrival, including, refused, versionOf } from './arrival.ts';
import { checkAttribution } from './attribution-rules.ts';
import { checkApproval, checkChangeRequest, checkException } from './change-rules.ts';
import { checkDocumentSignature } from './document-rules.ts';
import { checkChangePlan } from './envelope-rules.ts';
import { readablePack } from './readable-pack.ts';
import { checkFinding, checkOverlay, checkPeriodicReview } from './register-rules.ts';
import { checkRemark } from './remark-rules.ts';
import { checkResume } from './resume-rules.ts';
import { checkRetention } from './retention-rules.ts';
import { checkIdentityProvider, checkNewKeys } from './trust-rules.ts';
import { checkValidateRequest } from './validate-rules.ts';

type Rule = (context: ServerContext, arrival: Arrival) => Promise<void> | void;

/** What a type of record must say to be recorded at all. The gates judge what it is worth. */
const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['approval-record', checkApproval],
  ['author-attribution', checkAttribution],
  ['change-plan', checkChangePlan],
  ['change-remark', checkRemark],
  ['change-record', checkChangeRequest],
  ['exception-record', checkException],
  ['evidence-attachment', checkAttachment],
  ['finding', checkFinding],
  ['founding-rotation', checkNewKeys],
  ['generated-document', checkDocumentSignature],
  ['key-enrolment', checkNewKeys],
  ['deployment-record', checkEnding],
  ['inventory-entry', checkInventoryEntry],
  ['override-record', checkOverlay],
  ['periodic-review', checkPeriodicReview],
  ['policy-document', checkPolicyDocument],
  ['retention-rule', checkRetention],
  ['risk-file', (_, { record }) => void readHazards(record)],
  ['risk-tier', checkTier],
  ['run-request', checkRunRequest],
  ['test-plan', checkValidationPlan],
]);

/** @throws ServerError `record_refused`, `conflict_of_duties`; KernelError for malformed content */
export async function checkContent(context: ServerContext, arrival: Arrival): Promise<void> {
  await RULES.get(arrival.record.statement.predicate.type)?.(context, arrival);
}

async function checkEnding(context: ServerContext, arrival: Arrival): Promise<void> {
  const { record } = arrival;
  const { kind, content } = record.statement.predicate;
  if (kind === 'resume') return checkResume(context, arrival);
  if (kind !== 'revoke' && kind !== 'suspend' && kind !== 'retire') {
    throw refused(
      record,
      'persons revoke, suspend, resume or retire; warrants are minted by promotion',
      'predicate.kind',
    );
  }
  const { warrant, reason } = content;
  if (typeof warrant !== 'string' || !isDigest(warrant)) {
    throw refused(record, 'it names no warrant by digest', 'content.warrant');
  }
  if (typeof reason !== 'string' || reason.trim() === '')
    throw refused(record, 'it gives no reason', 'content.reason');
  const set = await including(context, record, [warrant]);
  const ended = set.byDigest.get(warrant)?.statement.predicate;
  const isWarrant = ended?.kind === 'promote' || ended?.kind === 'legacy';
  if (ended?.type !== 'deployment-record' || !isWarrant) {
    throw refused(record, `${warrant.slice(0, 12)} is not a warrant`, 'content.warrant');
  }
  if (ended.subjectRef.model !== record.statement.predicate.subjectRef.model) {
    throw refused(record, 'the warrant is of another model', 'content.warrant');
  }
}

async function checkPolicyDocument(context: ServerContext, { record }: Arrival): Promise<void> {
  const { kind, content } = record.statement.predicate;
  refuseSuperseded(await context.records.current(), record);
  if (kind === 'promotion-policy') readPolicy(content.policy, 'content.policy');
  if (kind === 'committee') readCommitteeCharter(content.committee, 'content.committee');
  if (kind === 'deputies') readDeputies(content.deputies, 'content.deputies');
  if (kind === 'retention') readRetentionPolicy(content.retention, 'content.retention');
  if (kind === 'questionnaire') readQuestionnaire(content.questionnaire, 'content.questionnaire');
  if (kind === 'identity-provider') checkIdentityProvider(content);
  if (kind === 'notice-channels') checkNoticeChannels(record);
  if (kind === 'framework-pack') readablePack(await context.records.current(), content.pack);
}

/** Kinds of which the newest text alone is in force. Packs, committees and deputations stand beside each other. */
const ONE_IN_FORCE = ['promotion-policy', 'questionnaire', 'retention', 'notice-channels'];

/** The last signature decides what is in force: a proposal that lay about must not put back what a later one replaced. */
function refuseSuperseded(set: RecordSet, { digest, statement }: Arrival['record']): void {
  const { kind, claimedAt } = statement.predicate;
  if (kind === undefined || !ONE_IN_FORCE.includes(kind)) return;
  const inForce = newestPolicyDocument(set, kind);
  const later = inForce?.statement.predicate;
  if (inForce === undefined || later === undefined || later.claimedAt <= claimedAt) return;
  throw new ServerError(
    'policy_superseded',
    `it was written at ${claimedAt}, and ${inForce.digest.slice(0, 12)}, written at ${later.claimedAt}, is in force since ${inForce.loggedAt}: sign the text anew`,
    { details: { digest, inForce: inForce.digest, field: 'predicate.claimedAt' } },
  );
}

function checkNoticeChannels(record: Arrival['record']): void {
  const read = NoticeChannelsFile.safeParse(record.statement.predicate.content.notices);
  if (read.success) return;
  const [issue] = read.error.issues;
  const field = ['content', 'notices', ...(issue?.path ?? [])].map(String).join('.');
  throw refused(record, `the channels cannot be used: ${issue?.message ?? 'unfit'}`, field);
}

/** Model risk may sign a tier above the computed one, never below it without saying why. */
function checkTier(_context: ServerContext, { record }: Arrival): void {
  const { content } = record.statement.predicate;
  const rank = (tier: unknown): number => (TIERS as readonly unknown[]).indexOf(tier);
  if (rank(content.tier) < 0 || rank(content.computed) < 0) {
    throw refused(record, `tier and computed tier are one of ${TIERS.join(', ')}`, 'content.tier');
  }
  const isLowered = rank(content.tier) > rank(content.computed);
  if (isLowered && (typeof content.override !== 'string' || content.override.trim() === '')) {
    throw refused(
      record,
      'a tier below the computed one needs a reason in `override`',
      'content.override',
    );
  }
}

function checkRunRequest(context: ServerContext, arrival: Arrival): Promise<void> | void {
  const { record } = arrival;
  const { job } = record.statement.predicate.content;
  if (job !== 'run' && job !== 'validate' && job !== 'register' && job !== 'onboard')
    throw refused(record, 'the job is `run`, `validate`, `register` or `onboard`', 'content.job');
  if (job === 'validate') return checkValidateRequest(context, arrival);
}

function checkInventoryEntry(_context: ServerContext, { record }: Arrival): void {
  readInventoryFacts(record.statement.predicate.content);
}

async function checkAttachment(context: ServerContext, { record }: Arrival): Promise<void> {
  const { content, blobs = [] } = record.statement.predicate;
  const { file } = readAttachmentContent(content);
  // What `blobs` lists was looked for already, and a case file takes it along.
  if (!blobs.includes(file.digest))
    throw refused(record, 'its file is not among its blobs', 'predicate.blobs');
  versionOf(await context.records.current(), record);
}

/** Developer plans come from the pipeline file and are recorded by the platform. */
function checkValidationPlan(_context: ServerContext, { record }: Arrival): void {
  const { kind, content } = record.statement.predicate;
  if (kind !== 'validation' || content.phase !== 'validation') {
    throw refused(record, 'persons sign plans of kind `validation`', 'predicate.kind');
  }
}
