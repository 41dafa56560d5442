// SPDX-License-Identifier: Apache-2.0
import { createHash, createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { legalHolds, nextHoldId } from '@countersign/kernel';
import { sql } from 'kysely';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';

/** Legal holds, newest first. */
export async function holdRegister(
  context: ServerContext,
  of: { readonly model?: string | undefined; readonly version?: number | undefined },
) {
  const set = await context.records.current();
  const holds = legalHolds(set)
    .filter(({ target }) => of.model === undefined || target.model === of.model)
    .filter(({ target }) => of.version === undefined || target.version === of.version)
    .map(({ target, ...hold }) => ({ ...hold, ...target }));
  return { holds: holds.reverse(), nextId: nextHoldId(set) };
}

/**
 * Under which HMAC the firm's gateways file the decisions about a data subject. The key that they share lies in the data
 * directory (`keys/gateway-hmac`); where the gateways hold another, they have to be asked.
 * @throws ServerError `subject_unavailable`
 */
export async function subjectOf(context: ServerContext, key: string) {
  const file = join(context.dataDir, 'keys', 'gateway-hmac');
  const secret = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ServerError(
      'subject_unavailable',
      'the key under which gateways file data subjects is not here: start a gateway of this directory, or hold decisions one by one',
      { cause },
    );
  });
  const hmacKey = createHash('sha256').update(secret.trim()).digest();
  const subject = createHmac('sha256', hmacKey).update(`subject\n${key}`).digest('hex');
  const { rows } = await sql<{ n: string }>`
    SELECT count(*) AS n FROM decision_key
     WHERE workspace = ${context.workspace} AND subject_hmac = ${subject}`.execute(
    context.database.db,
  );
  return { subject, decisions: Number(rows[0]?.n ?? 0) };
}
