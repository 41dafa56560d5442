// SPDX-License-Identifier: Apache-2.0
import { type OverlaysReply, reviewsRoutes } from '@countersign/contract';
import { endOfDay, type OverlayContent } from '@countersign/kernel';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { table } from '../output/table.ts';
import type { Session } from '../session.ts';
import { describeRecorded, signOne } from '../signing/sign-and-record.ts';

export const overlays: Command = {
  name: 'overlays',
  summary: 'standing adjustments of what models say, and how often people act against an answer',
  example: 'countersign overlays --model consumer-credit',
  options: [
    { flags: '--model MODEL', summary: 'of one model' },
    {
      flags: '--state STATE',
      summary: 'of one state',
      choices: ['active', 'expired', 'ended'],
    },
  ],
  run: listOverlays,
};

export const overlaysAdd: Command = {
  name: 'overlays add',
  summary: 'record an overlay: on whom, how much, why, by whose authority, until when',
  example:
    'countersign overlays add consumer-credit --use underwriting --segment region=north --size "+0.02 PD" --reason "flood" --authority eve.executive --until 2027-03-31 --as mia.risk',
  arguments: [{ name: 'model', summary: 'the model' }],
  options: [
    { flags: '--use USE', summary: 'the use', isRequired: true },
    { flags: '--segment SEGMENT', summary: 'whom it concerns', isRequired: true },
    { flags: '--size TEXT', summary: 'direction and amount', isRequired: true },
    { flags: '--reason TEXT', summary: 'why', isRequired: true },
    { flags: '--authority ACCOUNT', summary: 'who decides on it', isRequired: true },
    { flags: '--until DATE', summary: 'its last day', isRequired: true },
  ],
  run: addOverlay,
};

export const overlaysExpire: Command = {
  name: 'overlays expire',
  summary: 'end an overlay before or after its day',
  example:
    'countersign overlays expire consumer-credit/O-1 --reason "version 2 accounts for it" --as mia.risk',
  arguments: [{ name: 'overlay', summary: 'MODEL/O-N, as in consumer-credit/O-1' }],
  options: [{ flags: '--reason TEXT', summary: 'why it ends', isRequired: true }],
  run: expireOverlay,
};

type OverlayRow = OverlaysReply['overlays'][number];
const STATES = ['active', 'expired', 'ended'] as const;
const PAGES_MAX = 100;

async function listOverlays(input: Input, session: Session): Promise<Outcome> {
  const model = input.optionalText('model');
  const state = STATES.find((one) => one === input.optionalText('state'));
  const found = await overlaysOf(session, { model, state });
  const trend = await session.client().call(reviewsRoutes.overrides, { query: { model } });
  const lines = table(
    [
      'overlay',
      'use',
      'segment',
      'size',
      'authority',
      'state',
      'until',
      'days',
      'before',
      'reason',
    ],
    found.map((one) => [
      `${one.model}/${one.id}`,
      one.use,
      one.segment,
      one.size,
      one.authority,
      one.state,
      one.expires.slice(0, 10),
      one.daysRunning,
      one.recurrence,
      one.reason,
    ]),
  );
  const overridden = table(
    ['month', 'overrides', 'of actions', 'reason'],
    trend.counts.map(({ month, reason, overrides }) => [
      month,
      overrides,
      trend.actions.find((one) => one.month === month)?.actions,
      reason,
    ]),
  );
  return done(
    { overlays: found, overrides: trend },
    ...(lines.length === 0 ? ['no overlay'] : lines),
    ...(overridden.length === 0 ? [] : ['', ...overridden]),
  );
}

async function overlaysOf(
  session: Session,
  filter: { readonly model: string | undefined; readonly state?: OverlayRow['state'] | undefined },
): Promise<readonly OverlayRow[]> {
  const found: OverlayRow[] = [];
  let offset: number | undefined = 0;
  for (let page = 0; page < PAGES_MAX && offset !== undefined; page += 1) {
    const reply: OverlaysReply = await session
      .client()
      .call(reviewsRoutes.overlays, { query: { ...filter, offset } });
    found.push(...reply.overlays);
    offset = reply.next;
  }
  return found;
}

async function addOverlay(input: Input, session: Session): Promise<Outcome> {
  const model = input.argument('model');
  const { nextId } = await session.client().call(reviewsRoutes.overlays, { query: { model } });
  if (nextId === undefined)
    throw new CliError('server_answer_invalid', 'the server gave no number for the overlay');
  const until = input.text('until');
  const expires = endOfDay(until);
  if (expires === undefined)
    throw usage(`\`--until\` must be a date like \`2026-12-31\`, not \`${until}\``);
  const content: OverlayContent = {
    id: nextId,
    segment: input.text('segment'),
    size: input.text('size'),
    reason: input.text('reason'),
    authority: input.text('authority'),
    expires,
    status: 'active',
  };
  const recorded = await signOne(session, {
    type: 'override-record',
    kind: 'overlay',
    scope: 'use',
    subjectRef: { workspace: session.profile().workspace, model, use: input.text('use') },
    content,
  });
  return done({ ...recorded, id: nextId }, `${model}/${nextId}: ${describeRecorded(recorded)}`);
}

async function expireOverlay(input: Input, session: Session): Promise<Outcome> {
  const text = input.argument('overlay');
  const parts = /^([a-z0-9][a-z0-9._-]{0,127})\/(O-\d{1,9})$/.exec(text);
  if (parts === null) throw usage(`\`${text}\` is not an overlay: write MODEL/O-N`);
  const [, model = '', id = ''] = parts;
  const before = (await overlaysOf(session, { model })).find((one) => one.id === id);
  if (before === undefined)
    throw new CliError('not_found', `no overlay \`${id}\` of \`${model}\` is in the register`);
  if (before.state === 'ended')
    throw new CliError('refused', `overlay \`${text}\` has ended already`);
  const { segment, size, reason, authority, expires, use, digest } = before;
  const content: OverlayContent = {
    id,
    segment,
    size,
    reason,
    authority,
    expires,
    status: 'ended',
    ended: input.text('reason'),
  };
  const recorded = await signOne(session, {
    type: 'override-record',
    kind: 'overlay',
    scope: 'use',
    subjectRef: {
      workspace: session.profile().workspace,
      model,
      ...(use === undefined ? {} : { use }),
    },
    source: [digest],
    supersedes: digest,
    content,
  });
  return done({ ...recorded, id }, `${text} ended: ${describeRecorded(recorded)}`);
}
