// SPDX-License-Identifier: Apache-2.0
import {
  accountOf,
  type CountedRecord,
  type Json,
  newestPolicyDocument,
  type RecordSet,
  recordsOfType,
} from '@countersign/kernel';
import { ServerError } from '../errors.ts';
import { type DiffLine, policyTextDiff } from './policy-text-diff.ts';

/** Kinds of `policy-document` by which the firm sets its own rules, with the member that holds the document. */
export const POLICY_KINDS = {
  'promotion-policy': 'policy',
  questionnaire: 'questionnaire',
  committee: 'committee',
  deputies: 'deputies',
  retention: 'retention',
} as const;
export type PolicyDocumentKind = keyof typeof POLICY_KINDS;

export interface PolicyVersion {
  readonly digest: string;
  readonly kind: PolicyDocumentKind;
  readonly title: string;
  readonly version: string;
  /** Accounts. */
  readonly signedBy: readonly string[];
  readonly loggedAt: string;
  readonly index: number;
  readonly inForce: boolean;
  readonly document: Json;
}

export type PolicyHistoryEntry = PolicyVersion & {
  /** Against the one before it; the first of all has none. */
  readonly changes: readonly DiffLine[];
};

/** Every document of a kind that has counted, newest first, with what each changed. */
export function policyHistory(
  set: RecordSet,
  kind: PolicyDocumentKind,
): readonly PolicyHistoryEntry[] {
  const all = recordsOfType(set, 'policy-document').filter(
    ({ statement }) => statement.predicate.kind === kind,
  );
  return all
    .map((record, place) => {
      const before = all[place - 1];
      const document = documentOf(record, kind);
      return {
        ...versionOf(record, kind, { inForce: place === all.length - 1 }),
        changes: before === undefined ? [] : policyTextDiff(documentOf(before, kind), document),
      };
    })
    .reverse();
}

/** The document in force, which for promotion policies and questionnaires is the newest. @throws ServerError `policy_unknown` */
export function policyInForce(set: RecordSet, kind: PolicyDocumentKind): PolicyVersion {
  const newest = newestPolicyDocument(set, kind);
  if (newest !== undefined) return versionOf(newest, kind, { inForce: true });
  throw new ServerError(
    'policy_unknown',
    `no document of kind \`${kind}\` has been signed; two of model risk and administration sign one with \`countersign sign\``,
    { details: { kind } },
  );
}

function versionOf(
  record: CountedRecord,
  kind: PolicyDocumentKind,
  { inForce }: { readonly inForce: boolean },
): PolicyVersion {
  const { content } = record.statement.predicate;
  return {
    digest: record.digest,
    kind,
    title: String(content.title ?? kind),
    version: String(content.version ?? ''),
    signedBy: [...new Set(record.signers.map(accountOf))].sort(),
    loggedAt: record.loggedAt,
    index: record.index,
    inForce,
    document: documentOf(record, kind),
  };
}

function documentOf(record: CountedRecord, kind: PolicyDocumentKind): Json {
  return record.statement.predicate.content[POLICY_KINDS[kind]] ?? null;
}
