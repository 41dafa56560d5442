// SPDX-License-Identifier: Apache-2.0

/** What a raw commit object says of who made it. */
export interface CommitObject {
  /** Addresses of the author and committer lines, each once, in their order. */
  readonly emails: readonly string[];
  /** The text of its one signature header; undefined for none, and for more than one, which no tool writes. */
  readonly signature: string | undefined;
  /** The bytes that a signature is over: the object without its signature headers (gitformat-signature). */
  readonly signed: Buffer;
}

const NEWLINE = 0x0a;
const SPACE = 0x20;
const SIGNATURE_HEADERS: ReadonlySet<string> = new Set(['gpgsig', 'gpgsig-sha256']);

/** An address that git keeps as empty is still somebody's: it is named, so that it can be seen to lack an account. */
export const EMPTY_EMAIL = '<>';

/** Reads a commit object as `git cat-file commit` prints it. */
export function readCommitObject(bytes: Buffer): CommitObject {
  const emails = new Set<string>();
  const signatures: string[] = [];
  const kept: Buffer[] = [];
  let at = 0;
  for (const header of headersOf(bytes)) {
    at = header.end;
    const text = bytes.toString('utf8', header.start, header.end);
    const name = text.slice(0, text.indexOf(' '));
    if (name === 'author' || name === 'committer') emails.add(emailOf(text));
    if (SIGNATURE_HEADERS.has(name)) signatures.push(unfold(text.slice(name.length + 1)));
    else kept.push(bytes.subarray(header.start, header.end));
  }
  return {
    emails: [...emails],
    signature: signatures.length === 1 ? signatures[0] : undefined,
    signed: Buffer.concat([...kept, bytes.subarray(at)]),
  };
}

/** Byte ranges of the headers, each with its continuation lines and last newline, up to the empty line. */
function headersOf(bytes: Buffer): readonly { readonly start: number; readonly end: number }[] {
  const found: { start: number; end: number }[] = [];
  let start = 0;
  while (start < bytes.length && bytes[start] !== NEWLINE) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    const last = found.at(-1);
    if (bytes[start] === SPACE && last !== undefined) last.end = end;
    else found.push({ start, end });
    start = end;
  }
  return found;
}

/** As git reads an identity: between the first `<` and the first `>` after it. */
function emailOf(line: string): string {
  const open = line.indexOf('<');
  const close = line.indexOf('>', open + 1);
  const email = open < 0 || close < 0 ? '' : line.slice(open + 1, close).trim();
  return email === '' ? EMPTY_EMAIL : email;
}

function unfold(value: string): string {
  return value.replaceAll('\n ', '\n').trimEnd();
}
