// SPDX-License-Identifier: Apache-2.0
import { governanceRoutes } from '@countersign/contract';
import type { FindingContent, SubjectRef } from '@countersign/kernel';
import { z } from 'zod';
import { useOfVersion } from '../client/use-of-version.ts';
import { isVersionName, parseModelName, parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { table } from '../output/table.ts';
import type { Session } from '../session.ts';
import { describeRecorded, signOne } from '../signing/sign-and-record.ts';

const SEVERITIES = ['high', 'medium', 'low'] as const;
const SOURCES = ['validation', 'monitoring', 'audit', 'incident'] as const;

const Content = z.looseObject({
  id: z.string(),
  title: z.string(),
  source: z.enum(SOURCES),
  severity: z.enum(SEVERITIES),
  blocking: z.boolean(),
  status: z.enum(['open', 'responded', 'closed']),
  owner: z.string(),
  due: z.string(),
  description: z.string(),
  response: z.string().optional(),
  closure: z.string().optional(),
});

export const findings: Command = {
  name: 'findings',
  summary: 'the findings register',
  example: 'countersign findings --model consumer-credit --status open',
  options: [
    { flags: '--model MODEL', summary: 'of one model' },
    {
      flags: '--status STATUS',
      summary: 'of one status',
      choices: ['open', 'responded', 'closed'],
    },
  ],
  run: listFindings,
};

export const findingsOpen: Command = {
  name: 'findings open',
  summary: 'raise a finding',
  example:
    'countersign findings open consumer-credit@1 --title "incomplete rows are scored" --severity medium --blocking --owner omar.owner --due 2026-12-31 --description "a missing number is given the mean" --as vera.validator',
  arguments: [{ name: 'subject', summary: 'MODEL@N, or MODEL for the model and its use' }],
  options: [
    { flags: '--title TEXT', summary: 'in a line', isRequired: true },
    { flags: '--description TEXT', summary: 'what was found', isRequired: true },
    { flags: '--severity SEVERITY', summary: 'how severe', isRequired: true, choices: SEVERITIES },
    { flags: '--owner ACCOUNT', summary: 'who must answer', isRequired: true },
    { flags: '--due DATE', summary: 'until when', isRequired: true },
    { flags: '--blocking', summary: 'nothing is promoted while it is open' },
    {
      flags: '--source SOURCE',
      summary: 'where it comes from; validation unless given',
      choices: SOURCES,
    },
    { flags: '--use USE', summary: 'the use' },
  ],
  run: openFinding,
};

const NUMBER = { name: 'finding', summary: 'MODEL/F-N, as in consumer-credit/F-1' } as const;

export const findingsRespond: Command = {
  name: 'findings respond',
  summary: 'answer a finding',
  example:
    'countersign findings respond consumer-credit/F-1 --response "the specification refuses it" --as omar.owner',
  arguments: [NUMBER],
  options: [{ flags: '--response TEXT', summary: 'what was done', isRequired: true }],
  run: (input, session) =>
    nextState(input, session, { status: 'responded', response: input.text('response') }),
};

export const findingsClose: Command = {
  name: 'findings close',
  summary: 'close a finding with its evidence',
  example:
    'countersign findings close consumer-credit/F-1 --closure "the specification shows bounds for every input" --as vera.validator',
  arguments: [NUMBER],
  options: [{ flags: '--closure TEXT', summary: 'what shows that it is mended', isRequired: true }],
  run: (input, session) =>
    nextState(input, session, { status: 'closed', closure: input.text('closure') }),
};

async function listFindings(input: Input, session: Session): Promise<Outcome> {
  const query = { model: input.optionalText('model'), status: input.optionalText('status') };
  const { findings: found } = await session.client().call(governanceRoutes.findings, { query });
  const rows = found.map(({ id, model, content, raisedAt }) => {
    const one = Content.parse(content);
    const blocking = one.blocking ? 'blocking' : '';
    return [
      `${model}/${id}`,
      one.severity,
      one.status,
      blocking,
      one.owner,
      one.due,
      one.title,
      raisedAt,
    ];
  });
  const lines = table(
    ['finding', 'severity', 'status', '', 'owner', 'due', 'title', 'raised'],
    rows,
  );
  return done(found, ...(lines.length === 0 ? ['none'] : lines));
}

async function openFinding(input: Input, session: Session): Promise<Outcome> {
  const subjectRef = await subjectOf(input, session);
  const { nextId } = await session
    .client()
    .call(governanceRoutes.findings, { query: { model: subjectRef.model } });
  if (nextId === undefined)
    throw new CliError('server_answer_invalid', 'the server gave no number for the finding');
  const content: FindingContent = {
    id: nextId,
    title: input.text('title'),
    source: oneOf(SOURCES, input.optionalText('source') ?? 'validation'),
    severity: oneOf(SEVERITIES, input.text('severity')),
    blocking: input.flag('blocking'),
    status: 'open',
    owner: input.text('owner'),
    due: dueDate(input.text('due')),
    description: input.text('description'),
  };
  const scope = subjectRef.version === undefined ? 'use' : 'version';
  const recorded = await signOne(session, { type: 'finding', scope, subjectRef, content });
  return done(
    { ...recorded, id: nextId },
    `${subjectRef.model}/${nextId}: ${describeRecorded(recorded)}`,
  );
}

async function subjectOf(
  input: Input,
  session: Session,
): Promise<SubjectRef & { readonly model: string }> {
  const text = input.argument('subject');
  const { workspace } = session.profile();
  const given = input.optionalText('use');
  if (!isVersionName(text)) {
    if (given === undefined)
      throw usage('the use is not known', 'name it with --use, or name a version as MODEL@N');
    return { workspace, model: parseModelName(text), use: given };
  }
  const name = parseVersionName(text);
  return { workspace, ...name, use: given ?? (await useOfVersion(session, name)) };
}

function oneOf<T extends string>(allowed: readonly T[], text: string): T {
  const found = allowed.find((one) => one === text);
  if (found === undefined) throw usage(`\`${text}\` is not one of ${allowed.join(', ')}`);
  return found;
}

function dueDate(text: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw usage(`\`--due\` must be a date like \`2026-12-31\`, not \`${text}\``);
}

/** A later state of a finding is a record that supersedes the one before. */
async function nextState(
  input: Input,
  session: Session,
  change: Pick<FindingContent, 'status'> & Partial<Pick<FindingContent, 'response' | 'closure'>>,
): Promise<Outcome> {
  const text = input.argument('finding');
  const parts = /^([a-z0-9][a-z0-9._-]{0,127})\/(F-\d{1,9})$/.exec(text);
  if (parts === null) throw usage(`\`${text}\` is not a finding: write MODEL/F-N`);
  const [, model = '', id = ''] = parts;
  const { findings: found } = await session
    .client()
    .call(governanceRoutes.findings, { query: { model } });
  const before = found.find((one) => one.id === id);
  if (before === undefined) {
    throw new CliError('not_found', `no finding \`${id}\` of \`${model}\` is in the register`);
  }
  const content = Content.parse(before.content);
  if (content.status === 'closed')
    throw new CliError('refused', `finding \`${text}\` is closed already`);
  const { use, version } = before;
  const recorded = await signOne(session, {
    type: 'finding',
    scope: version === undefined ? 'use' : 'version',
    subjectRef: {
      workspace: session.profile().workspace,
      model,
      ...(use === undefined ? {} : { use }),
      ...(version === undefined ? {} : { version }),
    },
    source: [before.digest],
    supersedes: before.digest,
    content: { ...content, ...change },
  });
  return done(
    { ...recorded, id, status: change.status },
    `${text} ${change.status}: ${describeRecorded(recorded)}`,
  );
}
