// SPDX-License-Identifier: Apache-2.0
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import {
  ATTACHABLE,
  canonicalBytes,
  type EvidenceAttachmentContent,
  isUtcTime,
} from '@countersign/kernel';
import { listLocalFiles } from '../client/local-files.ts';
import { storeBytes, storeFiles } from '../client/store-files.ts';
import { useOfVersion } from '../client/use-of-version.ts';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { usage } from '../errors.ts';
import type { Session } from '../session.ts';
import { describeRecorded, signOne } from '../signing/sign-and-record.ts';

export const attach: Command = {
  name: 'attach',
  summary: 'a file or a directory as evidence of a version that no run of ours made',
  description:
    'Stores the file, or every file of a directory with a list of them, and signs that it is what it says. It fills a clause of a framework for an imported or external version where nothing is recorded under that evidence id; no gate takes it for a measurement, a validation or an approval.',
  example:
    'countersign attach vendor-score@1 --as-evidence benchmark-test report.pdf --made-by "Vendor Inc." --statement "received with the contract, read in full" --as omar.owner',
  arguments: [
    { name: 'version', summary: 'MODEL@N' },
    { name: 'file', summary: 'any file, or a directory with all below it' },
  ],
  options: [
    { flags: '--as-evidence ID', summary: 'evidence id, such as benchmark-test', isRequired: true },
    { flags: '--statement TEXT', summary: 'what you vouch for', isRequired: true },
    { flags: '--kind KIND', summary: 'kind of the evidence, where a clause asks for one' },
    { flags: '--title TEXT', summary: 'title; the name of the file unless given' },
    { flags: '--made-by NAME', summary: 'who made it, if not you' },
    { flags: '--expires TIME', summary: 'UTC time after which it counts no more' },
    { flags: '--use USE', summary: 'the use; the one it was registered for unless given' },
    { flags: '--supersedes DIGEST', summary: 'the attachment that it replaces' },
  ],
  run: runAttach,
};

async function runAttach(input: Input, session: Session): Promise<Outcome> {
  const name = parseVersionName(input.argument('version'));
  const evidence = input.text('as-evidence');
  if (!ATTACHABLE.includes(evidence)) {
    throw usage(`nothing is attached as \`${evidence}\``, `one of ${ATTACHABLE.join(', ')}`);
  }
  const expires = input.optionalText('expires');
  if (expires !== undefined && !isUtcTime(expires))
    throw usage(`\`${expires}\` is not a UTC time`, 'write it as in `2027-11-22T00:00:00.000Z`');
  const path = input.argument('file');
  const { file, blobs } = await storeEvidence(session, path);
  const use = input.optionalText('use') ?? (await useOfVersion(session, name));
  const content: EvidenceAttachmentContent = {
    evidence,
    title: input.optionalText('title') ?? basename(path),
    file,
    statement: input.text('statement'),
    ...member('kind', input.optionalText('kind')),
    ...member('madeBy', input.optionalText('made-by')),
    ...member('expires', expires),
  };
  const { workspace } = session.profile();
  const recorded = await signOne(session, {
    type: 'evidence-attachment',
    scope: 'version',
    subjectRef: { workspace, ...name, use },
    blobs,
    ...member('supersedes', input.optionalText('supersedes')),
    content,
  });
  return done({ ...recorded, blob: file.digest, blobs }, describeRecorded(recorded));
}

interface Evidence {
  readonly file: EvidenceAttachmentContent['file'];
  /** Everything that the record commits to: of a directory, its list and each file of it. */
  readonly blobs: readonly string[];
}

/** The list of a directory is the file that is attached: canonical JSON, so that the same files are the same list. */
const LIST_TYPE = 'application/vnd.countersign.file-list+json';

async function storeEvidence(session: Session, path: string): Promise<Evidence> {
  const from = resolve(session.cwd, path);
  const name = basename(from);
  const { files } = await storeFiles(session, listLocalFiles(from));
  const [first] = files;
  if (first === undefined) throw new Error('a list of local files is never empty');
  if (!statSync(from).isDirectory()) {
    const { digest, size } = first;
    return { file: { name, digest, size, mediaType: mediaTypeOf(path) }, blobs: [digest] };
  }
  const list = files.map(({ path: below, digest, size }) => ({ path: below, digest, size }));
  const stored = await storeBytes(session.client(), canonicalBytes({ v: 1, files: list }));
  const blobs = [...new Set([stored.digest, ...files.map(({ digest }) => digest)])];
  return { file: { name, ...stored, mediaType: LIST_TYPE }, blobs };
}

function member<K extends string>(
  name: K,
  value: string | undefined,
): { readonly [k in K]?: string } {
  // A computed key of a type parameter is widened to string, which TypeScript cannot narrow back.
  return value === undefined ? {} : ({ [name]: value } as { [k in K]: string });
}

const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ['pdf', 'application/pdf'],
  ['csv', 'text/csv'],
  ['json', 'application/json'],
  ['md', 'text/markdown'],
  ['txt', 'text/plain'],
  ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['png', 'image/png'],
]);

function mediaTypeOf(path: string): string {
  const ending = path.split('.').at(-1)?.toLowerCase() ?? '';
  return MEDIA_TYPES.get(ending) ?? 'application/octet-stream';
}
