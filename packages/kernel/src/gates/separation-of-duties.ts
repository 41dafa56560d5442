// SPDX-License-Identifier: Apache-2.0
import type { VersionContext } from '../evidence/evidence-items.ts';
import { appliesTo } from '../evidence/evidence-items.ts';
import { accountOf } from '../identity/key-register.ts';
import type { Role } from '../identity/roles.ts';
import type { CountedRecord, RecordSet } from '../records/record-set.ts';
import { asArray, asObject, asString, optional } from '../records/shape.ts';

/** Why an account counts as a developer of a version, with the record that says so. */
export interface DevelopmentFact {
  readonly account: string;
  readonly because: string;
  readonly record: string;
}

export interface Duties {
  readonly developers: readonly DevelopmentFact[];
  /** Commit authors that no account has been attributed to. */
  readonly unattributed: readonly string[];
}

/** Papers whose authors took part in building the model. */
const DEVELOPMENT_PAPERS = new Set(['design-rationale', 'feature-catalogue']);

/**
 * Who took part in building a version, from authenticated facts: who signed the request for its run, who submitted it,
 * who signed its design papers. Commit authors can only add a conflict, since a name in git proves nothing.
 */
export function dutiesOf(set: RecordSet, context: VersionContext): Duties {
  const developers: DevelopmentFact[] = [];
  const unattributed: string[] = [];
  for (const record of set.records) {
    if (!appliesTo(record, context)) continue;
    developers.push(...developmentFacts(set, record, context));
    unattributed.push(...unattributedAuthors(record, context));
  }
  return { developers, unattributed };
}

function developmentFacts(
  set: RecordSet,
  record: CountedRecord,
  context: VersionContext,
): readonly DevelopmentFact[] {
  const { predicate } = record.statement;
  const persons = record.signers.filter(({ holder }) => holder.kind === 'person').map(accountOf);
  const facts = (accounts: readonly string[], because: string, digest = record.digest) =>
    accounts.map((account) => ({ account, because, record: digest }));
  if (DEVELOPMENT_PAPERS.has(predicate.type)) return facts(persons, `signed ${predicate.type}`);
  const isVersion = predicate.subjectRef.version === context.version;
  if (predicate.type === 'change-record' && isVersion)
    return facts(persons, 'submitted the version');
  if (predicate.type === 'source-revision' && isVersion) {
    return facts(commitAuthors(record).attributed, 'authored the commit');
  }
  if (predicate.type === 'training-run' && isVersion) {
    return predicate.source.flatMap((digest) => requesterOf(set, digest));
  }
  return [];
}

function requesterOf(set: RecordSet, digest: string): readonly DevelopmentFact[] {
  const request = set.byDigest.get(digest);
  if (request?.statement.predicate.type !== 'run-request') return [];
  return request.signers.map((key) => ({
    account: accountOf(key),
    because: 'requested the run',
    record: digest,
  }));
}

function commitAuthors(record: CountedRecord): { attributed: string[]; unattributed: string[] } {
  const authors = asArray(record.statement.predicate.content.authors, 'content.authors', asObject);
  const attributed: string[] = [];
  const unattributed: string[] = [];
  for (const author of authors) {
    const account = optional(author.account, 'content.authors.account', asString);
    if (account === undefined) unattributed.push(asString(author.email, 'content.authors.email'));
    else attributed.push(account);
  }
  return { attributed, unattributed };
}

function unattributedAuthors(record: CountedRecord, context: VersionContext): readonly string[] {
  const { predicate } = record.statement;
  if (predicate.type !== 'source-revision') return [];
  if (predicate.subjectRef.version !== context.version) return [];
  return commitAuthors(record).unattributed;
}

/** Roles that must be held by someone who did not build the model. */
export const INDEPENDENT_ROLES: readonly Role[] = [
  'validator',
  'legal',
  'compliance',
  'executive',
  'model-risk',
];

/** The conflict that keeps an account from a role on this version, or undefined. */
export function conflictOf(
  set: RecordSet,
  duties: Duties,
  who: { readonly account: string; readonly role: Role },
): string | undefined {
  if (!INDEPENDENT_ROLES.includes(who.role)) return undefined;
  const own = duties.developers.find(({ account }) => account === who.account);
  if (own !== undefined) {
    return `\`${who.account}\` cannot act as ${who.role}: ${own.because} (record ${own.record.slice(0, 12)})`;
  }
  if (who.role !== 'validator') return undefined;
  const team = teamOf(set, who.account);
  if (team === undefined) return undefined;
  const colleague = duties.developers.find(({ account }) => teamOf(set, account) === team);
  return colleague === undefined
    ? undefined
    : `\`${who.account}\` cannot act as validator: same team \`${team}\` as \`${colleague.account}\`, who ${colleague.because}`;
}

function teamOf(set: RecordSet, account: string): string | undefined {
  for (const { holder } of set.register.values()) {
    if (holder.kind === 'person' && holder.account === account) return holder.team;
  }
  return undefined;
}
