// SPDX-License-Identifier: Apache-2.0
import { type FindingsReply, governanceRoutes } from '@countersign/contract';
import {
  endOfDay,
  FINDING_SEVERITIES,
  FINDING_SOURCES,
  FINDING_STATES,
  type FindingContent,
  type FindingStep,
  findingDraft,
  findingStepDraft,
  readFindingRecord,
  type SubjectRef,
} from '@countersign/kernel';
import { resolveDigest } from '../client/digests.ts';
import { useOfVersion } from '../client/use-of-version.ts';
import { isVersionName, parseModelName, parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { table } from '../output/table.ts';
import type { Session } from '../session.ts';
import { describeRecorded, signOne } from '../signing/sign-and-record.ts';

export const findings: Command = {
  name: 'findings',
  summary: 'the findings register with its ageing',
  example: 'countersign findings --overdue --severity high',
  options: [
    { flags: '--model MODEL', summary: 'of one model' },
    { flags: '--status STATUS', summary: 'of one status', choices: FINDING_STATES },
    { flags: '--severity SEVERITY', summary: 'of one severity', choices: FINDING_SEVERITIES },
    { flags: '--source SOURCE', summary: 'of one source', choices: FINDING_SOURCES },
    { flags: '--owner ACCOUNT', summary: 'of one owner' },
    { flags: '--overdue', summary: 'past their due date, or accepted and lapsed' },
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
    {
      flags: '--severity SEVERITY',
      summary: 'how severe',
      isRequired: true,
      choices: FINDING_SEVERITIES,
    },
    { flags: '--owner ACCOUNT', summary: 'who must answer', isRequired: true },
    { flags: '--due DATE', summary: 'until when', isRequired: true },
    { flags: '--blocking', summary: 'nothing is promoted while it is open' },
    {
      flags: '--source SOURCE',
      summary: 'where it comes from; validation unless given',
      choices: FINDING_SOURCES,
    },
    { flags: '--use USE', summary: 'the use' },
    {
      flags: '--condition DIGEST',
      summary:
        'change request or validation report it is a condition of: lapsed, it stops the model',
    },
  ],
  run: openFinding,
};

const EVIDENCE = {
  flags: '--evidence DIGEST',
  summary: 'record that shows it',
  isRequired: true,
  isRepeated: true,
} as const;
const NUMBER = { name: 'finding', summary: 'MODEL/F-N, as in consumer-credit/F-1' } as const;

export const findingsRespond: Command = {
  name: 'findings respond',
  summary: 'answer a finding',
  example:
    'countersign findings respond consumer-credit/F-1 --response "the specification refuses it" --as omar.owner',
  arguments: [NUMBER],
  options: [{ flags: '--response TEXT', summary: 'what was done', isRequired: true }],
  run: (input, session) =>
    nextState(input, session, {
      step: 'respond',
      response: input.text('response'),
      by: session.account(),
    }),
};

export const findingsExtend: Command = {
  name: 'findings extend',
  summary: 'move the due date of a finding; counted, and signed by model risk',
  example:
    'countersign findings extend consumer-credit/F-1 --to 2027-01-31 --reason "the vendor delivers in January" --as mia.risk',
  arguments: [NUMBER],
  options: [
    { flags: '--to DATE', summary: 'the new due date', isRequired: true },
    { flags: '--reason TEXT', summary: 'why', isRequired: true },
  ],
  run: (input, session) =>
    nextState(input, session, {
      step: 'extend',
      to: day(input, 'to'),
      reason: input.text('reason'),
    }),
};

export const findingsAccept: Command = {
  name: 'findings accept',
  summary:
    'accept the risk of a finding until a day; an executive signs, for a high one also model risk',
  example:
    'countersign findings accept consumer-credit/F-1 --until 2027-03-31 --reason "few cases" --compensating "each is looked at by hand" --as eve.executive',
  arguments: [NUMBER],
  options: [
    { flags: '--until DATE', summary: 'the last day of the acceptance', isRequired: true },
    { flags: '--reason TEXT', summary: 'why it is tolerable', isRequired: true },
    { flags: '--compensating TEXT', summary: 'what is done meanwhile', isRequired: true },
  ],
  run: (input, session) =>
    nextState(input, session, {
      step: 'accept',
      until: day(input, 'until'),
      reason: input.text('reason'),
      compensating: input.text('compensating'),
    }),
};

export const findingsRetest: Command = {
  name: 'findings retest',
  summary: 'record a validator’s test of what was done about a finding',
  example:
    'countersign findings retest consumer-credit/F-1 --outcome passed --note "all inputs are bounded" --evidence 5d1c2b3a4f60 --as vera.validator',
  arguments: [NUMBER],
  options: [
    {
      flags: '--outcome OUTCOME',
      summary: 'passed or failed',
      isRequired: true,
      choices: ['passed', 'failed'],
    },
    { flags: '--note TEXT', summary: 'what was tested', isRequired: true },
    EVIDENCE,
  ],
  run: async (input, session) => {
    const evidence = await evidenceOf(input, session);
    const outcome = input.text('outcome') === 'passed' ? 'passed' : 'failed';
    return nextState(input, session, {
      step: 'retest',
      outcome,
      note: input.text('note'),
      evidence,
    });
  },
};

export const findingsClose: Command = {
  name: 'findings close',
  summary: 'close a finding with its evidence; not by its owner or whoever answered it',
  example:
    'countersign findings close consumer-credit/F-1 --closure "the specification shows bounds for every input" --evidence 5d1c2b3a4f60 --as vera.validator',
  arguments: [NUMBER],
  options: [
    { flags: '--closure TEXT', summary: 'what shows that it is mended', isRequired: true },
    EVIDENCE,
  ],
  run: async (input, session) => {
    const evidence = await evidenceOf(input, session);
    return nextState(input, session, { step: 'close', closure: input.text('closure'), evidence });
  },
};

export const findingsReopen: Command = {
  name: 'findings reopen',
  summary: 'open a closed finding again',
  example:
    'countersign findings reopen consumer-credit/F-1 --reason "it came back in July" --due 2027-02-28 --as vera.validator',
  arguments: [NUMBER],
  options: [
    { flags: '--reason TEXT', summary: 'why', isRequired: true },
    { flags: '--due DATE', summary: 'until when', isRequired: true },
  ],
  run: (input, session) =>
    nextState(input, session, {
      step: 'reopen',
      reason: input.text('reason'),
      due: day(input, 'due'),
    }),
};

async function evidenceOf(input: Input, session: Session): Promise<readonly string[]> {
  const digests: string[] = [];
  for (const text of input.list('evidence')) {
    digests.push(await resolveDigest(session.client(), text));
  }
  return digests;
}

const PAGES_MAX = 100;

async function listFindings(input: Input, session: Session): Promise<Outcome> {
  const found: FindingsReply['findings'][number][] = [];
  let ageing: FindingsReply['ageing'] = [];
  let offset: number | undefined = 0;
  for (let page = 0; page < PAGES_MAX && offset !== undefined; page += 1) {
    const reply: FindingsReply = await session.client().call(governanceRoutes.findings, {
      query: {
        model: input.optionalText('model'),
        status: optionalOf(FINDING_STATES, input.optionalText('status')),
        severity: optionalOf(FINDING_SEVERITIES, input.optionalText('severity')),
        source: optionalOf(FINDING_SOURCES, input.optionalText('source')),
        owner: input.optionalText('owner'),
        overdue: input.flag('overdue') ? 'true' : undefined,
        offset,
      },
    });
    found.push(...reply.findings);
    ageing = reply.ageing;
    offset = reply.next;
  }
  const lines = table(
    ['finding', 'severity', 'status', '', 'owner', 'due', 'days', 'overdue', 'ext', 'title'],
    found.map(rowOf),
  );
  if (lines.length === 0) return done({ findings: found, ageing }, 'none');
  return done({ findings: found, ageing }, ...lines, '', ...ageingTable(ageing));
}

function rowOf({ id, model, content, ...age }: FindingsReply['findings'][number]) {
  // The server computed it from the signed record; older ones may lack members.
  const one = content as unknown as FindingContent;
  return [
    `${model}/${id}`,
    one.severity,
    one.status,
    age.blocking && one.status !== 'closed' ? 'blocking' : '',
    one.owner,
    one.due,
    age.daysOpen,
    age.overdue ? age.daysOverdue : '',
    one.extensions ?? '',
    one.title,
  ];
}

function ageingTable(ageing: FindingsReply['ageing']): readonly string[] {
  return table(
    ['open findings', 'open', 'overdue', '≤30 d', '31–60', '61–90', '91–180', '>180', 'oldest'],
    ageing.map(({ severity, open, overdue, buckets, oldestDays }) => [
      severity,
      open,
      overdue,
      ...buckets,
      `${oldestDays} d`,
    ]),
  );
}

function optionalOf<T extends string>(allowed: readonly T[], text?: string): T | undefined {
  return text === undefined ? undefined : oneOf(allowed, text);
}

async function openFinding(input: Input, session: Session): Promise<Outcome> {
  const subjectRef = await subjectOf(input, session);
  const { nextId } = await session
    .client()
    .call(governanceRoutes.findings, { query: { model: subjectRef.model } });
  if (nextId === undefined)
    throw new CliError('server_answer_invalid', 'the server gave no number for the finding');
  const named = input.optionalText('condition');
  const condition = named === undefined ? undefined : await resolveDigest(session.client(), named);
  const draft = findingDraft(subjectRef, {
    id: nextId,
    title: input.text('title'),
    source: oneOf(FINDING_SOURCES, input.optionalText('source') ?? 'validation'),
    severity: oneOf(FINDING_SEVERITIES, input.text('severity')),
    blocking: input.flag('blocking'),
    owner: input.text('owner'),
    due: day(input, 'due'),
    description: input.text('description'),
    ...(condition === undefined ? {} : { condition }),
  });
  const recorded = await signOne(session, draft);
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

function day(input: Input, name: string): string {
  const text = input.text(name);
  if (endOfDay(text) !== undefined) return text;
  throw usage(`\`--${name}\` must be a date like \`2026-12-31\`, not \`${text}\``);
}

/** A later state of a finding is a record that supersedes the one before. */
async function nextState(input: Input, session: Session, step: FindingStep): Promise<Outcome> {
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
  const content = readFindingRecord(before.content as Parameters<typeof readFindingRecord>[0]);
  if (content.status === 'closed' && step.step !== 'reopen')
    throw new CliError('refused', `finding \`${text}\` is closed already; reopen it first`);
  const { use, version, digest } = before;
  const subjectRef = {
    workspace: session.profile().workspace,
    model,
    ...(use === undefined ? {} : { use }),
    ...(version === undefined ? {} : { version }),
  };
  const draft = findingStepDraft({ digest, subjectRef, content }, step);
  const recorded = await signOne(session, draft);
  const { status } = draft.content as FindingContent; // as it was drafted
  return done({ ...recorded, id, status }, `${text} ${status}: ${describeRecorded(recorded)}`);
}
