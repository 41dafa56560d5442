// SPDX-License-Identifier: Apache-2.0
import { documentsRoutes } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';
import type { AppContext } from '../../context.ts';
import { type IssuedView, issuedView } from '../../issuing/index.ts';
import { type CaseSubject, exportCase, summaryOf } from '../../registry/index.ts';
import { registerRoute } from '../register-route.ts';

export function registerDocumentsRoutes(app: FastifyInstance, context: AppContext): void {
  registerRoute(app, context, documentsRoutes.list, async ({ query }) => {
    const found = await issuedView(context, query);
    return { documents: found.map(documentOf) };
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

function documentOf({ issued, signatures, changed }: IssuedView) {
  return {
    ...summaryOf(issued.record),
    content: issued.record.statement.predicate.content,
    signatures: signatures.map(({ record, content }) => ({
      digest: record.digest,
      account: record.statement.predicate.actor,
      printedName: content.printedName,
      meaning: content.meaning,
      statement: content.statement,
      signedAt: record.statement.predicate.claimedAt,
    })),
    ...(changed !== undefined && { changed }),
  };
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
