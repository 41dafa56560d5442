// SPDX-License-Identifier: Apache-2.0
import {
  equalBytes,
  fromBase64,
  parseStrictJson,
  readStatement,
  type Statement,
  statementBytes,
} from '@countersign/kernel';
import { z } from 'zod';
import { atFile, CliError } from '../errors.ts';

/** What a page saves for somebody whose key is a file: the bytes as it showed them. */
const Handed = z.strictObject({
  v: z.literal(1),
  kind: z.literal('countersign-statements'),
  /** Base64 of canonical statements, recorded together or not at all. */
  payloads: z.array(z.string()).min(1).max(100),
  /** Of a paper: the Markdown whose bytes the statement names. */
  text: z.string().optional(),
});

export interface HandedStatements {
  readonly statements: readonly Statement[];
  readonly text: string | undefined;
}

/** A claimed time is that of signing (21 CFR 11.50(a)(2)): what was written long ago is written again. */
const AGE_MAX_MS = 24 * 3_600_000;

/** @throws CliError `file_invalid` for what is no such file, `refused` for somebody else's, another firm's or an old one */
export function readHandedStatements(
  file: string,
  text: string,
  by: { readonly account: string; readonly founding: string; readonly now: string },
): HandedStatements {
  const handed = parse(file, text);
  const statements = handed.payloads.map((payload) => statementOf(file, payload));
  for (const { predicate } of statements) {
    if (predicate.actor !== by.account)
      throw refused(`\`${file}\` is by \`${predicate.actor}\`, you are \`${by.account}\``);
    if (predicate.founding !== by.founding)
      throw refused(`\`${file}\` belongs to another firm's founding record`);
    if (Date.parse(by.now) - Date.parse(predicate.claimedAt) > AGE_MAX_MS)
      throw refused(
        `\`${file}\` was prepared on ${predicate.claimedAt}: have the page prepare it again`,
      );
  }
  return { statements, text: handed.text };
}

function parse(file: string, text: string): z.infer<typeof Handed> {
  try {
    return Handed.parse(parseStrictJson(text, { maxBytes: 4 * 1024 * 1024 }));
  } catch (cause) {
    throw atFile(file, 1, 'it is no statement that a page saved', cause);
  }
}

function statementOf(file: string, payload: string): Statement {
  try {
    const bytes = fromBase64(payload);
    const statement = readStatement(parseStrictJson(bytes));
    if (equalBytes(statementBytes(statement), bytes)) return statement;
  } catch (cause) {
    throw atFile(file, 1, cause instanceof Error ? cause.message : 'it holds no statement', cause);
  }
  throw atFile(file, 1, 'its bytes are not canonical: have the page prepare it again');
}

function refused(message: string): CliError {
  return new CliError('refused', message);
}
