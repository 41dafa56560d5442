// SPDX-License-Identifier: Apache-2.0
import { MODEL_DEVELOPMENT } from '../dossier/index.ts';
import { prepareDocument } from '../issuing/index.ts';
import type { JobRunner } from './job.ts';
import { documentParams, readParams } from './job-params.ts';

/** Compiles a document from records, renders it as PDF/A, HTML and JSON, and records what was issued. */
export const documentJob: JobRunner = async (context, work) => {
  const { asOf, ...asked } = readParams(documentParams, work.params);
  const params = { ...asked, document: asked.document ?? MODEL_DEVELOPMENT };
  const { content, warnings, issue } = await prepareDocument(context, { params, asOf });
  work.report(`${content.document} by ${content.template}`);
  for (const warning of warnings) work.report(warning);
  const { document, rendered, attachments, gaps } = content;
  const { model, version } = params;
  return async (tx) => ({
    records: [await issue(tx)],
    ...(model !== undefined && { model }),
    ...(version !== undefined && { version }),
    document,
    rendered,
    ...(attachments !== undefined && { attachments }),
    gaps,
    asOf: content.asOf ?? '',
    warnings,
  });
};
