// SPDX-License-Identifier: Apache-2.0
import {
  accountOf,
  actsAs,
  type ChangeRequestReview,
  type CountedRecord,
  changeRequestReview,
  type EnrolledKey,
  evidenceToName,
  type GateVerdict,
  isInForce,
  type OpenRole,
  parseStrictJson,
  type RecordSet,
  readApprovalContent,
  readProofBundle,
  recordsOfType,
  rolesActedIn,
  rolesOpenTo,
  toHex,
  verifyBundle,
} from '@countersign/kernel';
import { noblePrimitives } from '@countersign/kernel/noble';

/** A bundle of one model's records; larger than any seen. */
const BUNDLE_BYTES_MAX = 256 * 1024 * 1024;

export interface EvidenceLine {
  readonly digest: string;
  readonly type: string;
  readonly kind: string | undefined;
  readonly actor: string;
  readonly loggedAt: string;
  /** Frozen with the request, or come into force since. */
  readonly isFrozen: boolean;
}

export interface SignatureLine {
  readonly digest: string;
  readonly account: string;
  readonly role: string;
  readonly decision: string;
  readonly meaning: string;
  readonly printedName: string;
  readonly statement: string;
  readonly claimedAt: string;
  readonly loggedAt: string;
  readonly by: 'passkey' | 'key';
  /** Why the gate does not count it. */
  readonly refused: string | undefined;
}

/** A signing key of the reader that this page can ask for. */
export interface OwnKey {
  readonly key: EnrolledKey['key'];
  readonly roles: readonly string[];
}

export interface VerifiedChange {
  readonly ok: true;
  readonly review: ChangeRequestReview;
  /** Approvals asked for that the reader's own keys could give, with the conflict computed here. */
  readonly roles: readonly OpenRole[];
  /** What an approval given now names. */
  readonly evidence: readonly EvidenceLine[];
  readonly signatures: readonly SignatureLine[];
  /** Passkeys in force here, and whether there are keys that only the command line can use. */
  readonly passkeys: readonly OwnKey[];
  readonly hasOtherKeys: boolean;
  readonly checkpoint: { readonly size: number; readonly root: string };
  readonly records: number;
  /** Where the server's account of it differs from what was computed here. */
  readonly differences: readonly string[];
}

/** Everything in it is plain data: it crosses from a worker to the page. */
export type ChangeAnswer = VerifiedChange | { readonly ok: false; readonly reason: string };

/** The parts of the server's verdict that are compared. */
export interface ToldVerdict {
  readonly conditions: readonly { readonly id: string; readonly outcome: string }[];
  readonly approvals: readonly { readonly role: string; readonly given: readonly unknown[] }[];
}

export interface ChangeQuestion {
  readonly bytes: Uint8Array;
  /** Digest of the founding record that is trusted. */
  readonly root: string;
  readonly digest: string;
  readonly account: string;
  /** Where the page is: a passkey answers only there. */
  readonly origin: string;
  readonly now: string;
  /** What the server says of it: not believed, compared. */
  readonly told: {
    readonly evidence: readonly string[];
    readonly verdict: ToldVerdict;
  };
}

/**
 * Verifies what the server sent against the founding record and judges the request again, here. Nothing of the server's
 * rendering goes into the result but the list of what has come into force since, which is checked against the records.
 */
export function verifyChange(asked: ChangeQuestion): ChangeAnswer {
  const bundle = readBundle(asked.bytes);
  if ('reason' in bundle) return { ok: false, reason: bundle.reason };
  const result = verifyBundle(noblePrimitives, bundle.bundle, asked.root);
  if (!result.ok) return { ok: false, reason: result.reason };
  const { set, checkpoint } = result;
  const reviewed = changeRequestReview(set, asked.digest, asked.now);
  if ('refused' in reviewed) return { ok: false, reason: reviewed.refused };
  const { review } = reviewed;
  const named = evidenceToName(set, review, asked.told.evidence);
  if ('refused' in named) return { ok: false, reason: named.refused };
  const who = { account: asked.account, now: asked.now };
  const own = ownKeys(set, who);
  return {
    ok: true,
    review,
    roles: rolesOpenTo(set, review, { ...who, roles: rolesActedIn(set, review, who) }),
    evidence: named.evidence.flatMap((digest) => evidenceLine(set, review, digest)),
    signatures: signatureLines(set, review),
    passkeys: own
      .filter((key) => isUsableHere(key, asked.origin))
      .map((key) => ownKey(key, review)),
    hasOtherKeys: own.some((key) => !isUsableHere(key, asked.origin)),
    checkpoint: { size: checkpoint.size, root: toHex(checkpoint.root) },
    records: bundle.bundle.records.length,
    differences: differencesOf(review.verdict, asked.told.verdict),
  };
}

