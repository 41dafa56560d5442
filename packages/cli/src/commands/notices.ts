// SPDX-License-Identifier: Apache-2.0
import {
  NOTICE_PACES,
  NOTICE_STATES,
  type NoticeSettingsReply,
  noticesRoutes,
  type PendingNoticesReply,
  type SentNoticesReply,
} from '@countersign/contract';
import { withPasswordSession } from '../client/password-session.ts';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import { Input } from '../command/input.ts';
import { usage } from '../errors.ts';
import { fields, short, table } from '../output/table.ts';
import type { Session } from '../session.ts';

export const notices: Command = {
  name: 'notices',
  summary: 'what I was told by e-mail, or will be; of everybody with --all',
  example: 'countersign notices --pending --as vera.validator',
  options: [
    {
      flags: '--all',
      summary: 'of everybody and every webhook: auditors, administrators, model risk',
    },
    { flags: '--pending', summary: 'what the next run and the next digest will tell' },
    { flags: '--failed', summary: 'what was not taken: tried again, or given up' },
    { flags: '--state STATE', summary: 'in this state', choices: NOTICE_STATES },
    { flags: '--account ACCOUNT', summary: 'with --all: for this person' },
    { flags: '--channel CHANNEL', summary: 'by this one: email, webhook:NAME' },
    { flags: '--limit N', summary: 'at most so many, 500 at most; 50 unless given' },
  ],
  run: listNotices,
};

export const noticesSettings: Command = {
  name: 'notices settings',
  summary: 'when and where I am written to; notices about keys always come',
  description:
    'Without options it shows the choice. What is urgent goes at once, whatever is chosen. Another address is chosen with the password, since no token may, and only in a domain of the firm.',
  example: 'countersign notices settings --email daily --as omar.owner',
  options: [
    {
      flags: '--email WHEN',
      summary: 'at once, once a day, or only what is urgent',
      choices: NOTICE_PACES,
    },
    { flags: '--address ADDRESS', summary: 'an address of my own; `default` goes back' },
    { flags: '--password-file FILE', summary: 'file with the sign-in password' },
    { flags: '--sign-in ADDRESS', summary: 'sign-in address; ACCOUNT@FIRM.example unless given' },
  ],
  run: settings,
};

export const noticesTest: Command = {
  name: 'notices test',
  summary: 'send a test to myself and to every webhook, now (administrators)',
  example: 'countersign notices test --as ada.admin',
  run: sendTest,
};

export const noticesRetry: Command = {
  name: 'notices retry',
  summary: 'try a message that was given up once more (administrators)',
  example: 'countersign notices retry 0b5c1f9e-6a0e-4d0e-9f52-5f6d1d0c7c11 --as ada.admin',
  arguments: [
    { name: 'message', summary: 'its id, as `countersign notices --all --failed` shows it' },
  ],
  run: retry,
};

async function listNotices(input: Input, session: Session): Promise<Outcome> {
  const client = session.client();
  const isOfAll = input.flag('all');
  if (input.flag('pending')) {
    const reply = await client.call(isOfAll ? noticesRoutes.allPending : noticesRoutes.minePending);
    return done(reply, ...pendingLines(reply, isOfAll));
  }
  const query = {
    limit: input.count('limit'),
    state: input.optionalText('state'),
    channel: input.optionalText('channel'),
  };
  const account = input.optionalText('account');
  if (account !== undefined && !isOfAll) throw usage('`--account` goes with `--all`');
  const ask = async (state: string | undefined): Promise<SentNoticesReply> =>
    isOfAll
      ? client.call(noticesRoutes.all, { query: { ...query, state, account } })
      : client.call(noticesRoutes.mine, { query: { ...query, state } });
  const replies = input.flag('failed')
    ? await Promise.all([ask('failed'), ask('dead')])
    : [await ask(query.state)];
  const reply = { notices: replies.flatMap((one) => one.notices) };
  return done(reply, ...sentLines(reply, { isOfAll, withResult: input.flag('failed') }));
}

