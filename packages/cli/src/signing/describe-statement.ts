// SPDX-License-Identifier: Apache-2.0
import {
  type Json,
  type Statement,
  type SubjectRef,
  sha256Hex,
  statementBytes,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';

const VALUE_SHOWN_MAX = 160;
const MEMBERS_SHOWN_MAX = 24;

/** What a signature will stand under: type, subject, every member of the content in short, and the digest. */
export function describeStatement(statement: Statement): readonly string[] {
  const { predicate } = statement;
  const kind = predicate.kind === undefined ? '' : ` (${predicate.kind})`;
  const members = Object.entries(predicate.content);
  const shown = members
    .slice(0, MEMBERS_SHOWN_MAX)
    .map(([name, value]) => `  ${name}: ${summary(value)}`);
  const more = members.length - shown.length;
  return [
    `signing ${predicate.type}${kind} about ${subjectText(predicate.subjectRef)} as ${predicate.actor}`,
    ...shown,
    ...(more > 0 ? [`  and ${more} more members`] : []),
    `  digest ${sha256Hex(nodePrimitives, statementBytes(statement))}`,
  ];
}

export function subjectText(ref: SubjectRef): string {
  if (ref.model === undefined) return `the firm (${ref.workspace})`;
  const version = ref.version === undefined ? '' : `@${ref.version}`;
  const use = ref.use === undefined ? '' : ` for ${ref.use}`;
  const dataset = ref.dataset === undefined ? '' : `, data ${ref.dataset}`;
  return `${ref.model}${version}${use}${dataset}`;
}

function summary(value: Json): string {
  if (typeof value === 'string') return clip(value.replaceAll(/\s+/g, ' '));
  if (Array.isArray(value)) {
    const isShort =
      value.length <= 4 && value.every((one) => typeof one === 'string' && one.length <= 64);
    return isShort ? value.join(', ') : `${value.length} entries`;
  }
  return clip(JSON.stringify(value));
}

function clip(text: string): string {
  return text.length <= VALUE_SHOWN_MAX ? text : `${text.slice(0, VALUE_SHOWN_MAX)}…`;
}
