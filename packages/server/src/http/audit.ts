// SPDX-License-Identifier: Apache-2.0
import type { AuditReply } from '@countersign/contract';
import type { FastifyRequest } from 'fastify';
import type { ServerContext } from '../context.ts';
import { OWN_DAMAGE } from './error-catalogue.ts';
import { codedError } from './error-status.ts';

/** Refusals that say something about a caller. Malformed requests do not, and would let anyone fill the table. */
const AUDITED: ReadonlySet<number> = new Set([403, 409, 422]);

/** Records that a known caller was refused. */
export async function auditRefusal(
  context: Pick<ServerContext, 'database' | 'workspace' | 'now'>,
  at: {
    readonly actor: { readonly account: string };
    readonly action: string;
    readonly request: FastifyRequest;
    readonly error: unknown;
  },
): Promise<void> {
  const { code, status, message } = codedError(at.error);
  if (!AUDITED.has(status) || OWN_DAMAGE.has(code)) return;
  await recordEvent(context, {
    account: at.actor.account,
    action: at.action,
    subject: `${at.request.method} ${at.request.url.split('?')[0]}`,
    outcome: 'refused',
    code,
    reason: message,
    requestId: at.request.id,
  });
}

/** Records that a known caller read personal data. */
export async function auditRead(
  context: Pick<ServerContext, 'database' | 'workspace' | 'now'>,
  at: {
    readonly actor: { readonly account: string };
    readonly action: string;
    readonly request: FastifyRequest;
  },
): Promise<void> {
  await recordEvent(context, {
    account: at.actor.account,
    action: at.action,
    subject: `${at.request.method} ${at.request.url}`,
    outcome: 'allowed',
    reason: 'permitted by role',
    requestId: at.request.id,
  });
}

export interface AuditEvent {
  readonly account?: string;
  readonly action: string;
  readonly subject?: string;
  readonly outcome: 'allowed' | 'refused';
  readonly code?: string;
  readonly reason: string;
  readonly requestId: string;
}

/** Characters kept of a text that a caller may have chosen. */
const TEXT_MAX = 1_000;

export async function recordEvent(
  context: Pick<ServerContext, 'database' | 'workspace' | 'now'>,
  event: AuditEvent,
): Promise<void> {
  await context.database.db
    .insertInto('audit_event')
    .values({
      workspace: context.workspace,
      at: context.now(),
      account: event.account ?? null,
      action: event.action,
      subject: event.subject === undefined ? null : kept(event.subject),
      outcome: event.outcome,
      code: event.code ?? null,
      reason: kept(event.reason),
      request_id: event.requestId,
    })
    .execute();
}

/** A refusal quotes what the caller wrote; U+0000 in it, which PostgreSQL holds in no text, must not lose the event. */
function kept(text: string): string {
  return text.slice(0, TEXT_MAX).replaceAll('\0', '\ufffd');
}

/** Newest first. */
export async function listEvents(
  context: Pick<ServerContext, 'database' | 'workspace'>,
  query: {
    readonly limit?: number | undefined;
    readonly account?: string | undefined;
    readonly outcome?: 'allowed' | 'refused' | undefined;
  },
): Promise<AuditReply> {
  let select = context.database.db
    .selectFrom('audit_event')
    .selectAll()
    .where('workspace', '=', context.workspace)
    .orderBy('id', 'desc')
    .limit(query.limit ?? 100);
  if (query.account !== undefined) select = select.where('account', '=', query.account);
  if (query.outcome !== undefined) select = select.where('outcome', '=', query.outcome);
  const rows = await select.execute();
  return {
    events: rows.map((row) => ({
      at: row.at.toISOString(),
      account: row.account,
      action: row.action,
      subject: row.subject,
      outcome: row.outcome,
      code: row.code,
      reason: row.reason,
      requestId: row.request_id,
    })),
  };
}
