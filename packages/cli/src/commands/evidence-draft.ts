// SPDX-License-Identifier: Apache-2.0
import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { statementsRoutes } from '@countersign/contract';
import { PAPER_FORMS, type PaperForm, paperText } from '@countersign/kernel';
import { useOfVersion } from '../client/use-of-version.ts';
import { isVersionName, parseModelName, parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import type { Session } from '../session.ts';

export const evidenceDraft: Command = {
  name: 'evidence draft',
  summary: 'begin a paper: the words in force, or the form filled from records',
  description:
    'Writes Markdown with front matter, as the form on the page of papers begins: what records say under each heading, each line with its record. Finish it, then sign it with `countersign sign`.',
  example:
    'countersign evidence draft consumer-credit@1 monitoring-plan --out evidence/monitoring-plan.md --as omar.owner',
  arguments: [
    { name: 'subject', summary: 'MODEL@N, or MODEL for what is not about a version' },
    { name: 'paper', summary: PAPER_FORMS.map(({ evidence }) => evidence).join(', ') },
  ],
  options: [
    { flags: '--use USE', summary: 'the use; the one the version was built for unless given' },
    { flags: '--dataset NAME', summary: 'the dataset that a datasheet is about' },
    { flags: '--out FILE', summary: 'where to; evidence/PAPER.md unless given' },
  ],
  run: runDraft,
};

async function runDraft(input: Input, session: Session): Promise<Outcome> {
  const named = input.argument('paper');
  const form = PAPER_FORMS.find(({ evidence }) => evidence === named);
  if (form === undefined)
    throw usage(`\`${named}\` is not one of ${PAPER_FORMS.map((one) => one.evidence).join(', ')}`);
  const file = resolve(session.cwd, input.optionalText('out') ?? `evidence/${form.evidence}.md`);
  if (existsSync(file))
    throw new CliError('refused', `\`${file}\` is there already; nothing was written`);
  const about = await aboutOf(input, session, form);
  const start = await session
    .client()
    .call(statementsRoutes.paperStart, { query: { evidence: form.evidence, ...about } });
  const { evidence, scope } = form;
  const { dataset } = about;
  const author = session.account();
  writeFileSync(
    file,
    paperText({ evidence, scope, dataset, title: start.title, author }, start.body),
    {
      flag: 'wx',
    },
  );
  const { inForce, sources } = start;
  const from =
    inForce === undefined
      ? `${sources.length} records`
      : `the paper in force, ${inForce.slice(0, 12)}`;
  return done(
    { file, ...(inForce === undefined ? {} : { inForce }), sources },
    `wrote ${file}, from ${from}`,
    `next: finish it, then \`countersign sign ${file} --as ${author}\``,
  );
}

async function aboutOf(input: Input, session: Session, { scope }: PaperForm) {
  const text = input.argument('subject');
  const dataset = input.optionalText('dataset');
  const version = isVersionName(text) ? parseVersionName(text) : undefined;
  const model = version?.model ?? parseModelName(text);
  if (scope === 'version' && version === undefined)
    throw usage('it is about a version', 'name it as MODEL@N');
  if (scope === 'dataset' && dataset === undefined)
    throw usage('it is about a dataset', 'name it with --dataset');
  const given = input.optionalText('use');
  const use = given ?? (version === undefined ? undefined : await useOfVersion(session, version));
  if (use === undefined && scope === 'use')
    throw usage('the use is not known', 'name it with --use, or name a version as MODEL@N');
  return { model, use, version: version?.version, dataset };
}
