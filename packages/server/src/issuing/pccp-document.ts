// SPDX-License-Identifier: Apache-2.0
import { compilePccp, PCCP, PCCP_TEMPLATE } from '../dossier/index.ts';
import type { DocumentKind } from './document-kind.ts';
import { ofVersion, versionSubject } from './version-subject.ts';

/** A predetermined change control plan, printed from an envelope. `doc/pccp` is what people call it. */
export const PCCP_DOCUMENT: DocumentKind = {
  ids: [PCCP, 'doc/pccp'],
  compile: (request) => {
    const { context, facts } = versionSubject(request);
    const { set, params } = request;
    const { model, envelope } = compilePccp({ set, context, facts, envelope: params.envelope });
    return { model, template: PCCP_TEMPLATE, sources: [envelope], ...ofVersion(context) };
  },
};
