// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { CliError } from '../errors.ts';
import type { ApiClient } from './api-client.ts';
import { listRecords } from './digests.ts';
import { toldRecord } from './told-record.ts';

/** The newest policy document of a kind, with the member that holds it. @throws CliError `not_found` */
export async function policyInForce<T extends z.ZodType>(
  client: ApiClient,
  kind: 'promotion-policy' | 'questionnaire',
  schema: T,
): Promise<{ readonly digest: string; readonly value: z.output<T> }> {
  const [newest] = await listRecords(client, { type: 'policy-document', kind });
  if (newest === undefined) {
    throw new CliError('not_found', `no ${kind} is in force`, {
      details: {
        next: 'two of administrator and model risk sign one: `countersign sign policies/…yaml`',
      },
    });
  }
  const { content } = await toldRecord(client, newest.digest);
  const parsed = schema.safeParse(content);
  if (parsed.success) return { digest: newest.digest, value: parsed.data };
  throw new CliError(
    'server_answer_invalid',
    `the ${kind} in force cannot be read: ${z.prettifyError(parsed.error)}`,
  );
}
