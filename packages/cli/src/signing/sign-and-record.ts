// SPDX-License-Identifier: Apache-2.0
import { type RecordsReply, recordRoutes } from '@countersign/contract';
import {
  PAYLOAD_TYPE_STATEMENT,
  type Signer,
  type Statement,
  sha256Hex,
  signEnvelope,
  statementBytes,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { CliError } from '../errors.ts';
import type { Session } from '../session.ts';
import { describeStatement } from './describe-statement.ts';
import { type Draft, personStatement } from './person-statement.ts';

export type Recorded = RecordsReply['records'][number] & { readonly type: string };

/** Shows what is about to be signed, signs it with the person's key, and records all of it or none. */
export async function signAndRecord(
  session: Session,
  drafts: readonly Draft[],
): Promise<readonly Recorded[]> {
  const by = { account: session.account(), founding: session.root(), now: session.now() };
  return recordStatements(
    session,
    drafts.map((draft) => personStatement(draft, by)),
  );
}

export async function signOne(session: Session, draft: Draft): Promise<Recorded> {
  const [recorded] = await signAndRecord(session, [draft]);
  if (recorded === undefined)
    throw new CliError('server_answer_invalid', 'the server recorded nothing');
  return recorded;
}

/** As `signAndRecord`, for statements that are complete already, such as a prepared change request. */
export async function recordStatements(
  session: Session,
  statements: readonly Statement[],
): Promise<readonly Recorded[]> {
  for (const statement of statements) {
    for (const line of describeStatement(statement)) session.io.err(line);
  }
  const signer = await session.signer();
  const envelopes = await Promise.all(statements.map((one) => envelopeOf(one, signer)));
  const { records } = await session.client().call(recordRoutes.post, { body: { envelopes } });
  return statements.map((statement, index) => {
    const recorded = records[index];
    const digest = sha256Hex(nodePrimitives, statementBytes(statement));
    if (recorded?.digest !== digest) {
      throw new CliError(
        'server_answer_invalid',
        `the server recorded something else than \`${digest.slice(0, 12)}\``,
      );
    }
    return { ...recorded, type: statement.predicate.type };
  });
}

function envelopeOf(statement: Statement, signer: Signer) {
  return signEnvelope(PAYLOAD_TYPE_STATEMENT, statementBytes(statement), [signer]);
}

/** `recorded` or what it still waits for, as people read it. */
export function describeRecorded({ type, digest, state, needs }: Recorded): string {
  const place = `${type} ${digest.slice(0, 12)}`;
  return state === 'recorded'
    ? `recorded ${place}`
    : `${place} waits: ${needs ?? 'it takes more signatures'}`;
}
