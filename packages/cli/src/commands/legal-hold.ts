// SPDX-License-Identifier: Apache-2.0
import { type LegalHoldsReply, retentionRoutes } from '@countersign/contract';
import { LEGAL_HOLD_KIND, type LegalHoldContent, type SubjectRef } from '@countersign/kernel';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { fields, short, table } from '../output/table.ts';
import type { Session } from '../session.ts';
import { describeRecorded, type Recorded, signOne } from '../signing/sign-and-record.ts';

export const legalHoldPlace: Command = {
  name: 'legal-hold place',
  summary: 'keep what a matter needs, at once and until it is lifted; legal or compliance alone',
  description:
    'A hold on a decision or a data subject also keeps the versions that answered. The key of a data subject is sent to the server, which files it under its HMAC; it is in no record.',
  example:
    'countersign legal-hold place --model consumer-credit --matter "Doe v. Bank" --reason "suit filed" --as lena.legal',
  options: [
    { flags: '--model MODEL', summary: 'everything of a model' },
    { flags: '--use USE', summary: 'of the model: for one use' },
    { flags: '--version MODEL@N', summary: 'everything of a version' },
    { flags: '--decision ID', summary: 'one decision' },
    {
      flags: '--subject KEY',
      summary: 'every decision about a person, by the key that callers gave',
    },
    { flags: '--dataset NAME', summary: 'snapshots of a dataset' },
    { flags: '--matter TEXT', summary: 'the matter', isRequired: true },
    { flags: '--reason TEXT', summary: 'why', isRequired: true },
  ],
  run: place,
};

export const legalHoldList: Command = {
  name: 'legal-hold list',
  summary: 'legal holds: what is held, for which matter, by whom, since when',
  example: 'countersign legal-hold list --model consumer-credit',
  options: [
    { flags: '--model MODEL', summary: 'of one model' },
    { flags: '--all', summary: 'lifted ones too' },
  ],
  run: list,
};

export const legalHoldShow: Command = {
  name: 'legal-hold show',
  summary: 'one legal hold',
  example: 'countersign legal-hold show LH-3',
  arguments: [{ name: 'hold', summary: 'its number, as LH-3' }],
  run: show,
};

export const legalHoldLift: Command = {
  name: 'legal-hold lift',
  summary: 'end a legal hold; two persons, one of legal',
  example: 'countersign legal-hold lift LH-3 --reason "settled on 3 March" --as lena.legal',
  arguments: [{ name: 'hold', summary: 'its number, as LH-3' }],
  options: [{ flags: '--reason TEXT', summary: 'why it is over', isRequired: true }],
  run: lift,
};

type Hold = LegalHoldsReply['holds'][number];

async function place(input: Input, session: Session): Promise<Outcome> {
  const subjectRef = targetOf(input, session);
  const decision = input.optionalText('decision');
  const key = input.optionalText('subject');
  const client = session.client();
  const filed =
    key === undefined ? undefined : await client.call(retentionRoutes.subject, { body: { key } });
  const { nextId } = await client.call(retentionRoutes.holds, { query: {} });
  const content: LegalHoldContent = {
    id: nextId,
    matter: input.text('matter'),
    reason: input.text('reason'),
    status: 'placed',
    ...(decision === undefined ? {} : { decision }),
    ...(filed === undefined ? {} : { subject: filed.subject }),
  };
  const recorded = await record(session, { subjectRef, content });
  const found = filed === undefined ? [] : [`${filed.decisions} decisions are filed under the key`];
  return done({ ...recorded, id: nextId }, `${nextId}: ${describeRecorded(recorded)}`, ...found);
}

function targetOf(input: Input, session: Session): SubjectRef {
  const version = input.optionalText('version');
  const model = input.optionalText('model');
  if (version !== undefined && model !== undefined)
    throw usage('`--version MODEL@N` names the model: leave out `--model`');
  const named = version === undefined ? undefined : parseVersionName(version);
  const use = input.optionalText('use');
  const dataset = input.optionalText('dataset');
  const ref = named?.model ?? model;
  return {
    workspace: session.profile().workspace,
    ...(ref === undefined ? {} : { model: ref }),
    ...(use === undefined ? {} : { use }),
    ...(named === undefined ? {} : { version: named.version }),
    ...(dataset === undefined ? {} : { dataset }),
  };
}

