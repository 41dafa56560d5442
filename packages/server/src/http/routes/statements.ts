// SPDX-License-Identifier: Apache-2.0
import { statementsRoutes } from '@countersign/contract';
import { paperStart, toBase64 } from '@countersign/kernel';
import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../../context.ts';
import {
  abilitiesOf,
  formOf,
  namesOfRecords,
  papersOf,
  prepareStatements,
} from '../../governance/index.ts';
import { registerRoute } from '../register-route.ts';

/** What pages sign: statements prepared and tried out. Nothing here records anything. */
export function registerStatementsRoutes(app: FastifyInstance, context: ServerContext): void {
  registerRoute(app, context, statementsRoutes.prepare, async ({ actor, body }) => {
    const { statements, request, ...prepared } = await prepareStatements(context, actor, body);
    return {
      names: namesOfRecords(
        await context.records.current(),
        statements.map(({ statement }) => statement),
      ),
      statements: statements.map(({ bytes, digest }) => ({ payload: toBase64(bytes), digest })),
      ...prepared,
      ...(request === undefined ? {} : { verdict: request.verdict }),
      ...(request?.changes === undefined ? {} : { changes: request.changes }),
    };
  });
  registerRoute(app, context, statementsRoutes.abilities, async ({ actor, query }) => ({
    acts: await abilitiesOf(context, actor, query),
  }));
  registerRoute(app, context, statementsRoutes.papers, async ({ actor, query }) => ({
    papers: await papersOf(context, actor, query),
  }));
  registerRoute(app, context, statementsRoutes.paperStart, async ({ query }) => {
    const form = formOf(query.evidence);
    const about = { workspace: context.workspace, ...query };
    const start = paperStart(await context.records.current(), form, about);
    return { evidence: form.evidence, title: form.title, ...start };
  });
}
