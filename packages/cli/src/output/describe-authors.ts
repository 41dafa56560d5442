// SPDX-License-Identifier: Apache-2.0
import {
  type Attribution,
  attributionsOf,
  type CommitAuthor,
  commitAuthorsOf,
  dutiesOf,
  isKnownAuthor,
  type RecordSet,
  sameAddress,
  type VersionContext,
} from '@countersign/kernel';
import { short, table } from './table.ts';

/** The authors of a version's commits, and whose their addresses and keys are said to be. */
export interface AuthorsView {
  readonly model: string;
  readonly version: number;
  readonly authors: readonly {
    readonly email: string;
    readonly account?: string;
    readonly signature?: CommitAuthor['signature'];
    /** Whether it is known whose the commits are; at high tier nothing is promoted until it is. */
    readonly isKnown: boolean;
    readonly attributions: readonly Attribution[];
  }[];
  readonly unattributed: readonly string[];
}

/** Recomputed from verified records, as a gate does. */
export function authorsView(set: RecordSet, context: VersionContext): AuthorsView {
  const { developers, unattributed } = dutiesOf(set, context);
  const accounts = new Set(developers.map(({ account }) => account));
  const attributions = attributionsOf(set, context.workspace);
  const authors = set.records
    .filter(({ statement }) => statement.predicate.subjectRef.model === context.model)
    .flatMap((record) => commitAuthorsOf(record, context));
  return {
    model: context.model,
    version: context.version,
    authors: authors.map((author) => {
      const { record: _, ...shown } = author;
      const isKnown = isKnownAuthor(author, attributions, accounts);
      return {
        ...shown,
        isKnown,
        attributions: attributions.filter((one) => isAbout(one, author)),
      };
    }),
    unattributed,
  };
}

function isAbout(attribution: Attribution, { email, signature }: CommitAuthor): boolean {
  return (
    sameAddress(attribution.email, email) ||
    (signature !== undefined && attribution.commitKey === signature.key)
  );
}

export function describeAuthors({ authors, unattributed }: AuthorsView): readonly string[] {
  const rows = authors.map(({ email, isKnown, account, signature, attributions }) => [
    email,
    isKnown ? '' : 'unknown',
    [
      ...(account === undefined ? [] : [`${account} (own e-mail)`]),
      ...attributions.map(worded),
    ].join('; '),
    signature === undefined ? '' : `${signature.key}${signature.verified ? '' : ' (not verified)'}`,
  ]);
  const verdict =
    unattributed.length === 0
      ? 'every author is known'
      : `unknown: ${unattributed.length}; a high-tier version is not promoted until each is attributed`;
  return [...table(['address', '', 'whose', 'signed with'], rows), verdict];
}

function worded({ account, by, record }: Attribution): string {
  return `${account} (said by ${by.join(' and ')}, ${short(record)})`;
}
