// SPDX-License-Identifier: Apache-2.0
import { indexAt, type RecordSet, recordsAsOf, recordsOfType } from '@countersign/kernel';
import { ServerError } from '../errors.ts';
import type { DocumentParams, DocumentRequest } from './document-kind.ts';

const POSITION = /^\d{1,15}$/;

/**
 * What a document is compiled from, as the log stood at `asOf`: a time (UTC) or a log position; all of it without one.
 * The date of a document is that of the last record it could know, so a document that was issued and the same document
 * asked for later as of then are the same bytes.
 * @throws ServerError `request_malformed` for a moment before the founding
 */
export function documentRequest(
  all: RecordSet,
  asked: {
    readonly workspace: string;
    readonly params: DocumentParams;
    readonly asOf?: string | undefined;
  },
): DocumentRequest {
  const last = lastKnown(all, asked.asOf);
  const set = recordsAsOf(all, { date: last.loggedAt, known: last.index });
  return {
    workspace: asked.workspace,
    set,
    params: asked.params,
    facts: {
      firm: set.founding.firm,
      demonstration: set.founding.demonstration,
      asOf: last.loggedAt,
      asOfIndex: last.index,
      people: printedNames(set),
    },
  };
}

/** By account: the name that its holder last signed with. An account that signed no approval has none. */
function printedNames(set: RecordSet): ReadonlyMap<string, string> {
  const named = ['approval-record', 'generated-document'] as const;
  const signed = named.flatMap((type) => recordsOfType(set, type));
  return new Map(
    signed
      .sort((a, b) => a.index - b.index)
      .flatMap(({ statement: { predicate } }) => {
        const { printedName } = predicate.content;
        return typeof printedName === 'string' ? [[predicate.actor, printedName] as const] : [];
      }),
  );
}

function lastKnown(all: RecordSet, asOf: string | undefined) {
  const index =
    asOf === undefined ? Infinity : POSITION.test(asOf) ? Number(asOf) : indexAt(all, asOf);
  const last = all.records.findLast((record) => record.index <= index);
  if (last !== undefined) return last;
  throw new ServerError('request_malformed', `the log holds nothing as of \`${asOf ?? ''}\``, {
    details: { field: 'asOf' },
  });
}
