// SPDX-License-Identifier: Apache-2.0
import { governanceRoutes, recordRoutes } from '@countersign/contract';
import { newestPolicyDocument, readPolicy } from '@countersign/kernel';
import { z } from 'zod';
import { resolveDigest } from '../client/digests.ts';
import { verifiedBundle } from '../client/verified-records.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { short, table } from '../output/table.ts';
import { changeRequestReview } from '../records/change-request-review.ts';
import { openMeasurements } from '../records/open-measurements.ts';
import type { Session } from '../session.ts';
import { addSignatureTo, findPending } from '../signing/pending.ts';
import { describeRecorded, signOne } from '../signing/sign-and-record.ts';

const Entry = z.looseObject({
  digest: z.string(),
  model: z.string().optional(),
  version: z.int().optional(),
  condition: z.string(),
  measurements: z.array(z.string()),
  expires: z.string(),
  state: z.string(),
  daysRunning: z.int(),
  daysLeft: z.int(),
  renewals: z.int(),
});

export const exceptions: Command = {
  name: 'exceptions',
  summary: 'signed exceptions from inconclusive conditions',
  example: 'countersign exceptions --model consumer-credit',
  options: [{ flags: '--model MODEL', summary: 'of one model' }],
  run: listExceptions,
};

export const exceptionsRequest: Command = {
  name: 'exceptions request',
  summary: 'draw up an exception from what came out inconclusive, and sign it first',
  description:
    'Covers the inconclusive measurements of one condition of a change request. It counts once everybody whom the promotion policy names has signed it: the others add theirs with `exceptions sign`. A `fail` is never excused.',
  example:
    'countersign exceptions request 3f2a9c0d1e4b --condition bias --reason "few young applicants" --limits "demonstration only" --monitoring "fairness every window" --as cora.compliance',
  arguments: [
    { name: 'request', summary: 'digest of the change request, eight characters or more' },
  ],
  options: [
    { flags: '--condition ID', summary: 'performance, bias or reproducible', isRequired: true },
    { flags: '--reason TEXT', summary: 'why it is tolerable', isRequired: true },
    { flags: '--limits TEXT', summary: 'what use is limited to meanwhile', isRequired: true },
    { flags: '--monitoring TEXT', summary: 'what is watched more closely', isRequired: true },
    { flags: '--days N', summary: 'how long; the longest that policy allows unless given' },
  ],
  run: requestException,
};

export const exceptionsSign: Command = {
  name: 'exceptions sign',
  summary: 'add my signature to an exception that awaits it',
  example: 'countersign exceptions sign 5d1c2b3a4f60 --as lena.legal',
  arguments: [{ name: 'exception', summary: 'digest of the pending exception' }],
  run: signException,
};

async function listExceptions(input: Input, session: Session): Promise<Outcome> {
  const query = { model: input.optionalText('model') };
  const { exceptions: found } = await session.client().call(governanceRoutes.exceptions, { query });
  const { records: pending } = await session.client().call(recordRoutes.pending);
  const rows = found.map((json) => {
    const one = Entry.parse(json);
    const covered = `${one.measurements.length} figures`;
    return [
      short(one.digest),
      `${one.model ?? ''}@${one.version ?? ''}`,
      one.condition,
      covered,
      one.state,
      one.expires,
      one.daysRunning,
      one.state === 'running' ? one.daysLeft : '',
      one.renewals,
    ];
  });
  const waiting = pending.filter(({ statement }) => typeOf(statement) === 'exception-record');
  const lines = [
    ...table(
      ['exception', 'version', 'condition', 'covers', 'state', 'until', 'days', 'left', 'renewals'],
      rows,
    ),
    ...waiting.map(({ digest, needs }) => `${short(digest)} waits: ${needs}`),
  ];
  const result = {
    exceptions: found,
    pending: waiting.map(({ digest, needs }) => ({ digest, needs })),
  };
  return done(result, ...(lines.length === 0 ? ['none'] : lines));
}

function typeOf(statement: unknown): unknown {
  return z.looseObject({ predicate: z.looseObject({ type: z.string() }) }).safeParse(statement).data
    ?.predicate.type;
}

const DAY_MS = 86_400_000;

async function requestException(input: Input, session: Session): Promise<Outcome> {
  const digest = await resolveDigest(session.client(), input.argument('request'), {
    type: 'change-record',
  });
  const { set } = await verifiedBundle(session, digest);
  const condition = input.text('condition');
  const review = changeRequestReview(set, digest, session.now());
  const policy = newestPolicyDocument(set, 'promotion-policy');
  const rule = readPolicy(policy?.statement.predicate.content.policy).exceptions.find(
    (one) => one.condition === condition,
  );
  if (rule === undefined) {
    throw new CliError('refused', `the promotion policy allows no exception from \`${condition}\``);
  }
  const open = openMeasurements(set, review, condition);
  if (open.length === 0)
    throw new CliError(
      'refused',
      `nothing of \`${condition}\` is inconclusive: there is nothing to except`,
    );
  const days = input.count('days') ?? rule.daysMax;
  if (days < 1 || days > rule.daysMax)
    throw usage(`\`--days\` must be 1 to ${rule.daysMax}, which is what policy allows`);
  // A minute short of the limit: it counts from when the record is logged, which is later than now.
  const expires = new Date(session.io.now().getTime() + days * DAY_MS - 60_000).toISOString();
  const recorded = await signOne(session, {
    type: 'exception-record',
    scope: 'version',
    subjectRef: review.subject,
    source: [digest],
    content: {
      condition,
      measurements: open,
      reason: input.text('reason'),
      limits: input.text('limits'),
      extraMonitoring: input.text('monitoring'),
      expires,
    },
  });
  return done(
    { ...recorded, condition, measurements: open, expires, signers: rule.signers },
    describeRecorded(recorded),
    ...open.map((one) => `  covers ${one}`),
    `signed by ${rule.signers.join(' and ')}: the others run \`countersign exceptions sign ${short(recorded.digest)}\``,
  );
}

async function signException(input: Input, session: Session): Promise<Outcome> {
  const pending = await findPending(session, { prefix: input.argument('exception') });
  if (pending.statement.predicate.type !== 'exception-record') {
    throw usage(
      `\`${short(pending.digest)}\` is a ${pending.statement.predicate.type}`,
      'use `countersign sign --add`',
    );
  }
  const recorded = await addSignatureTo(session, pending);
  return done(recorded, describeRecorded(recorded));
}
