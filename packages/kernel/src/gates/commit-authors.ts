// SPDX-License-Identifier: Apache-2.0
import type { VersionContext } from '../evidence/evidence-items.ts';
import type { SourceRevisionContent } from '../records/contents.ts';
import type { CountedRecord } from '../records/record-set.ts';
import {
  asArray,
  asBoolean,
  asNonEmpty,
  asObject,
  asOneOf,
  asString,
  optional,
} from '../records/shape.ts';
import { type Attribution, isBot, sameAddress } from './author-attribution.ts';

/** An address (with a signing key) under which commits of a version were made, and the record that says so. */
export type CommitAuthor = SourceRevisionContent['authors'][number] & { readonly record: string };

/** Why an account counts as a developer of a version, with the record that says so. */
export interface DevelopmentFact {
  readonly account: string;
  readonly because: string;
  readonly record: string;
}

/** The commit authors that a version's source revision names; none for any other record. */
export function commitAuthorsOf(
  record: CountedRecord,
  context: VersionContext,
): readonly CommitAuthor[] {
  const { predicate } = record.statement;
  if (predicate.type !== 'source-revision') return [];
  if (predicate.subjectRef.version !== context.version) return [];
  const at = 'content.authors';
  return asArray(predicate.content.authors, at, (json, path) => {
    const author = asObject(json, path);
    const account = optional(author.account, `${path}.account`, asString);
    const signature = optional(author.signature, `${path}.signature`, (value, place) => {
      const object = asObject(value, place);
      return {
        format: asOneOf(object.format, ['ssh', 'gpg'] as const, `${place}.format`),
        key: asNonEmpty(object.key, `${place}.key`),
        verified: asBoolean(object.verified, `${place}.verified`),
      };
    });
    return {
      email: asString(author.email, `${path}.email`),
      record: record.digest,
      ...(account === undefined ? {} : { account }),
      ...(signature === undefined ? {} : { signature }),
    };
  });
}

/**
 * Whom the commits of a version make developers. Each fact stands alone: an account that the platform knew, an address
 * that was attributed, a key that was attributed. Names in git prove nothing, so they only ever add a developer; that
 * goes for a signature that nobody could verify too, whose key somebody may yet turn out to hold.
 */
export function authorFacts(
  author: CommitAuthor,
  attributions: readonly Attribution[],
): readonly DevelopmentFact[] {
  const { account, email, signature, record } = author;
  const known = account === undefined ? [] : [{ account, because: 'authored the commit', record }];
  const attributed = attributions.filter((one) => !isBot(one.account));
  const byAddress = attributed
    .filter((one) => sameAddress(one.email, email))
    .map((one) => ({
      account: one.account,
      because: `authored the commit as ${email} (${attributedBy(one)})`,
      record: one.record,
    }));
  const byKey = attributed
    .filter((one) => signature !== undefined && one.commitKey === signature.key)
    .map((one) => ({
      account: one.account,
      because: `${signature?.verified === true ? 'signed the commit' : 'is named by the unverified signature of the commit'} with key ${one.commitKey} (${attributedBy(one)})`,
      record: one.record,
    }));
  return [...known, ...byAddress, ...byKey];
}

function attributedBy({ by }: Attribution): string {
  return `attributed by ${by.map((account) => `\`${account}\``).join(' and ')}`;
}

/**
 * Whether it is known whose an address is: two independent persons say so. Who built the version has no say in it, and
 * owning up to an address makes a developer without making it known, or a developer could take on an approver's.
 */
export function isKnownAuthor(
  author: CommitAuthor,
  attributions: readonly Attribution[],
  developers: ReadonlySet<string>,
): boolean {
  if (author.account !== undefined) return true;
  return attributions.some((one) => {
    if (!sameAddress(one.email, author.email)) return false;
    const independent = one.by.filter((account) => !developers.has(account));
    if (independent.length < 2) return false;
    return !isBot(one.account) || isBotCommit(author, one);
  });
}

/** A bot whose key is known made those commits alone that bear its signature: anybody can write its address. */
function isBotCommit({ signature }: CommitAuthor, { commitKey }: Attribution): boolean {
  if (commitKey === undefined) return true;
  return signature?.verified === true && signature.key === commitKey;
}
