// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { z } from 'zod';
import { runJob } from '../client/jobs.ts';
import { parseVersionName } from '../client/version-name.ts';
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
    { flags: '--document ID', summary: 'model-development unless given' },
    { flags: '--framework ID', summary: 'the pack that outlines it' },
    { flags: '--out FILE', summary: '.pdf (PDF/A), .html or .json', isRequired: true },
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
  const out = input.text('out');
  const format = extname(out).slice(1);
  if (!['pdf', 'html', 'json'].includes(format))
    throw usage(`\`${out}\` must end in .pdf, .html or .json`);
  const option = (member: 'framework' | 'use') => {
    const value = input.optionalText(member);
    return value === undefined ? {} : { [member]: value };
  };
  const result = await runJob(session, {
    kind: 'document',
    params: { ...name, ...documentOf(input), ...option('framework'), ...option('use') },
  });
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

/** The catalogue's ids begin with `doc/`; people leave it out. */
function documentOf(input: Input): { readonly document?: string } {
  const id = input.optionalText('document');
  if (id === undefined) return {};
  return { document: id.startsWith('doc/') ? id : `doc/${id}` };
}