function sentLines(
  { notices: all }: SentNoticesReply,
  at: { readonly isOfAll: boolean; readonly withResult: boolean },
): readonly string[] {
  if (all.length === 0) return ['no notices'];
  const headings = [
    'when',
    ...(at.isOfAll ? ['channel', 'for'] : []),
    'state',
    'about',
    'what',
    ...(at.withResult ? ['message', 'result', 'again'] : []),
  ];
  const rows = all.map((one) => [
    one.sentAt ?? one.writtenAt,
    ...(at.isOfAll ? [one.channel, one.account ?? ''] : []),
    one.state,
    one.subject,
    one.text,
    ...(at.withResult ? [one.message, one.result ?? '', one.nextAttemptAt ?? 'given up'] : []),
  ]);
  return table(headings, rows);
}

const WHEN_WORDS = {
  'next-run': 'at once',
  'next-digest': 'next digest',
  'not-by-email': 'not by e-mail',
} as const;

function pendingLines(
  { hindrance, notices: all }: PendingNoticesReply,
  isOfAll: boolean,
): readonly string[] {
  const rows = all.map((one) => [
    WHEN_WORDS[one.when],
    ...(isOfAll ? [one.channel, one.account ?? ''] : []),
    one.subject,
    one.text,
  ]);
  const headings = ['when', ...(isOfAll ? ['channel', 'for'] : []), 'about', 'what'];
  return [
    ...(all.length === 0 ? ['everything has been told'] : table(headings, rows)),
    ...(hindrance === null ? [] : [`nothing is sent: ${hindrance}`]),
  ];
}

async function settings(input: Input, session: Session): Promise<Outcome> {
  const email = input.optionalText('email');
  const given = input.optionalText('address');
  if (email === undefined && given === undefined) {
    const reply = await session.client().call(noticesRoutes.settings);
    return done(reply, ...settingsLines(reply));
  }
  const body = {
    ...(email === undefined ? {} : { email }),
    ...(given === undefined ? {} : { address: given === 'default' ? null : given }),
  };
  if (given === undefined) {
    const reply = await session.client().call(noticesRoutes.setSettings, { body });
    return done(reply, ...settingsLines(reply));
  }
  // `--email` is another thing here than where somebody signs in with a password.
  const signIn = new Input(
    {},
    { passwordFile: input.optionalText('password-file'), email: input.optionalText('sign-in') },
  );
  const at = { account: session.account(), profile: session.profile() };
  const reply = await withPasswordSession(signIn, session, at, ({ client, headers }) =>
    client.call(noticesRoutes.setSettings, { body, headers }),
  );
  return done(reply, ...settingsLines(reply));
}

function settingsLines(reply: NoticeSettingsReply): readonly string[] {
  const { email, address, domains, digest } = reply;
  const words = {
    'at-once': 'at once',
    daily: `once a day, at ${digest.at} ${digest.zone}`,
    urgent: 'only what is urgent',
  };
  return fields([
    ['e-mail', words[email]],
    ['address', address ?? 'none: no mail server is set'],
    ['domains', domains.join(', ')],
    ['always', 'keys, administrators, where notices go, and whatever is urgent'],
  ]);
}

async function sendTest(_input: Input, session: Session): Promise<Outcome> {
  const reply = await session.client().call(noticesRoutes.test);
  const { results } = reply;
  if (results.length === 0) return refused(reply, 'no channel is set: countersign notices channel');
  const rows = results.map(({ channel, ok, result }) => [channel, ok ? 'taken' : 'failed', result]);
  const lines = table(['channel', 'test', 'result'], rows);
  return results.every(({ ok }) => ok) ? done(reply, ...lines) : refused(reply, ...lines);
}

async function retry(input: Input, session: Session): Promise<Outcome> {
  const id = input.argument('message');
  const reply = await session.client().call(noticesRoutes.retry, { params: { id } });
  return done(reply, `${short(id)} is tried again with the next run`);
}
