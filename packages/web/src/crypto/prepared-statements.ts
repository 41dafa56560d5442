// SPDX-License-Identifier: Apache-2.0
import {
  canonicalJson,
  equalBytes,
  fromBase64,
  type Json,
  paperSections,
  parseStrictJson,
  readStatement,
  type Statement,
  sha256Hex,
  statementBytes,
  utf8,
} from '@countersign/kernel';
import { noblePrimitives } from '@countersign/kernel/noble';
import type { DraftedStatement } from './drafted-statement.ts';

export interface Prepared {
  readonly statements: readonly { readonly payload: string; readonly digest: string }[];
  /** Of a paper: the Markdown whose bytes the statement names. */
  readonly text?: string | undefined;
}

/** What was asked for, and of whom and by whom it must be. */
export interface Asked {
  readonly account: string;
  /** Digest of the founding record that this browser keeps to. */
  readonly root: string;
  /** The members of the form as they were sent. */
  readonly said: Readonly<Record<string, unknown>>;
}

/**
 * Reads what the server prepared from its bytes, as the kernel reads a record, and recomputes each digest. It must be the
 * reader's own, of their firm, and say every word that they wrote; what it says beside that, the page shows before it is
 * signed.
 * @throws Error naming the difference
 */
export function readPrepared(prepared: Prepared, asked: Asked): readonly DraftedStatement[] {
  const read = prepared.statements.map(({ payload, digest }) => readOne(payload, digest, asked));
  if (read.length === 0) throw new Error('the server prepared nothing to sign');
  const unsaid = firstUnsaid(
    asked.said,
    read.map(({ statement }) => statement),
  );
  if (unsaid !== undefined)
    throw new Error(
      `the server prepared a statement that does not say \`${unsaid}\`: do not sign it`,
    );
  if (prepared.text !== undefined) checkText(prepared.text, read, asked);
  return read;
}

function readOne(payload: string, digest: string, asked: Asked): DraftedStatement {
  const bytes = fromBase64(payload);
  const statement = readStatement(parseStrictJson(bytes));
  const { actor, founding } = statement.predicate;
  const own = sha256Hex(noblePrimitives, bytes);
  if (own !== digest || !equalBytes(statementBytes(statement), bytes))
    throw new Error('the server names other bytes than it sent: do not sign them');
  if (actor !== asked.account)
    throw new Error(
      `the server prepared a statement by \`${actor}\`, you are \`${asked.account}\``,
    );
  if (founding !== asked.root)
    throw new Error('the statement belongs to another founding record than this browser keeps to');
  return { statement, payload: bytes, digest: own };
}

/** Members that a statement does not repeat: the act's name, choices by their id, a name that is resolved to a digest. */
const RESOLVED: ReadonlySet<string> = new Set(['act', 'answers', 'campaign', 'body']);

function firstUnsaid(said: Asked['said'], statements: readonly Statement[]): string | undefined {
  const there = statements.flatMap(({ predicate: { type, scope, subjectRef, content } }) =>
    leaves({ type, scope, subjectRef, content } as unknown as Json),
  );
  const wanted = Object.entries(said).filter(([name]) => !RESOLVED.has(name));
  return wanted
    .flatMap(([, value]) => leaves(value as Json))
    .find((one) => !there.some((text) => text === one || isEndOf(text, one)));
}

/** A day that a record holds as its last moment. */
function isEndOf(text: string, day: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(day) && text === `${day}T23:59:59.999Z`;
}

function leaves(value: Json | undefined): readonly string[] {
  if (value === undefined || value === null || typeof value === 'boolean') return [];
  if (typeof value === 'string') return [value.trim()];
  if (typeof value === 'number') return [String(value)];
  return Object.values(value).flatMap((one: Json) => leaves(one));
}

/** The bytes that a paper's record names are the text that was written, front matter apart, and so are its sections. */
function checkText(text: string, read: readonly DraftedStatement[], asked: Asked): void {
  const body = typeof asked.said.body === 'string' ? asked.said.body : '';
  const digest = sha256Hex(noblePrimitives, utf8(text));
  const own = paperSections(body);
  const isOwn = read.every(({ statement: { predicate } }) => {
    const isNamed = predicate.blobs?.includes(digest) === true;
    const sections = own.ok ? (own.sections as unknown as Json) : null; // readonly members are JSON
    return isNamed && canonicalJson(predicate.content.sections ?? null) === canonicalJson(sections);
  });
  if (!isOwn || !text.endsWith(`---\n\n${body.trim()}\n`))
    throw new Error('the server prepared another text than was written: do not sign it');
}
