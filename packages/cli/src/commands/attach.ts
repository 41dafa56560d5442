// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { recordRoutes } from '@countersign/contract';
import { ATTACHABLE, type EvidenceAttachmentContent, isUtcTime } from '@countersign/kernel';
import { useOfVersion } from '../client/use-of-version.ts';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import type { Session } from '../session.ts';
import { describeRecorded, signOne } from '../signing/sign-and-record.ts';

export const attach: Command = {
  name: 'attach',
  summary: 'a file as evidence of a version that no run of ours made',
  description:
    'Stores the file and signs that it is what it says. It fills a clause of a framework for an imported or external version where nothing is recorded under that evidence id; no gate takes it for a measurement, a validation or an approval.',
  example:
    'countersign attach vendor-score@1 --as-evidence benchmark-test report.pdf --made-by "Vendor Inc." --statement "received with the contract, read in full" --as omar.owner',
  arguments: [
    { name: 'version', summary: 'MODEL@N' },
    { name: 'file', summary: 'any file' },
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
  const bytes = bytesOf(session, path);
  const client = session.client();
  const use = input.optionalText('use') ?? (await useOfVersion(session, name));
  const body = { body: bytes, contentType: 'application/octet-stream' };
  const { digest, size } = await client.call(recordRoutes.putBlob, body);
  const content: EvidenceAttachmentContent = {
    evidence,
    title: input.optionalText('title') ?? basename(path),
    file: { name: basename(path), digest, size, mediaType: mediaTypeOf(path) },
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
    blobs: [digest],
    ...member('supersedes', input.optionalText('supersedes')),
    content,
  });
  return done({ ...recorded, blob: digest }, describeRecorded(recorded));
}

function bytesOf(session: Session, path: string): Uint8Array {
  try {
    return readFileSync(resolve(session.cwd, path));
  } catch (cause) {
    throw new CliError('file_missing', `\`${path}\` cannot be read; check the path`, { cause });
  }
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
