// SPDX-License-Identifier: Apache-2.0
import { NoticeChannelsFile } from '@countersign/contract';
import { type RecordSet, recordsOfType, rulesAt } from '@countersign/kernel';

/** The kind of `policy-document` that says where notices go, in the member `notices`. */
export const CHANNELS_KIND = 'notice-channels';

export interface SignedChannels {
  readonly record: string;
  readonly from: string;
  readonly channels: NoticeChannelsFile;
}

export interface ChannelsAt {
  readonly inForce: SignedChannels | undefined;
  /** Signed, and waiting for its delay; the next to take effect. */
  readonly coming: SignedChannels | undefined;
}

/**
 * Where notices go at a time, from records alone. The first document counts at once. A later one waits for the firm's
 * delay, like a key: whoever turns notices away must be told of by the channels as they were.
 */
export function channelsAt(set: RecordSet, now: string): ChannelsAt {
  const documents: SignedChannels[] = [];
  for (const record of recordsOfType(set, 'policy-document')) {
    const { kind, content } = record.statement.predicate;
    if (kind !== CHANNELS_KIND) continue;
    const read = NoticeChannelsFile.safeParse(content.notices);
    if (!read.success) continue; // the door refuses these; a later kernel may write more
    const { delayHours } = rulesAt(set, record.loggedAt);
    const delay = documents.length === 0 ? 0 : delayHours * 3_600_000;
    const from = new Date(Date.parse(record.loggedAt) + delay).toISOString();
    documents.push({ record: record.digest, from, channels: read.data });
  }
  return {
    inForce: documents.findLast(({ from }) => from <= now),
    coming: documents.find(({ from }) => from > now),
  };
}

export const EMAIL_CHANNEL = 'email';

export function webhookChannel(name: string): string {
  return `webhook:${name}`;
}
