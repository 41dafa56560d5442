// SPDX-License-Identifier: Apache-2.0
import {
  type RecordSet,
  readApprovalContent,
  readWarrantRecord,
  type VersionContext,
  verifyWarrant,
  versionContext,
} from '@countersign/kernel';
import { short } from '../output/table.ts';
import type { TraceNode } from './trace-tree.ts';
import { recordNode, setAsOf, versionChain } from './version-chain.ts';

/** A warrant as it was judged at a time: its change request, each approval, and the version below it. */
export function warrantChain(set: RecordSet, warrant: string, at: string): TraceNode {
  const then = setAsOf(set, at);
  const found = readWarrantRecord(then.byDigest.get(warrant));
  if (found === undefined) {
    return {
      title: `warrant ${short(warrant)}`,
      holds: false,
      notes: ['no such warrant counted in the log then'],
    };
  }
  const { record, warrant: terms, subject } = found;
  const check = verifyWarrant(then, {
    warrant,
    environment: terms.environment,
    now: at,
    production: false,
  });
  const stamp = terms.demonstration ? ', demonstration' : '';
  const approvals = terms.approvals.flatMap((digest) => approvalNode(then, digest));
  const exceptions = terms.exceptions.flatMap((digest) => {
    const one = then.byDigest.get(digest);
    return one === undefined
      ? []
      : [
          recordNode(one, {
            title: 'exception',
            notes: [String(one.statement.predicate.content.reason)],
          }),
        ];
  });
  const request = then.byDigest.get(terms.changeRequest);
  const { workspace, model, use, version } = subject;
  const context =
    model === undefined || use === undefined || version === undefined
      ? undefined
      : versionContext(then, { workspace, model, use, version });
  return {
    ...recordNode(record, {
      title: `${terms.environment} warrant`,
      notes: check.ok
        ? [
            `held at ${at}, until ${terms.expires}${stamp}: every condition and approval judged again here`,
          ]
        : check.denials.map(({ reason }) => reason),
      children: [
        ...(request === undefined
          ? []
          : [
              recordNode(request, {
                title: 'change request',
                notes: [String(request.statement.predicate.content.reason)],
                children: [...approvals, ...exceptions],
              }),
            ]),
        ...(context?.ok === true ? [versionChain(then, context.context)] : []),
      ],
    }),
    holds: check.ok,
  };
}

function approvalNode(set: RecordSet, digest: string): readonly TraceNode[] {
  const record = set.byDigest.get(digest);
  if (record === undefined)
    return [{ title: `approval ${short(digest)}`, holds: false, notes: ['it does not count'] }];
  const { role, printedName, meaning } = readApprovalContent(record.statement.predicate.content);
  return [recordNode(record, { title: `approval by ${printedName} as ${role}`, notes: [meaning] })];
}

/** The specification that a warrant names: what was served, exactly. */
export function specOf(set: RecordSet, warrant: string) {
  const found = readWarrantRecord(set.byDigest.get(warrant));
  return found === undefined ? undefined : set.byDigest.get(found.warrant.spec);
}

export function contextOf(set: RecordSet, warrant: string): VersionContext | undefined {
  const subject = readWarrantRecord(set.byDigest.get(warrant))?.subject;
  if (subject?.model === undefined || subject.use === undefined || subject.version === undefined)
    return undefined;
  const { workspace, model, use, version } = subject;
  const found = versionContext(set, { workspace, model, use, version });
  return found.ok ? found.context : undefined;
}
