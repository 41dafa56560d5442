// SPDX-License-Identifier: Apache-2.0
import { originOf } from '../evidence/enforcement-grade.ts';
import type { VersionContext } from '../evidence/evidence-items.ts';
import { appliesTo } from '../evidence/evidence-items.ts';
import { accountOf, type EnrolledKey, keyStanding } from '../identity/key-register.ts';
import type { Role } from '../identity/roles.ts';
import type { CountedRecord, RecordSet } from '../records/record-set.ts';
import { attributionsOf } from './author-attribution.ts';
import {
  authorFacts,
  commitAuthorsOf,
  type DevelopmentFact,
  isKnownAuthor,
} from './commit-authors.ts';

export interface Duties {
  readonly developers: readonly DevelopmentFact[];
  /** Commit authors that no account has been attributed to. */
  readonly unattributed: readonly string[];
}

/** Papers whose authors took part in building the model. */
const DEVELOPMENT_PAPERS = new Set(['design-rationale', 'feature-catalogue']);

/**
 * Who took part in building a version, from authenticated facts: who signed the request for its run, who submitted it,
 * who signed its design papers, whose keys signed its commits. Commit authors can only add a conflict, since a name in
 * git proves nothing; a signed attribution says whose an address or a key is, and it too only ever adds a developer.
 */
export function dutiesOf(set: RecordSet, context: VersionContext): Duties {
  const about = set.records.filter((record) => appliesTo(record, context));
  const authors = about.flatMap((record) => commitAuthorsOf(record, context));
  const attributions = authors.length === 0 ? [] : attributionsOf(set, context.workspace);
  const developers = about.flatMap((record) => [
    ...developmentFacts(set, record, context),
    ...commitAuthorsOf(record, context).flatMap((author) => authorFacts(author, attributions)),
  ]);
  const accounts = new Set(developers.map(({ account }) => account));
  const unknown = authors.filter((author) => !isKnownAuthor(author, attributions, accounts));
  return {
    developers: distinct(developers),
    unattributed: [...new Set(unknown.map(({ email }) => email))],
  };
}

/** The same person under the same address, with several keys or in several commits, is one fact. */
function distinct(facts: readonly DevelopmentFact[]): readonly DevelopmentFact[] {
  const found = new Map<string, DevelopmentFact>();
  for (const fact of facts) {
    const name = JSON.stringify([fact.account, fact.because, fact.record]);
    if (!found.has(name)) found.set(name, fact);
  }
  return [...found.values()];
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
  if (predicate.type === 'training-run' && isVersion) {
    return predicate.source.flatMap((digest) => requesterOf(set, digest));
  }
  // Whoever brought in a version that no run made answers for it as a developer does.
  if (predicate.type === 'model-artifact' && isVersion && originOf(predicate.content) !== 'built') {
    return predicate.source.flatMap((digest) =>
      requesterOf(set, digest, 'asked for its registration'),
    );
  }
  return [];
}

function requesterOf(
  set: RecordSet,
  digest: string,
  because = 'requested the run',
): readonly DevelopmentFact[] {
  const request = set.byDigest.get(digest);
  if (request?.statement.predicate.type !== 'run-request') return [];
  return request.signers.map((key) => ({
    account: accountOf(key),
    because,
    record: digest,
  }));
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
  const teams = teamsOf(set, who.account, (key) => keyStanding(key, latest(set)) !== 'retired');
  for (const colleague of duties.developers) {
    // Also by keys retired since: who built a version and left was of the team all the same.
    const shared = [...teamsOf(set, colleague.account, () => true)].find((one) => teams.has(one));
    if (shared === undefined) continue;
    return `\`${who.account}\` cannot act as validator: same team \`${shared}\` as \`${colleague.account}\`, who ${colleague.because}`;
  }
  return undefined;
}

/** The teams that an account's keys say it is of: whoever moves gets a new key, and the old one is retired. */
function teamsOf(
  set: RecordSet,
  account: string,
  counts: (key: EnrolledKey) => boolean,
): ReadonlySet<string> {
  const teams = [...set.register.values()]
    .filter((key) => accountOf(key) === account && counts(key))
    .flatMap(({ holder }) => (holder.kind === 'person' ? (holder.team ?? []) : []));
  return new Set(teams);
}

/** The time that the set is known up to. */
function latest(set: RecordSet): string {
  return set.records.at(-1)?.loggedAt ?? '';
}
