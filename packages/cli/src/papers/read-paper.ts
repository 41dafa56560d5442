// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  isRecordType,
  isUtcTime,
  type PaperContent,
  paperSections,
  type RecordType,
  type Scope,
} from '@countersign/kernel';
import { atFile } from '../errors.ts';
import { HAZARDS, hazardsOf } from './hazards-front.ts';
import { parseYamlText, type YamlFile } from './yaml-file.ts';

/** A human paper: Markdown with front matter that says what evidence it is. */
export interface Paper {
  readonly file: string;
  readonly evidence: RecordType;
  readonly kind?: string;
  readonly scope: Scope;
  readonly dataset?: string;
  readonly content: PaperContent;
  /** The file as written. */
  readonly bytes: Uint8Array;
}

const SCOPES: readonly Scope[] = ['firm', 'model', 'use', 'dataset', 'feature', 'version'];
/** Members with a meaning of their own; every other one is kept as a fact of the paper. */
const OWN = new Set(['evidence', 'kind', 'scope', 'dataset', 'title', 'author', 'expires']);
/** The evidence whose front matter also holds a list. */
const WITH_HAZARDS = 'risk-file';

/**
 * Reads a paper strictly.
 * @throws CliError `file_invalid` with file and line: front matter that is missing, malformed or lacks a member,
 * a heading given twice, a paper without a section
 */
export function readPaper(file: string, text: string): Paper {
  const { head, body, bodyLine } = splitFrontMatter(file, text);
  const front = membersOf(head);
  const evidence = needed(front, head, 'evidence');
  if (!isRecordType(evidence)) throw at(head, 'evidence', `\`${evidence}\` is no kind of evidence`);
  const scope = needed(front, head, 'scope');
  const known = SCOPES.find((one) => one === scope);
  if (known === undefined) throw at(head, 'scope', `\`scope\` is one of ${SCOPES.join(', ')}`);
  const title = needed(front, head, 'title');
  const author = needed(front, head, 'author');
  const expires = front.get('expires');
  if (expires !== undefined && !isUtcTime(expires)) {
    throw at(head, 'expires', '`expires` must be a UTC time like `2027-11-22T00:00:00.000Z`');
  }
  const bytes = new TextEncoder().encode(text);
  const hazards = evidence === WITH_HAZARDS ? hazardsOf(head) : undefined;
  const kind = front.get('kind');
  const dataset = front.get('dataset');
  return {
    file,
    evidence,
    scope: known,
    ...(kind === undefined ? {} : { kind }),
    ...(dataset === undefined ? {} : { dataset }),
    bytes,
    content: {
      title,
      author,
      text: {
        digest: createHash('sha256').update(bytes).digest('hex'),
        size: bytes.length,
        mediaType: 'text/markdown',
      },
      sections: sectionsOf(file, body, bodyLine),
      facts: Object.fromEntries([...front].filter(([name]) => !OWN.has(name))),
      ...(expires === undefined ? {} : { expires }),
      ...(hazards === undefined ? {} : { hazards }),
    },
  };
}

function splitFrontMatter(file: string, text: string) {
  if (!text.startsWith('---\n')) {
    throw atFile(file, 1, 'it must begin with front matter: a line `---`, members, a line `---`');
  }
  const end = text.indexOf('\n---\n', 3);
  if (end < 0) throw atFile(file, 1, 'the front matter has no closing line `---`');
  const front = text.slice(4, end + 1);
  const bodyLine = front.split('\n').length + 2;
  return { head: parseYamlText(file, front, 2), body: text.slice(end + 5), bodyLine };
}

function membersOf(head: YamlFile): ReadonlyMap<string, string> {
  const { value } = head;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw atFile(head.file, 2, 'the front matter must be `name: value` lines');
  }
  const members = new Map<string, string>();
  const lists = 'evidence' in value && value.evidence === WITH_HAZARDS ? [HAZARDS] : [];
  for (const [name, member] of Object.entries(value)) {
    if (lists.includes(name)) continue;
    if (typeof member !== 'string' && typeof member !== 'number' && typeof member !== 'boolean') {
      throw at(head, name, `\`${name}\` must be a text`);
    }
    members.set(name, String(member));
  }
  return members;
}

function needed(front: ReadonlyMap<string, string>, head: YamlFile, name: string): string {
  const value = front.get(name)?.trim();
  if (value === undefined || value === '')
    throw at(head, name, `the front matter lacks \`${name}\``);
  return value;
}

function at(head: YamlFile, name: string, problem: string) {
  return atFile(head.file, head.lineOf([name]), problem);
}

function sectionsOf(file: string, body: string, firstLine: number): PaperContent['sections'] {
  const read = paperSections(body);
  if (read.ok) return read.sections;
  throw atFile(file, firstLine + read.line - 1, read.problem);
}
