// SPDX-License-Identifier: Apache-2.0
import { type Envelope, PAYLOAD_TYPE_STATEMENT, signEnvelope } from '../dsse.ts';
import { canonicalBytes } from '../json/canonical.ts';
import type { Json } from '../json/parse.ts';
import { type Primitives, type Signer, sha256Hex } from '../primitives.ts';
import type { ArtifactManifest } from '../records/contents.ts';
import { type RecordSet, recordsOfType } from '../records/record-set.ts';
import { STATEMENT_TYPE } from '../records/statement.ts';
import { verifyWarrant, type WarrantGrant } from './verify-warrant.ts';

/** SLSA Verification Summary Attestation, major version 1 (https://slsa.dev/spec/v1.0/verification_summary). */
export const VERIFICATION_SUMMARY_TYPE = 'https://slsa.dev/verification_summary/v1';

/** Levels of our own, as the specification allows: of no SLSA track is one claimed. */
export const PRODUCTION_LEVEL = 'COUNTERSIGN_PRODUCTION_WARRANT';
export const DEMONSTRATION_LEVEL = 'COUNTERSIGN_DEMONSTRATION_WARRANT';

export interface SummaryQuestion {
  readonly warrant: string;
  readonly now: string;
  /** Address of the firm's API, without a slash at its end: URIs of records and of the verifier are below it. */
  readonly origin: string;
}

export type SummaryResult =
  | { readonly ok: true; readonly statement: Json; readonly payload: Uint8Array }
  | { readonly ok: false; readonly reasons: readonly string[] };

/**
 * The verification summary of a full production warrant that holds now, for admission controllers that know SLSA and not us.
 * It says less than the warrant: it does not end with it, names no fallback and carries no approvals to check again.
 * Refused, with every reason, for staging, provisional and legacy warrants and for those that do not hold.
 */
export function verificationSummary(
  p: Primitives,
  set: RecordSet,
  question: SummaryQuestion,
): SummaryResult {
  const { warrant, now } = question;
  const check = verifyWarrant(set, {
    warrant,
    environment: 'production',
    now,
    production: false,
  });
  if (!check.ok) return { ok: false, reasons: check.denials.map(({ reason }) => reason) };
  const { grant } = check;
  const kind = grant.warrant.warrant;
  if (kind !== 'full') {
    return { ok: false, reasons: [`the warrant is ${kind}: only a full one has a summary`] };
  }
  const manifest = manifestOf(p, set, grant.warrant.artifactDigest);
  if (manifest === undefined)
    return { ok: false, reasons: ['the artefact’s manifest is not in the log'] };
  const statement = {
    _type: STATEMENT_TYPE,
    subject: subjects(grant, manifest),
    predicateType: VERIFICATION_SUMMARY_TYPE,
    predicate: predicateOf(set, grant, question),
  } satisfies Json;
  return { ok: true, statement, payload: canonicalBytes(statement) };
}

/** DSSE over the statement, as every in-toto attestation. No record: its predicate type is not one of ours. */
export function signSummary(payload: Uint8Array, signer: Signer): Promise<Envelope> {
  return signEnvelope(PAYLOAD_TYPE_STATEMENT, payload, [signer]);
}

function subjects({ subject, warrant }: WarrantGrant, manifest: ArtifactManifest) {
  const name = `${subject.model}@${subject.version}`;
  return [
    { name, digest: { sha256: warrant.artifactDigest } },
    ...manifest.files.map(({ path, digest }) => ({
      name: `${name}/${path}`,
      digest: { sha256: digest },
    })),
  ];
}

function predicateOf(set: RecordSet, grant: WarrantGrant, question: SummaryQuestion) {
  const { origin, now } = question;
  const { warrant, subject } = grant;
  const record = (digest: string) => ({
    uri: `${origin}/v1/records/${digest}`,
    digest: { sha256: digest },
  });
  return {
    // The firm by its founding record. A `version` is no member of it in SLSA 1.0.
    verifier: { id: `${origin}/v1/records/${set.root}` },
    timeVerified: now,
    resourceUri: `${origin}/v1/models/${subject.model}/versions/${subject.version}?use=${subject.use}`,
    policy: record(warrant.policy),
    // All that were read, as the specification demands of a list that is not empty.
    inputAttestations: attestations(set, grant).map(record),
    verificationResult: 'PASSED',
    verifiedLevels: [warrant.demonstration ? DEMONSTRATION_LEVEL : PRODUCTION_LEVEL],
    slsaVersion: '1.0',
  };
}

/** The records of the model and of the firm that count: first those that a reader looks for, then the rest in log order. */
function attestations(set: RecordSet, grant: WarrantGrant): readonly string[] {
  const { warrant, subject, digest } = grant;
  const read = set.records.filter(({ statement: { predicate } }) => {
    const { model, workspace } = predicate.subjectRef;
    return model === undefined || (model === subject.model && workspace === subject.workspace);
  });
  const ofVersion = (type: 'validation-report' | 'reproduction-attestation') =>
    recordsOfType(set, type)
      .filter(({ statement }) => {
        const ref = statement.predicate.subjectRef;
        return ref.model === subject.model && ref.version === subject.version;
      })
      .map((one) => one.digest);
  return [
    ...new Set([
      digest,
      warrant.changeRequest,
      ...warrant.approvals,
      ...warrant.exceptions,
      ...ofVersion('validation-report'),
      ...ofVersion('reproduction-attestation'),
      ...read.map((one) => one.digest),
    ]),
  ];
}

function manifestOf(
  p: Primitives,
  set: RecordSet,
  artifactDigest: string,
): ArtifactManifest | undefined {
  for (const { statement } of recordsOfType(set, 'model-artifact')) {
    const manifest = statement.predicate.content.manifest as Json | undefined;
    if (manifest === undefined) continue;
    if (sha256Hex(p, canonicalBytes(manifest)) === artifactDigest)
      return manifest as unknown as ArtifactManifest; // its digest is the one that every approval names
  }
  return undefined;
}
