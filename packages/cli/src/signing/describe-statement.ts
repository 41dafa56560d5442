// SPDX-License-Identifier: Apache-2.0
import {
  type Json,
  type Statement,
  sha256Hex,
  statementBytes,
  subjectText,
  visibleText,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { describeTrust } from './describe-trust.ts';

const VALUE_SHOWN_MAX = 160;
const MEMBERS_SHOWN_MAX = 24;

/**
 * What a signature will stand under: type, subject, every member of the content in short, and the digest.
 * @param signer the account that signs, where that is not the author
 */
export function describeStatement(
  statement: Statement,
  signer: string = statement.predicate.actor,
): readonly string[] {
  const { predicate } = statement;
  const kind = predicate.kind === undefined ? '' : ` (${predicate.kind})`;
  const by = signer === predicate.actor ? '' : `, made by ${predicate.actor}`;
  const head = `signing ${predicate.type}${kind} about ${subjectText(predicate.subjectRef)} as ${signer}${by}`;
  const digest = `  digest ${sha256Hex(nodePrimitives, statementBytes(statement))}`;
  const trust = describeTrust(predicate);
  if (trust !== undefined) return [head, ...trust, digest];
  const members = Object.entries(predicate.content);
  const shown = members
    .slice(0, MEMBERS_SHOWN_MAX)
    .map(([name, value]) => `  ${visibleText(name)}: ${summary(value)}`);
  const more = members.length - shown.length;
  return [head, ...shown, ...(more > 0 ? [`  and ${more} more members`] : []), digest];
}

function summary(value: Json): string {
  if (typeof value === 'string') return clip(value.replaceAll(/\s+/g, ' '));
  if (Array.isArray(value)) {
    const isShort =
      value.length <= 4 && value.every((one) => typeof one === 'string' && one.length <= 64);
    return isShort ? visibleText(value.join(', ')) : `${value.length} entries`;
  }
  return clip(JSON.stringify(value));
}

/** A signer must see what stands there: no character of it may hide, reorder or overwrite others. */
function clip(given: string): string {
  const text = visibleText(given);
  return text.length <= VALUE_SHOWN_MAX ? text : `${text.slice(0, VALUE_SHOWN_MAX)}…`;
}
