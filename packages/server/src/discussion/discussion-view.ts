// SPDX-License-Identifier: Apache-2.0
import type { DiscussionReply, RemarkBlock, RemarkInline } from '@countersign/contract';
import {
  actRefusal,
  type CountedRecord,
  discussionOf,
  mayBlock,
  mentionsIn,
  openBlocking,
  type RecordSet,
  type Remark,
  type RemarkAct,
  type RemarkThread,
  readChangeRequest,
  readPolicy,
} from '@countersign/kernel';
import { type Block, type Inline, markdownBlocks } from '../dossier/index.ts';
import { findChangeRequest } from '../governance/index.ts';

/**
 * What people wrote on a change request, with what the reader may do there.
 * @throws ServerError `change_request_unknown`
 */
export function discussionView(
  set: RecordSet,
  digest: string,
  reader: { readonly account: string; readonly mayWrite: boolean },
): DiscussionReply {
  const request = findChangeRequest(set, digest);
  const threads = discussionOf(set, digest);
  const { account, mayWrite } = reader;
  return {
    changeRequest: digest,
    threads: threads.map((thread) => ({
      digest: thread.digest,
      kind: thread.kind,
      state: thread.state,
      blocking: thread.blocking,
      ...(thread.blockedBy === undefined ? {} : { blockedBy: thread.blockedBy }),
      ...(thread.resolved === undefined
        ? {}
        : { resolvedBy: thread.resolved.by, resolvedAt: thread.resolved.at }),
      remarks: thread.remarks.map((remark) => remarkView(set, remark)),
      may: abilities(set, request, { thread, ...reader }),
    })),
    counts: {
      remarks: threads.reduce((sum, { remarks }) => sum + remarks.length, 0),
      open: threads.filter(({ state }) => state === 'open').length,
      openBlocking: openBlocking(threads).length,
    },
    isCondition: isCondition(set, request),
    may: { write: mayWrite, block: mayWrite && mayBlock(set, request, account) },
  };
}

/** The page offers what the platform can attest; what takes a key is said by the refusal and done with the command line. */
function abilities(
  set: RecordSet,
  request: CountedRecord,
  at: { readonly thread: RemarkThread; readonly account: string; readonly mayWrite: boolean },
) {
  const may = (act: RemarkAct): boolean =>
    at.mayWrite &&
    actRefusal(set, request, {
      thread: at.thread,
      remark: { author: at.account, standing: 'attested', content: { act } },
    }) === undefined;
  return {
    answer: at.mayWrite,
    resolve: may('resolve'),
    block: !at.thread.blocking && may('block'),
  };
}

function remarkView(set: RecordSet, remark: Remark) {
  const { content } = remark;
  const known = accountsOf(set);
  return {
    digest: remark.digest,
    act: content.act,
    author: remark.author,
    at: remark.at,
    text: content.text,
    blocks: remarkBlocks(content.text),
    mentions: mentionsIn(content.text).filter((account) => known.has(account)),
    standing: remark.standing,
    ...(content.onBehalfOf === undefined || remark.standing === 'signed'
      ? {}
      : { via: content.onBehalfOf.via }),
    ...(content.inReplyTo === undefined ? {} : { inReplyTo: content.inReplyTo }),
  };
}

/** Accounts that hold or held a key: names that are nobody's are not shown as somebody's. */
function accountsOf(set: RecordSet): ReadonlySet<string> {
  return new Set(
    [...set.register.values()].flatMap(({ holder }) =>
      holder.kind === 'person' ? [holder.account] : [],
    ),
  );
}

function isCondition(set: RecordSet, request: CountedRecord): boolean {
  try {
    const { policy, transition } = readChangeRequest(request.statement.predicate.content);
    const document = set.byDigest.get(policy)?.statement.predicate.content.policy;
    const { conditions } = readPolicy(document, 'content.policy').transitions[transition];
    return conditions.some(({ id }) => id === 'discussion');
  } catch {
    return false; // the gate itself says that the policy cannot be read
  }
}

/** The Markdown of a remark as blocks of plain text, read as the papers of a dossier are. */
export function remarkBlocks(text: string): readonly RemarkBlock[] {
  return markdownBlocks(text).flatMap(blockView);
}

function blockView(block: Block): readonly RemarkBlock[] {
  switch (block.kind) {
    case 'paragraph':
      return [{ kind: 'paragraph', text: block.text.flatMap(inlineView) }];
    case 'heading':
    case 'code':
      return [block];
    case 'list':
      return [{ ...block, items: block.items.map((item) => item.flatMap(blockView)) }];
    case 'quote':
      return [{ kind: 'quote', blocks: block.blocks.flatMap(blockView) }];
    case 'table':
      return [
        {
          kind: 'table',
          columns: block.columns.map(({ title }) => title),
          rows: block.rows.map((row) => row.map((cell) => cell.text)),
        },
      ];
    default:
      return []; // no other block comes of Markdown
  }
}

function inlineView(inline: Inline): readonly RemarkInline[] {
  return inline.kind === 'text' || inline.kind === 'break' ? [inline] : [];
}
