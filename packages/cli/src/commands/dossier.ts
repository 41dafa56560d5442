// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { z } from 'zod';
import { resolveDigest } from '../client/digests.ts';
import { runJob } from '../client/jobs.ts';
import { parseVersionName, type VersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import type { Session } from '../session.ts';
import { fetchBlob } from '../trace/replay.ts';

export const dossier: Command = {
  name: 'dossier',
  summary: 'a document compiled from records; gaps are printed as gaps',
  example:
    'countersign dossier consumer-credit@1 --document model-development --out development.pdf',
  arguments: [{ name: 'version', summary: 'MODEL@N' }],
  options: [
    { flags: '--document ID', summary: 'model-development unless given; pccp for an envelope' },
    { flags: '--framework ID', summary: 'the pack that outlines it' },
    { flags: '--out FILE', summary: '.pdf (PDF/A), .html or .json', isRequired: true },
    { flags: '--envelope DIGEST', summary: 'of pccp: which; the newest of the use unless given' },
    { flags: '--use USE', summary: 'the use; the one it was built for unless given' },
  ],
  run: runDossier,
};

const Rendered = z.looseObject({
  document: z.string(),
  gaps: z.int(),
  rendered: z.array(z.looseObject({ format: z.string(), digest: z.string(), size: z.int() })),
});

async function runDossier(input: Input, session: Session): Promise<Outcome> {
  const name = parseVersionName(input.argument('version'));
  const option = (member: 'framework' | 'use') => {
    const value = input.optionalText(member);
    return value === undefined ? {} : { [member]: value };
  };
  const named = input.optionalText('envelope');
  const filter = { type: 'change-plan' };
  const envelope =
    named === undefined ? {} : { envelope: await resolveDigest(session.client(), named, filter) };
  const params = { ...documentOf(input), ...option('framework'), ...option('use'), ...envelope };
  return issueDocument(session, name, { params, out: input.text('out') });
}

/** Has a document compiled and writes its issued bytes, in the format that the file's name says. */
export async function issueDocument(
  session: Session,
  name: VersionName,
  at: { readonly params: Readonly<Record<string, string>>; readonly out: string },
): Promise<Outcome> {
  const { out } = at;
  const format = extname(out).slice(1);
  if (!['pdf', 'html', 'json'].includes(format))
    throw usage(`\`${out}\` must end in .pdf, .html or .json`);
  const result = await runJob(session, { kind: 'document', params: { ...name, ...at.params } });
  const { rendered, document, gaps } = Rendered.parse(result);
  const file = rendered.find((one) => one.format === format);
  if (file === undefined)
    throw new CliError('not_found', `the document was not rendered as ${format}`);
  writeFileSync(resolve(session.cwd, out), await fetchBlob(session, file.digest));
  return done(
    { ...result, out },
    `${document} of ${name.model}@${name.version}: ${out}, ${file.size} bytes, ${gaps} gaps printed`,
    `issued bytes ${file.digest}`,
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
