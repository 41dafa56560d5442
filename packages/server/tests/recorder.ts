// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { type PlatformDraft, recordByPlatform } from '../src/records/index.ts';
import type { TestDraft, TestServer } from './server-fixture.ts';

/** Records over the API and by the platform, each shown to count. */
export function recorder(server: TestServer) {
  const counted = async (digest: string): Promise<string> => {
    const set = await server.context.records.including([digest]);
    expect(set.rejected.find((one) => one.digest === digest)).toBeUndefined();
    expect(set.byDigest.has(digest)).toBe(true);
    return digest;
  };
  const send = async (
    draft: TestDraft,
    signers: readonly string[],
    account: string = draft.actor,
  ) => {
    const envelope = await server.sign(draft, signers);
    return server.as(account, {
      method: 'POST',
      url: '/v1/records',
      payload: { envelopes: [envelope] },
    });
  };
  return {
    send,
    /** By persons; the digest once it counts. */
    async person(draft: TestDraft, signers: readonly string[]): Promise<string> {
      const answer = await send(draft, signers);
      expect(answer.json(), answer.body).toMatchObject({ records: [{ state: 'recorded' }] });
      return counted(answer.json<{ records: { digest: string }[] }>().records[0]?.digest ?? '');
    },
    async platform(draft: PlatformDraft): Promise<string> {
      const { context } = server;
      const { digest } = await context.database.db
        .transaction()
        .execute((tx) => recordByPlatform(context, tx, draft));
      return counted(digest);
    },
  };
}

export type Recorder = ReturnType<typeof recorder>;
