// SPDX-License-Identifier: Apache-2.0
import { type Remark, type RemarkThread, visibleText } from '@countersign/kernel';
import { short } from './table.ts';

/** Threads as a terminal shows them: the author's own characters, line by line, nothing in them obeyed. */
export function describeDiscussion(threads: readonly RemarkThread[]): readonly string[] {
  if (threads.length === 0) return ['nobody has written on this request'];
  return threads.flatMap((thread, index) => [
    ...(index === 0 ? [] : ['']),
    `${thread.kind} ${short(thread.digest)}: ${stateOf(thread)}`,
    ...thread.remarks.flatMap(remarkLines),
  ]);
}

function stateOf({ state, blocking, blockedBy, resolved }: RemarkThread): string {
  const mark = blocking ? `, marked as blocking by ${blockedBy}` : '';
  const by = resolved === undefined ? '' : ` by ${resolved.by} at ${resolved.at}`;
  return `${state}${by}${mark}`;
}

const ACTS = {
  remark: 'writes',
  question: 'asks',
  answer: 'answers',
  resolve: 'resolves it',
  reopen: 'opens it again',
  block: 'marks it as blocking',
} as const;

function remarkLines({ digest, author, at, standing, content }: Remark): readonly string[] {
  const via = content.onBehalfOf?.via;
  const how =
    standing === 'signed'
      ? 'signed'
      : `attested by the platform${via === undefined ? '' : `, by ${via}`}`;
  return [
    `  ${author} ${ACTS[content.act]} (${short(digest)}, ${at}, ${how})`,
    ...(content.text === ''
      ? []
      : content.text.split('\n').map((line) => `    ${visibleText(line)}`)),
  ];
}
