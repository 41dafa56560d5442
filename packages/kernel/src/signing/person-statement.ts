// SPDX-License-Identifier: Apache-2.0
import type { Json } from '../json/parse.ts';
import type { Primitives } from '../primitives.ts';
import type { RecordType } from '../records/record-type.ts';
import {
  type Predicate,
  type ResourceDescriptor,
  type Scope,
  type Statement,
  type SubjectRef,
  subjectOf,
} from '../records/statement.ts';

/** What a person says, before it is signed. */
export interface Draft {
  readonly type: RecordType;
  readonly kind?: string;
  readonly scope: Scope;
  readonly subjectRef: SubjectRef;
  /** The bytes it is about; the digest of its subject reference unless given. */
  readonly subject?: ResourceDescriptor;
  readonly producer?: Predicate['producer'];
  readonly source?: readonly string[];
  readonly blobs?: readonly string[];
  readonly supersedes?: string;
  readonly content: object;
}

/** Who says it, under which founding record, when (UTC with milliseconds). */
export interface Statesman {
  readonly account: string;
  readonly founding: string;
  readonly now: string;
}

/**
 * The statement that a person signs: theirs by `actor`, bound to their firm by `founding`. Command line and browser
 * draft with this one function, so that a person signs the same bytes wherever they sign.
 */
export function personStatement(p: Primitives, draft: Draft, by: Statesman): Statement {
  const { type, kind, scope, subjectRef, source = [], blobs, supersedes } = draft;
  return {
    subject: [draft.subject ?? subjectOf(p, subjectRef)],
    predicate: {
      type,
      ...(kind === undefined ? {} : { kind }),
      scope,
      subjectRef,
      producer: draft.producer ?? 'human',
      actor: by.account,
      claimedAt: by.now,
      ...(type === 'run-request' ? {} : { basis: 'declared' as const }),
      source,
      ...(blobs === undefined ? {} : { blobs }),
      ...(supersedes === undefined ? {} : { supersedes }),
      founding: by.founding,
      // Contents are interfaces of JSON members, which TypeScript cannot see; statementBytes refuses anything else.
      content: dropUndefined(draft.content) as Predicate['content'],
    },
  };
}

function dropUndefined(content: object): Json {
  return JSON.parse(JSON.stringify(content)) as Json; // JSON.stringify leaves out what is undefined
}
