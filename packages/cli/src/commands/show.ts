// SPDX-License-Identifier: Apache-2.0
import { recordRoutes } from '@countersign/contract';
import {
  asOfView,
  builtFacts,
  changeOf,
  discussionOf,
  indexAt,
  type Json,
  latestItem,
  parseEnvelope,
  readRecord,
  recordsOfType,
  subjectText,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { resolveDigest } from '../client/digests.ts';
import { momentOf } from '../client/moment.ts';
import {
  type VerifiedVersion,
  verifiedBundle,
  verifiedVersion,
} from '../client/verified-records.ts';
import { isVersionName, parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { describeAsOf } from '../output/describe-as-of.ts';
import { describeBuild } from '../output/describe-build.ts';
import { describeChangeRequest } from '../output/describe-change-request.ts';
import { describeChanges } from '../output/describe-changes.ts';
import { describeDiscussion } from '../output/describe-discussion.ts';
import { fields, short, table } from '../output/table.ts';
import { changeRequestReview } from '../records/change-request-review.ts';
import { stageOfVersion } from '../records/stage.ts';
import type { Session } from '../session.ts';

export const show: Command = {
  name: 'show',
  summary: 'a version, a change request or any record, verified',
  example: 'countersign show consumer-credit@1',
  arguments: [{ name: 'what', summary: 'MODEL@N, or a digest of eight characters or more' }],
  options: [
    { flags: '--use USE', summary: 'of a version: the use; the one it was built for unless given' },
    {
      flags: '--as-of DATE',
      summary: 'of a version: how it stood then, allowed by whom, on what validation',
    },
    { flags: '--known DATE', summary: 'with --as-of: as the log told it then' },
  ],
  run: runShow,
};

async function runShow(input: Input, session: Session): Promise<Outcome> {
  const what = input.argument('what');
  if (isVersionName(what)) {
    const name = parseVersionName(what);
    const version = await verifiedVersion(session, name, input.optionalText('use'));
    return input.optionalText('as-of') === undefined
      ? showVersion(session, version)
      : showAsOf(input, session, version);
  }
  if (input.optionalText('as-of') !== undefined) throw usage('`--as-of` is for MODEL@N');
  return showRecord(session, await resolveDigest(session.client(), what));
}

/** Computed here from records that were verified here: the server only handed them over. */
function showAsOf(input: Input, session: Session, { set, context }: VerifiedVersion): Outcome {
  const now = session.now();
  const date = momentOf(input.text('as-of'), '--as-of', now);
  const known = momentOf(input.optionalText('known') ?? now, '--known', now);
  const { workspace, model, use, version } = context;
  const index = indexAt(set, known);
  const view = asOfView(set, { workspace, model, date, known: index });
  const isOfIt = (one: { readonly use: string; readonly version: number }) =>
    one.use === use && one.version === version;
  const stages = view.stages.filter(isOfIt);
  const warrants = view.warrants.filter(isOfIt);
  const told = { date, known: { time: known, index }, stages, warrants };
  return done(
    told,
    `${model}@${version} for ${use} at ${date}, as known at ${known}: ${stages[0]?.stage ?? 'not registered'}`,
    '',
    ...describeAsOf(told),
  );
}

function showVersion(session: Session, version: VerifiedVersion): Outcome {
  const { context, set } = version;
  const stage = stageOfVersion(set, context, session.now());
  const content = (id: Parameters<typeof latestItem>[2]['id']) =>
    latestItem(set, context, { id })?.statement.predicate.content;
  const run = content('training-run');
  const commit = content('source-revision');
  const records = set.records
    .filter(({ statement: { predicate } }) => predicate.subjectRef.version === context.version)
    .map(({ digest, loggedAt, statement: { predicate } }) => ({
      type: predicate.type,
      ...(predicate.kind === undefined ? {} : { kind: predicate.kind }),
      digest,
      actor: predicate.actor,
      loggedAt,
    }));
  const built = builtFacts(set, context);
  const told = describeBuild(built);
  const result = {
    ...context,
    ...built,
    stage,
    commit: commit?.commit,
    run: run?.run,
    promotable: run?.promotable,
    records,
  };
  return done(
    result,
    ...fields([
      ['version', `${context.model}@${context.version}`],
      ['use', context.use],
      ['stage', stage],
      ['artefact', context.artifactDigest],
      ['commit', String(commit?.commit ?? 'none')],
      [
        'run',
        `${String(run?.run ?? 'none')}${run?.promotable === true ? '' : ' (not promotable)'}`,
      ],
      ['registered', context.registeredOn],
    ]),
    ...(told.length === 0 ? [] : ['', ...told]),
    '',
    ...table(
      ['record', 'digest', 'by', 'logged'],
      records.map(({ type, kind, digest, actor, loggedAt }) => [
        kind === undefined ? type : `${type} (${kind})`,
        short(digest),
        actor,
        loggedAt,
      ]),
    ),
  );
}

async function showRecord(session: Session, digest: string): Promise<Outcome> {
  const reply = await session.client().call(recordRoutes.get, { params: { digest } });
  // The schema has checked members and types; the kernel reads the signed bytes strictly.
  const record = readRecord(nodePrimitives, parseEnvelope(reply.envelope as unknown as Json));
  if (record.digest !== digest)
    throw new CliError('record_unverified', `the server sent other bytes than \`${digest}\``);
  const { predicate } = record.statement;
  if (predicate.type === 'change-record') return showChangeRequest(session, digest);
  const result = {
    digest,
    state: reply.state,
    ...(reply.index === undefined ? {} : { index: reply.index }),
    signers: reply.signers,
    statement: record.statement,
  };
  return done(
    result,
    ...fields([
      ['record', digest],
      [
        'type',
        predicate.kind === undefined ? predicate.type : `${predicate.type} (${predicate.kind})`,
      ],
      ['about', subjectText(predicate.subjectRef)],
      ['by', predicate.actor],
      ['claimed', predicate.claimedAt],
      ['state', reply.state],
      ['place', reply.index],
      ['signers', reply.signers.map(({ holder }) => holder).join(', ')],
      ['rejected', reply.rejected],
      ['rests on', predicate.source.map(short).join(', ')],
    ]),
    '',
    JSON.stringify(predicate.content, null, 2),
  );
}

async function showChangeRequest(session: Session, digest: string): Promise<Outcome> {
  const { set } = await verifiedBundle(session, digest);
  if (recordsOfType(set, 'change-record').every((one) => one.digest !== digest)) {
    throw new CliError(
      'not_found',
      `change request \`${short(digest)}\` does not count in the log`,
    );
  }
  const review = changeRequestReview(set, digest, session.now());
  const changes = changeOf(set, digest, session.now());
  const known = 'refused' in changes ? undefined : changes;
  const threads = discussionOf(set, digest);
  return done(
    { ...review, discussion: threads, ...(known === undefined ? {} : { changes: known }) },
    ...describeChangeRequest(review),
    ...(known === undefined ? [] : ['', ...describeChanges(known.change, known.summary)]),
    ...(threads.length === 0 ? [] : ['', ...describeDiscussion(threads)]),
  );
}
