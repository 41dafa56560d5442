// SPDX-License-Identifier: Apache-2.0
import type { NoticeSettingsBody, NoticeSettingsReply } from '@countersign/contract';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { channelsAt } from './channels.ts';
import { DIGEST_DEFAULT, digestDay } from './digest-day.ts';
import { ALWAYS_TOLD, type Notice } from './notice.ts';
import { writeMessage } from './notice-store.ts';
import { addressOf, readReaders } from './people.ts';
import { recipientOf } from './write-round.ts';

/** @throws ServerError `account_unknown` */
export async function noticeSettings(
  context: ServerContext,
  account: string,
): Promise<NoticeSettingsReply> {
  const set = await context.records.current();
  const channels = channelsAt(set, context.now()).inForce?.channels;
  const reader = (await readReaders(context)).find((one) => one.account === account);
  if (reader === undefined) {
    throw new ServerError('account_unknown', `no account \`${account}\` is known`, {
      details: { account },
    });
  }
  const domains = channels?.smtp?.domains ?? [];
  return {
    account,
    email: reader.pace,
    address: domains.length === 0 ? null : addressOf(account, reader.ownAddress, domains),
    domains,
    always: [...ALWAYS_TOLD],
    digest: channels?.digest ?? DIGEST_DEFAULT,
  };
}

/**
 * Keeps what somebody chose. An address that was changed is told of the change, since whoever sits at another's open session
 * could otherwise lead the notices about that person's keys away unseen.
 * @throws ServerError `notice_address_refused` for an address outside the channel's domains
 */
export async function chooseSettings(
  context: ServerContext,
  account: string,
  wanted: NoticeSettingsBody,
): Promise<NoticeSettingsReply> {
  const before = await noticeSettings(context, account);
  refuseForeign(wanted.address, before.domains);
  const now = context.now();
  const { workspace } = context;
  const pace = wanted.email ?? before.email;
  // Digests begin with the next time of day, not at once with whatever hour this is.
  const digested = digestDay(now, before.digest);
  const address = wanted.address === undefined ? {} : { address: wanted.address };
  await context.database.db.transaction().execute(async (tx) => {
    await tx
      .insertInto('notice_preference')
      .values({ workspace, account, pace, address: null, ...address, digested, set_at: now })
      .onConflict((conflict) =>
        conflict.columns(['workspace', 'account']).doUpdateSet({
          pace,
          ...address,
          ...(before.email === 'daily' ? {} : { digested }),
          set_at: now,
        }),
      )
      .execute();
    const to = addressOf(account, wanted.address ?? undefined, before.domains);
    if (wanted.address === undefined || before.address === null || to === before.address) return;
    await writeMessage(tx, recipientOf(context, account), {
      notices: [addressChange(account, now)],
      now,
      address: before.address,
    });
  });
  return noticeSettings(context, account);
}

function refuseForeign(address: string | null | undefined, domains: readonly string[]): void {
  if (address === undefined || address === null) return;
  const domain = address.split('@')[1]?.toLowerCase() ?? '';
  if (domains.includes(domain)) return;
  throw new ServerError(
    'notice_address_refused',
    domains.length === 0
      ? 'no mail server is set yet, so that no address can be chosen'
      : `\`${domain}\` is not a domain of the firm: choose an address in ${domains.join(', ')}`,
    { details: { field: 'body.address' } },
  );
}

function addressChange(account: string, now: string): Notice {
  return {
    key: `address-change:${now}`,
    kind: 'address-change',
    subject: account,
    text: 'your notices go to another address from now on; if you did not choose that, tell an administrator',
    link: '/account',
    urgent: true,
    record: '',
    audience: { accounts: [account] },
  };
}
