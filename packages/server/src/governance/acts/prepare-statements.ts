// SPDX-License-Identifier: Apache-2.0
import type { ActBody } from '@countersign/contract';
import { personStatement, type Statement, sha256Hex, statementBytes } from '@countersign/kernel';
import type { ServerContext } from '../../context.ts';
import { ServerError } from '../../errors.ts';
import type { Principal } from '../../identity/index.ts';
import { checkUnsigned } from '../../records/index.ts';
import { type PreparedChangeRequest, prepareChangeRequest } from '../prepare-change-request.ts';
import type { ActContext, DraftedAct } from './act.ts';
import { openFinding, stepFinding } from './finding-acts.ts';
import { propose, tier } from './intake-acts.ts';
import { paper } from './paper-acts.ts';
import { attest, review } from './review-acts.ts';

/** Who wants to say it. */
export interface ActAuthor extends Principal {
  readonly printedName: string;
}

export interface PreparedStatement {
  readonly statement: Statement;
  readonly bytes: Uint8Array;
  readonly digest: string;
}

export interface PreparedAct {
  readonly statements: readonly PreparedStatement[];
  /** Whose signatures are needed beside the author's. */
  readonly needs?: string;
  readonly text?: string;
  readonly request?: PreparedChangeRequest;
}

/**
 * Writes the statements that somebody would sign, by the drafting that the command line uses, and judges them by the
 * rules that will judge them when they are signed. Nothing is recorded.
 * @throws ServerError `not_permitted` by the access policies; else as `ingestRecords`, `details.field` naming the member
 * of the act or of the record; KernelError `record_malformed`
 */
export async function prepareStatements(
  context: ServerContext,
  author: ActAuthor,
  act: ActBody,
): Promise<PreparedAct> {
  const set = await context.records.current();
  const now = context.now();
  const at = { set, workspace: context.workspace, account: author.account, now };
  const drafted = act.act === 'submit' ? submitted(context, act, at) : drafts(context, act, at);
  for (const { predicate } of drafted.statements) {
    const asked = { action: 'records:write', recordType: predicate.type } as const;
    const answer = context.access.decide(author, asked);
    if (!answer.allowed) throw new ServerError('not_permitted', answer.reason);
  }
  const toCome = new Set(drafted.statements.flatMap(({ predicate }) => predicate.blobs ?? []));
  const needs = await checkUnsigned(context, author, { statements: drafted.statements, toCome });
  return {
    statements: drafted.statements.map((statement) => {
      const bytes = statementBytes(statement);
      return { statement, bytes, digest: sha256Hex(context.primitives, bytes) };
    }),
    ...(needs === undefined ? {} : { needs }),
    ...(drafted.text === undefined ? {} : { text: drafted.text }),
    ...(drafted.request === undefined ? {} : { request: drafted.request }),
  };
}

interface Drafted {
  readonly statements: readonly Statement[];
  readonly text?: string | undefined;
  readonly request?: PreparedChangeRequest;
}

type SubmitAct = Extract<ActBody, { readonly act: 'submit' }>;

function submitted(context: ServerContext, act: SubmitAct, at: ActContext): Drafted {
  const { act: _name, ...proposal } = act;
  const { account: actor, now, workspace } = at;
  const by = { actor, now };
  const request = prepareChangeRequest(context.primitives, at.set, { workspace, ...proposal }, by);
  return { statements: [request.statement], request };
}

function drafts(context: ServerContext, act: Exclude<ActBody, SubmitAct>, at: ActContext): Drafted {
  const { account, now } = at;
  const by = { account, founding: context.root, now };
  const { drafts: made, text } = draftedAct(context, act, at);
  return { statements: made.map((one) => personStatement(context.primitives, one, by)), text };
}

function draftedAct(
  { primitives }: ServerContext,
  act: Exclude<ActBody, SubmitAct>,
  at: ActContext,
): DraftedAct {
  switch (act.act) {
    case 'open-finding':
      return openFinding(act, at);
    case 'review':
      return review(act, at);
    case 'attest':
      return attest(act, at);
    case 'propose':
      return propose(act, at);
    case 'tier':
      return tier(act, at);
    case 'paper':
      return paper(primitives, act, at);
    default:
      return stepFinding(act, at);
  }
}