function readBundle(bytes: Uint8Array) {
  try {
    return { bundle: readProofBundle(parseStrictJson(bytes, { maxBytes: BUNDLE_BYTES_MAX })) };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : 'the bundle is unreadable' };
  }
}

function ownKeys(
  set: RecordSet,
  who: { readonly account: string; readonly now: string },
): readonly EnrolledKey[] {
  return [...set.register.values()].filter(
    (key) =>
      key.holder.kind === 'person' && accountOf(key) === who.account && isInForce(key, who.now),
  );
}

function isUsableHere({ key }: EnrolledKey, origin: string): boolean {
  return key.webauthn?.origins.includes(origin) ?? false;
}

function ownKey(key: EnrolledKey, review: ChangeRequestReview): OwnKey {
  const { model } = review.subject;
  const roles = review.verdict.approvals.map(({ role }) => role);
  return { key: key.key, roles: roles.filter((role) => actsAs(key, role, model)) };
}

function evidenceLine(
  set: RecordSet,
  review: ChangeRequestReview,
  digest: string,
): readonly EvidenceLine[] {
  const record = set.byDigest.get(digest);
  if (record === undefined) return [];
  const { type, kind, actor } = record.statement.predicate;
  const isFrozen = review.request.evidence.includes(digest);
  return [{ digest, type, kind, actor, loggedAt: record.loggedAt, isFrozen }];
}

function signatureLines(set: RecordSet, review: ChangeRequestReview): readonly SignatureLine[] {
  return recordsOfType(set, 'approval-record')
    .filter(({ statement }) => statement.predicate.content.changeRequest === review.digest)
    .map((record) => signatureLine(record, review));
}

function signatureLine(record: CountedRecord, review: ChangeRequestReview): SignatureLine {
  const { actor, claimedAt, content } = record.statement.predicate;
  const { role, decision, meaning, printedName, statement } = readApprovalContent(content);
  const refused = review.verdict.approvals
    .flatMap((rule) => rule.refused)
    .find((one) => one.record === record.digest)?.reason;
  const own = record.envelope.signatures.find(({ keyid }) =>
    record.signers.some((key) => key.key.keyid === keyid && accountOf(key) === actor),
  );
  return {
    digest: record.digest,
    account: actor,
    role,
    decision,
    meaning,
    printedName,
    statement,
    claimedAt,
    loggedAt: record.loggedAt,
    by: own?.webauthn === undefined ? 'key' : 'passkey',
    refused: decision === 'reject' ? undefined : refused,
  };
}

/**
 * The platform's own separation-of-duties record is made when promotion is asked for, so the server does not count its
 * lack (evidence-complete); everything else must agree.
 */
const SETTLED_AT_PROMOTION: ReadonlySet<string> = new Set(['evidence-complete']);

function differencesOf(here: GateVerdict, told: ToldVerdict): readonly string[] {
  const conditions = here.conditions.flatMap(({ id, outcome }) => {
    const theirs = told.conditions.find((one) => one.id === id)?.outcome ?? 'nothing';
    return theirs === outcome || SETTLED_AT_PROMOTION.has(id)
      ? []
      : [`${id}: ${outcome} as computed here, ${theirs} as the server says`];
  });
  const approvals = here.approvals.flatMap(({ role, given }) => {
    const theirs = told.approvals.find((one) => one.role === role)?.given.length ?? 0;
    return theirs === given.length
      ? []
      : [`approvals by ${role}: ${given.length} as counted here, ${theirs} as the server says`];
  });
  return [...conditions, ...approvals];
}