function record(
  session: Session,
  at: {
    readonly subjectRef: SubjectRef;
    readonly content: LegalHoldContent;
    readonly supersedes?: string;
  },
): Promise<Recorded> {
  const { supersedes } = at;
  return signOne(session, {
    type: 'retention-rule',
    kind: LEGAL_HOLD_KIND,
    scope: 'firm',
    subjectRef: at.subjectRef,
    ...(supersedes === undefined ? {} : { supersedes, source: [supersedes] }),
    content: at.content,
  });
}

async function list(input: Input, session: Session): Promise<Outcome> {
  const query = { model: input.optionalText('model') };
  const { holds } = await session.client().call(retentionRoutes.holds, { query });
  const shown = input.flag('all') ? holds : holds.filter(({ lifted }) => lifted === undefined);
  const lines = table(
    ['hold', 'matter', 'on', 'by', 'since', 'lifted'],
    shown.map((hold) => [
      hold.id,
      hold.matter,
      whatIsHeld(hold),
      hold.placedBy,
      hold.placedAt.slice(0, 10),
      hold.lifted?.at.slice(0, 10),
    ]),
  );
  return done({ holds: shown }, ...(lines.length === 0 ? ['no legal hold'] : lines));
}

function whatIsHeld(hold: Hold): string {
  const { model, use, version, dataset, decision, subject } = hold;
  const parts = [
    model === undefined ? undefined : `${model}${version === undefined ? '' : `@${version}`}`,
    use === undefined ? undefined : `for ${use}`,
    dataset === undefined ? undefined : `dataset ${dataset}`,
    decision === undefined ? undefined : `decision ${decision}`,
    subject === undefined ? undefined : `data subject ${short(subject)}`,
  ];
  return parts.filter((part) => part !== undefined).join(' ');
}

async function findHold(input: Input, session: Session): Promise<Hold> {
  const id = input.argument('hold');
  const { holds } = await session.client().call(retentionRoutes.holds, { query: {} });
  const found = holds.find((one) => one.id === id);
  if (found === undefined) throw new CliError('not_found', `no legal hold is \`${id}\``);
  return found;
}

async function show(input: Input, session: Session): Promise<Outcome> {
  const hold = await findHold(input, session);
  const { lifted } = hold;
  return done(
    hold,
    ...fields([
      ['hold', hold.id],
      ['matter', hold.matter],
      ['on', whatIsHeld(hold)],
      ['reason', hold.reason],
      ['placed', `${hold.placedAt} by ${hold.placedBy}`],
      ['record', hold.digest],
      [
        'lifted',
        lifted === undefined ? undefined : `${lifted.at} by ${lifted.by}: ${lifted.reason}`,
      ],
    ]),
  );
}

async function lift(input: Input, session: Session): Promise<Outcome> {
  const hold = await findHold(input, session);
  if (hold.lifted !== undefined)
    throw new CliError('refused', `\`${hold.id}\` was lifted on ${hold.lifted.at.slice(0, 10)}`);
  const { model, use, version, dataset, decision, subject } = hold;
  const recorded = await record(session, {
    supersedes: hold.digest,
    subjectRef: {
      workspace: session.profile().workspace,
      ...(model === undefined ? {} : { model }),
      ...(use === undefined ? {} : { use }),
      ...(version === undefined ? {} : { version }),
      ...(dataset === undefined ? {} : { dataset }),
    },
    content: {
      id: hold.id,
      matter: hold.matter,
      reason: input.text('reason'),
      status: 'lifted',
      ...(decision === undefined ? {} : { decision }),
      ...(subject === undefined ? {} : { subject }),
    },
  });
  const next =
    recorded.state === 'recorded'
      ? []
      : [`the second person signs: countersign sign ${short(recorded.digest)} --add`];
  return done({ ...recorded, id: hold.id }, `${hold.id}: ${describeRecorded(recorded)}`, ...next);
}
