// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { z } from 'zod';
import { resolveDigest } from '../client/digests.ts';
import { runJob } from '../client/jobs.ts';
import { momentOf } from '../client/moment.ts';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import type { Session } from '../session.ts';
import { describeRecorded } from '../signing/sign-and-record.ts';
import { signDocument } from '../signing/sign-document.ts';
import { fetchBlob } from '../trace/replay.ts';

export const dossier: Command = {
  name: 'dossier',
  summary: 'a document compiled from records; gaps are printed as gaps',
  description:
    'Compiles a document, has it rendered as PDF/A, HTML and JSON, and records what was issued. With --as-of it tells what the log told then, by the policies and packs of then: the same bytes as if it had been issued then. A document about the firm or a model as a whole needs no version.',
  example:
    'countersign dossier consumer-credit@1 --document model-development --out development.pdf',
  arguments: [{ name: 'version', summary: 'MODEL@N, or MODEL', isOptional: true }],
  options: [
    { flags: '--document ID', summary: 'model-development unless given; pccp for an envelope' },
    { flags: '--framework ID', summary: 'the pack that outlines it' },
    { flags: '--out FILE', summary: '.pdf (PDF/A), .html or .json; must be given' },
    { flags: '--as-of T', summary: 'as the log stood at a day, a time (UTC) or a log position' },
    { flags: '--from T', summary: 'of a document about a period: its beginning, a day or a time' },
    { flags: '--to T', summary: 'of a document about a period: its end, not included' },
    { flags: '--decision ID', summary: 'of a document about one decision: which' },
    { flags: '--envelope DIGEST', summary: 'of pccp: which; the newest of the use unless given' },
    { flags: '--use USE', summary: 'the use; the one it was built for unless given' },
    { flags: '--sign', summary: 'sign what was issued with my key; see `dossier sign`' },
  ],
  run: runDossier,
};

const Rendered = z.looseObject({
  records: z.array(z.string()),
  document: z.string(),
  gaps: z.int(),
  warnings: z.array(z.string()).optional(),
  rendered: z.array(z.looseObject({ format: z.string(), digest: z.string(), size: z.int() })),
});

async function runDossier(input: Input, session: Session): Promise<Outcome> {
  const about = subjectOf(input.optionalArgument('version'));
  const option = (member: 'framework' | 'use' | 'decision') => {
    const value = input.optionalText(member);
    return value === undefined ? {} : { [member]: value };
  };
  const named = input.optionalText('envelope');
  const filter = { type: 'change-plan' };
  const envelope =
    named === undefined ? {} : { envelope: await resolveDigest(session.client(), named, filter) };
  const params = {
    ...documentOf(input),
    ...option('framework'),
    ...option('use'),
    ...option('decision'),
    ...envelope,
    ...momentsOf(input, session.now()),
  };
  const out = input.optionalText('out');
  if (out === undefined)
    throw usage('`--out` must be given', 'name a file that ends in .pdf, .html or .json');
  const issued = await issueDocument(session, about, { params, out });
  if (!input.flag('sign')) return issued;
  const [record = ''] = Rendered.parse(issued.result).records;
  const signed = await signDocument(session, record, {});
  return done(
    { ...(issued.result as object), signature: signed.digest },
    ...issued.lines,
    describeRecorded(signed),
  );
}

/** What a document is about: a version, a model, or without a name the firm. */
export interface DocumentAbout {
  readonly model?: string;
  readonly version?: number;
}

function subjectOf(text: string | undefined): DocumentAbout {
  if (text === undefined) return {};
  return text.includes('@') ? parseVersionName(text) : { model: text };
}

function momentsOf(input: Input, now: string): Readonly<Record<string, string>> {
  const asOf = input.optionalText('as-of');
  const [from, to] = (['from', 'to'] as const).map((name) => {
    const text = input.optionalText(name);
    if (text === undefined) return undefined;
    return /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00.000Z` : text;
  });
  return {
    ...(asOf !== undefined && {
      asOf: POSITION.test(asOf) ? asOf : momentOf(asOf, '--as-of', now),
    }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
}

const POSITION = /^\d{1,15}$/;

/** Has a document compiled and writes its issued bytes, in the format that the file's name says. */
export async function issueDocument(
  session: Session,
  about: DocumentAbout,
  at: { readonly params: Readonly<Record<string, string>>; readonly out: string },
): Promise<Outcome> {
  const { out } = at;
  const format = extname(out).slice(1);
  if (!['pdf', 'html', 'json'].includes(format))
    throw usage(`\`${out}\` must end in .pdf, .html or .json`);
  const result = await runJob(session, { kind: 'document', params: { ...about, ...at.params } });
  const { rendered, document, gaps, records, warnings = [] } = Rendered.parse(result);
  const file = rendered.find((one) => one.format === format);
  if (file === undefined)
    throw new CliError('not_found', `the document was not rendered as ${format}`);
  writeFileSync(resolve(session.cwd, out), await fetchBlob(session, file.digest));
  const { model, version } = about;
  const of = model === undefined ? '' : ` of ${model}${version === undefined ? '' : `@${version}`}`;
  return done(
    { ...result, out },
    `${document}${of}: ${out}, ${file.size} bytes, ${gaps} gaps printed`,
    `issued bytes ${file.digest}`,
    `issued as record ${records[0] ?? ''}`,
    ...warnings,
  );
}

/** What people call an envelope's document, and the catalogue. */
const PCCP_NAMES: readonly string[] = ['pccp', 'doc/pccp'];

/** The catalogue's ids begin with `doc/`; people leave it out. */
function documentOf(input: Input): { readonly document?: string } {
  const id = input.optionalText('document');
  if (id === undefined) return {};
  if (PCCP_NAMES.includes(id)) return { document: 'doc/fda-pccp' };
  return { document: id.startsWith('doc/') ? id : `doc/${id}` };
}
