// SPDX-License-Identifier: Apache-2.0
import { discussionRoutes, governanceRoutes } from '@countersign/contract';
import {
  discussionOf,
  mentionsIn,
  openBlocking,
  type RecordSet,
  type RemarkAct,
} from '@countersign/kernel';
import { resolveDigest } from '../client/digests.ts';
import { verifiedBundle } from '../client/verified-records.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { describeDiscussion } from '../output/describe-discussion.ts';
import { short } from '../output/table.ts';
import { readTextFile } from '../papers/yaml-file.ts';
import { changeRequestRecord } from '../records/change-request-review.ts';
import type { Session } from '../session.ts';
import { signOne } from '../signing/sign-and-record.ts';

export const discuss: Command = {
  name: 'discuss',
  summary: 'read and write remarks, questions and answers on a change request',
  description:
    'Without an option it shows what was written, from records verified here. Text is Markdown; `@account` puts it into that inbox. The platform attests what you write; with --sign your own key does. Nothing is changed or taken back later. An open question that an approver marked as blocking shows at the gate.',
  example:
    'countersign discuss 3f2a9c0d1e4b --ask "why is the cutoff unchanged, @dana.developer?" --as vera.validator',
  arguments: [
    { name: 'request', summary: 'digest of the change request, eight characters or more' },
  ],
  options: [
    { flags: '--say TEXT', summary: 'write a remark; with --reply, the answer' },
    { flags: '--ask TEXT', summary: 'ask a question' },
    { flags: '--file FILE', summary: 'the text from a Markdown file' },
    { flags: '--question', summary: 'with --file: it asks' },
    { flags: '--reply ID', summary: 'answer in the thread of this remark' },
    { flags: '--resolve ID', summary: 'close the thread of this remark' },
    { flags: '--reopen ID', summary: 'open it again' },
    { flags: '--block ID', summary: 'as an approver: mark the question as blocking' },
    { flags: '--blocking', summary: 'with --ask: mark it as blocking at once' },
    { flags: '--sign', summary: 'sign it with your key' },
  ],
  run: runDiscuss,
};

interface Wish {
  readonly act: RemarkAct;
  readonly text: string;
  readonly inReplyTo?: string;
  readonly blocking?: true;
}

async function runDiscuss(input: Input, session: Session): Promise<Outcome> {
  const client = session.client();
  const digest = await resolveDigest(client, input.argument('request'), { type: 'change-record' });
  const wish = await wishOf(input, session);
  if (wish === undefined) return showAll(session, digest);
  const posted = input.flag('sign')
    ? await signRemark(session, digest, wish)
    : await client.call(discussionRoutes.post, { params: { digest }, body: wish });
  await refuseOtherWords(session, posted.digest, wish);
  const standing = input.flag('sign') ? 'signed by you' : 'attested by the platform';
  return done(
    { changeRequest: digest, act: wish.act, digest: posted.digest, standing },
    `${wish.act} ${short(posted.digest)} recorded, ${standing}`,
    ...(await whoIsNotTold(session, digest, { posted: posted.digest, text: wish.text })),
  );
}

/** A name that nobody has, and a request that is decided: whoever wrote would wait for an answer that nobody was asked for. */
async function whoIsNotTold(
  session: Session,
  changeRequest: string,
  written: { readonly posted: string; readonly text: string },
): Promise<readonly string[]> {
  const named = mentionsIn(written.text);
  const params = { digest: changeRequest };
  const client = session.client();
  const { state } = await client.call(governanceRoutes.get, { params });
  const isDecided = state !== 'open' && state !== 'ready';
  const decided = isDecided ? [`warning: the request is ${state}: nobody is told`] : [];
  if (named.length === 0) return decided;
  const { threads } = await client.call(discussionRoutes.read, { params });
  const remark = threads
    .flatMap(({ remarks }) => remarks)
    .find((one) => one.digest === written.posted);
  const unknown = named.filter((account) => remark?.mentions.includes(account) !== true);
  return [
    ...decided,
    ...unknown.map((account) => `warning: nobody holds a key as \`@${account}\`: check the name`),
  ];
}

/** What the platform attests in somebody's name is read back from the log before it is called recorded. */
async function refuseOtherWords(session: Session, digest: string, wish: Wish): Promise<void> {
  const { set } = await verifiedBundle(session, digest);
  const predicate = set.byDigest.get(digest)?.statement.predicate;
  const isIt =
    predicate?.actor === session.account() &&
    predicate.content.act === wish.act &&
    predicate.content.text === wish.text;
  if (isIt) return;
  throw new CliError(
    'record_unverified',
    `the server recorded other words than these, as \`${short(digest)}\``,
  );
}

async function showAll(session: Session, digest: string): Promise<Outcome> {
  const { set } = await verifiedBundle(session, digest);
  changeRequestRecord(set, digest);
  const threads = discussionOf(set, digest);
  const blocking = openBlocking(threads).length;
  return done(
    { changeRequest: digest, threads },
    ...describeDiscussion(threads),
    ...(blocking === 0
      ? []
      : ['', `${blocking} blocking question${blocking === 1 ? '' : 's'} open`]),
  );
}

async function signRemark(session: Session, digest: string, wish: Wish) {
  const { set } = await verifiedBundle(session, digest);
  return signOne(session, {
    type: 'change-remark',
    scope: 'version',
    subjectRef: subjectOfRequest(set, digest),
    source: wish.inReplyTo === undefined ? [digest] : [digest, wish.inReplyTo],
    content: { changeRequest: digest, ...wish },
  });
}

function subjectOfRequest(set: RecordSet, digest: string) {
  return changeRequestRecord(set, digest).statement.predicate.subjectRef;
}

async function wishOf(input: Input, session: Session): Promise<Wish | undefined> {
  const acts = [
    ['answer', 'reply'],
    ['resolve', 'resolve'],
    ['reopen', 'reopen'],
    ['block', 'block'],
  ] as const;
  const given = acts.filter(([, option]) => input.optionalText(option) !== undefined);
  if (given.length > 1) {
    throw usage(`one of ${given.map(([, option]) => `--${option}`).join(', ')} at a time`);
  }
  const text = textOf(input, session);
  const [named] = given;
  if (named === undefined) return openingWish(input, text);
  const [act, option] = named;
  if (input.flag('blocking')) throw usage('`--blocking` goes with `--ask`');
  if (act === 'answer' && text === undefined) throw usage('an answer takes `--say` or `--file`');
  const filter = { type: 'change-remark' };
  const inReplyTo = await resolveDigest(session.client(), input.text(option), filter);
  return { act, text: text ?? '', inReplyTo };
}

function openingWish(input: Input, text: string | undefined): Wish | undefined {
  if (text === undefined) return undefined;
  const asks = input.optionalText('ask') !== undefined || input.flag('question');
  const blocking = input.flag('blocking');
  if (blocking && !asks) throw usage('a question is marked as blocking, not a remark');
  return {
    act: asks ? 'question' : 'remark',
    text,
    ...(blocking ? { blocking: true as const } : {}),
  };
}

function textOf(input: Input, session: Session): string | undefined {
  const file = input.optionalText('file');
  const texts = [input.optionalText('say'), input.optionalText('ask'), file].filter(
    (one) => one !== undefined,
  );
  if (texts.length > 1) throw usage('one of `--say`, `--ask` and `--file` at a time');
  return file === undefined ? texts[0] : readTextFile(session.cwd, file);
}
