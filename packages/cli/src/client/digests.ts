// SPDX-License-Identifier: Apache-2.0
import { type RecordListReply, recordRoutes } from '@countersign/contract';
import { isDigest } from '@countersign/kernel';
import { CliError, usage } from '../errors.ts';
import type { ApiClient } from './api-client.ts';

export type RecordSummary = RecordListReply['records'][number];

export interface RecordFilter {
  readonly type?: string;
  readonly kind?: string;
  readonly model?: string;
  readonly version?: number;
  readonly use?: string;
}

const PAGE = 500;
const PAGES_MAX = 200;

/** Every record that a filter meets, newest first. */
export async function listRecords(
  client: ApiClient,
  filter: RecordFilter,
): Promise<readonly RecordSummary[]> {
  const found: RecordSummary[] = [];
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const before = found.at(-1)?.digest;
    const query = { ...filter, limit: PAGE, ...(before === undefined ? {} : { before }) };
    const { records } = await client.call(recordRoutes.list, { query });
    found.push(...records);
    if (records.length < PAGE) break;
  }
  return found;
}

export const PREFIX_LENGTH_MIN = 8;

export function isDigestPrefix(text: string): boolean {
  return /^[0-9a-f]{8,64}$/.test(text);
}

/** The full digest for a prefix of eight characters or more. @throws CliError `not_found`, `usage` */
export async function resolveDigest(
  client: ApiClient,
  text: string,
  filter: RecordFilter = {},
): Promise<string> {
  if (isDigest(text)) return text;
  if (!isDigestPrefix(text)) {
    throw usage(
      `\`${text}\` is not a digest: ${PREFIX_LENGTH_MIN} to 64 characters of 0-9 and a-f`,
    );
  }
  const found = (await listRecords(client, filter)).filter(({ digest }) => digest.startsWith(text));
  const [first, second] = found;
  if (first === undefined) {
    const what = filter.type === undefined ? 'record' : filter.type;
    throw new CliError('not_found', `no ${what} begins with \`${text}\``);
  }
  if (second !== undefined)
    throw usage(`\`${text}\` begins more than one digest; write more of it`);
  return first.digest;
}
