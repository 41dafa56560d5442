// SPDX-License-Identifier: Apache-2.0
import type { NoticePace } from '@countersign/contract';
import { NOTICE_PACES } from '@countersign/contract';
import { accountOf, parseEnvelope, readRecord } from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { rolesOf } from '../identity/index.ts';
import { keysNamedBy, pendingView } from '../records/index.ts';
import { json } from './json.ts';
import type { Person } from './notice.ts';
import type { AwaitingRecord } from './waiting-notices.ts';

/** Somebody who can be told. */
export interface Reader extends Person {
  readonly pace: NoticePace;
  /** Chosen by themselves; counts only in a domain of the channel. */
  readonly ownAddress: string | undefined;
  /** Day of the last daily digest that was written for them. */
  readonly digested: string | undefined;
}

/** Everybody with an account that is not locked. */
export async function readReaders(
  context: Pick<ServerContext, 'database' | 'workspace' | 'records' | 'now'>,
): Promise<readonly Reader[]> {
  const { workspace } = context;
  const rows = await context.database.db
    .selectFrom('account')
    .leftJoin('notice_preference as preference', (join) =>
      join
        .onRef('preference.workspace', '=', 'account.workspace')
        .onRef('preference.account', '=', 'account.account'),
    )
    .select(['account.account', 'preference.pace', 'preference.address', 'preference.digested'])
    .where('account.workspace', '=', workspace)
    .where('account.locked_at', 'is', null)
    .orderBy('account.account')
    .execute();
  const register = context.records.register();
  const now = context.now();
  return rows.map((row) => ({
    account: row.account,
    roles: rolesOf(register, row.account, now),
    pace: NOTICE_PACES.find((one) => one === row.pace) ?? 'at-once',
    ownAddress: row.address ?? undefined,
    digested: row.digested ?? undefined,
  }));
}

/** Where mail for an account goes: to an address of their own in one of the domains, else to `account@` the first. */
export function addressOf(
  account: string,
  ownAddress: string | undefined,
  domains: readonly string[],
): string {
  const domain = ownAddress?.split('@')[1]?.toLowerCase();
  const isFit = domain !== undefined && domains.includes(domain);
  return isFit && ownAddress !== undefined ? ownAddress : `${account}@${domains[0]}`;
}

/** Records that await signatures, with who has signed them and whose keys they name. */
export async function readAwaiting(context: ServerContext): Promise<readonly AwaitingRecord[]> {
  const register = context.records.register();
  const { records } = await pendingView(context);
  return records.map(({ digest, envelope, needs, since }) => {
    const record = readRecord(context.primitives, parseEnvelope(json(envelope)));
    const signedBy = record.envelope.signatures.flatMap(({ keyid }) => {
      const key = register.get(keyid);
      return key === undefined ? [] : [accountOf(key)];
    });
    const holders = keysNamedBy(record).flatMap(({ holder }) =>
      holder.kind === 'person' ? [holder.account] : [],
    );
    return { digest, type: record.statement.predicate.type, signedBy, holders, needs, since };
  });
}
