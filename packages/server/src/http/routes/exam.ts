// SPDX-License-Identifier: Apache-2.0
import { examRoutes } from '@countersign/contract';
import type { Period } from '@countersign/kernel';
import type { FastifyInstance } from 'fastify';
import type { AppContext } from '../../context.ts';
import { environmentPosture, examPackage } from '../../exam/index.ts';
import { momentOf } from '../../registry/index.ts';
import { registerRoute } from '../register-route.ts';

export function registerExamRoutes(app: FastifyInstance, context: AppContext): void {
  registerRoute(app, context, examRoutes.package, async ({ query, reply }) => {
    const now = context.now();
    const date = momentOf(query.date, { now, field: 'query.date' });
    const bytes = await examPackage(context, {
      date,
      period: periodOf(query, { date, now }),
      known: query.known === undefined ? now : momentOf(query.known, { now, field: 'query.known' }),
      bulk: query.bulk ?? 'records',
    });
    return reply.type('application/zip').send(Buffer.from(bytes));
  });
  registerRoute(app, context, examRoutes.posture, async ({ query }) => {
    const now = context.now();
    const known =
      query.known === undefined ? now : momentOf(query.known, { now, field: 'query.known' });
    const { month, environment = 'production' } = query;
    return environmentPosture(context, { month, environment, known });
  });
}

/** A day begins a period at its first moment and ends it at its last; the year up to the date unless given. */
function periodOf(
  query: { readonly from?: string | undefined; readonly to?: string | undefined },
  { date, now }: { readonly date: string; readonly now: string },
): Period {
  const to = query.to === undefined ? date : momentOf(query.to, { now, field: 'query.to' });
  if (query.from === undefined) {
    const from = new Date(date);
    from.setUTCFullYear(from.getUTCFullYear() - 1);
    return { from: from.toISOString(), to };
  }
  const named = momentOf(query.from, { now, field: 'query.from' });
  return { from: query.from.length > 10 ? named : `${query.from}T00:00:00.000Z`, to };
}
