// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type FrameworkPack, formatPackPath, type PackPath, parsePack } from '@countersign/kernel';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { ServerError } from '../errors.ts';

/** A pack with the digest (SHA-256, hex) of its bytes as read: what an evaluation pins. */
export interface LoadedPack {
  readonly pack: FrameworkPack;
  readonly digest: string;
}

/** One thing wrong with a pack file; line and column count from 1. */
export interface PackFileProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
}

/**
 * Reads a framework pack from a YAML file.
 * @throws ServerError `pack_unreadable`, or `pack_malformed` with every problem's file and line
 */
export async function loadPack(path: string): Promise<LoadedPack> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new ServerError('pack_unreadable', `cannot read pack \`${path}\`; check the path`, {
      details: { file: path },
      cause,
    });
  });
  return parsePackFile(path, bytes);
}

/**
 * Reads a framework pack from the bytes of a YAML file; `file` names it in errors.
 * Aliases are refused: a clause that is written elsewhere cannot be reviewed where it stands.
 * @throws ServerError `pack_malformed` with every problem's file and line
 */
export function parsePackFile(file: string, bytes: Uint8Array): LoadedPack {
  const lines = new LineCounter();
  const text = new TextDecoder('utf-8').decode(bytes);
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true });
  const at = (offset: number, path: string, message: string): PackFileProblem => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col, path, message };
  };
  const syntax = [...document.errors, ...document.warnings];
  if (syntax.length > 0) {
    const first = (message: string) => message.split('\n')[0]?.replace(/ at line .*$/, '') ?? '';
    refuse(syntax.map((error) => at(error.pos[0], 'yaml', first(error.message))));
  }
  const parsed = parsePack(plainValue(document, file));
  if (parsed.ok) {
    return { pack: parsed.pack, digest: createHash('sha256').update(bytes).digest('hex') };
  }
  const problems = parsed.problems.map(({ path, message }) =>
    at(offsetOf(document, path), formatPackPath(path), message),
  );
  return refuse(problems);
}

function plainValue(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    const message = 'aliases are not allowed in a pack; write the value out';
    throw new ServerError('pack_malformed', `${file}: ${message}`, { details: { file }, cause });
  }
}

// A missing key has no node of its own: the nearest place that exists above it is named instead.
function offsetOf(document: Document.Parsed, path: PackPath): number {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function refuse(problems: readonly PackFileProblem[]): never {
  const lines = problems.map((p) => `${p.file}:${p.line}:${p.column}: ${p.path}: ${p.message}`);
  throw new ServerError('pack_malformed', lines.join('\n'), { details: { problems } });
}
