// SPDX-License-Identifier: Apache-2.0
import { documentsRoutes } from '@countersign/contract';
import { recordsOfType } from '@countersign/kernel';
import type { FastifyInstance } from 'fastify';
import type { AppContext } from '../../context.ts';
import { type CaseSubject, exportCase, summaryOf } from '../../registry/index.ts';
import { registerRoute } from '../register-route.ts';

export function registerDocumentsRoutes(app: FastifyInstance, context: AppContext): void {
  registerRoute(app, context, documentsRoutes.list, async ({ query }) => {
    const set = await context.records.current();
    const documents = recordsOfType(set, 'generated-document')
      .filter(({ statement: { predicate } }) => {
        const { workspace, model, version } = predicate.subjectRef;
        return (
          workspace === context.workspace &&
          (query.model === undefined || model === query.model) &&
          (query.version === undefined || version === query.version)
        );
      })
      .map((record) => ({
        ...summaryOf(record),
        content: record.statement.predicate.content,
      }));
    return { documents: documents.reverse() };
  });
  registerRoute(
    app,
    context,
    documentsRoutes.export,
    async ({ query, reply }) => {
      const withRebuildParts = query.rebuildParts === 'true';
      const bytes = await exportCase(context, subjectOf(query), { withRebuildParts });
      return reply.type('application/zip').send(Buffer.from(bytes));
    },
    // What came in from outside holds the rows that were sealed afterwards.
    ({ query }) => (query.rebuildParts === 'true' ? [{ action: 'blobs:read', sealed: true }] : []),
  );
}

function subjectOf(query: {
  readonly version?: string | undefined;
  readonly use?: string | undefined;
  readonly decision?: string | undefined;
}): CaseSubject {
  if (query.decision !== undefined) return { decision: query.decision };
  const [model = '', version = ''] = (query.version ?? '').split('@');
  return { model, version: Number(version), use: query.use };
}
