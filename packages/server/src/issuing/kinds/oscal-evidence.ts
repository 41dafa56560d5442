// SPDX-License-Identifier: Apache-2.0
import {
  type OscalInput,
  oscalAssessmentResults,
  oscalComponentDefinition,
  oscalPlanOfAction,
} from '../../dossier/index.ts';
import { evidenceStatus, packsInForce } from '../../registry/index.ts';
import type {
  CompiledDocument,
  DocumentAttachment,
  DocumentKind,
  DocumentRequest,
} from '../document-kind.ts';
import { PACK_DOCUMENT } from '../pack-document.ts';
import { versionSubject } from '../version-subject.ts';

const ID = 'doc/oscal-evidence';
const MEDIA_TYPE = 'application/oscal+json';

/** The pack's outline for readers, with OSCAL JSON for programs beside it. */
export const OSCAL_EVIDENCE: DocumentKind = {
  ids: [ID],
  compile: (request): CompiledDocument => {
    const compiled = PACK_DOCUMENT.compile(request);
    return { ...compiled, attachments: oscalAttachments(request) };
  },
};

function oscalAttachments(request: DocumentRequest): readonly DocumentAttachment[] {
  const input = oscalInput(request);
  if (input === undefined) return [];
  const plan = oscalPlanOfAction(input);
  return [
    file('oscal-component-definition.json', oscalComponentDefinition(input)),
    file('oscal-assessment-results.json', oscalAssessmentResults(input)),
    ...(plan === undefined ? [] : [file('oscal-plan-of-action.json', plan)]),
  ];
}

function oscalInput(request: DocumentRequest): OscalInput | undefined {
  const { set, params } = request;
  const { context, facts } = versionSubject(request);
  const found = packsInForce(set).find(
    ({ pack }) =>
      pack.documents.some(({ id }) => id === ID) &&
      (params.framework === undefined || pack.id === params.framework),
  );
  if (found === undefined) return undefined;
  const { pack } = found;
  const [report] = evidenceStatus(set, context, { now: facts.asOf, framework: pack.id });
  const { asOf, asOfIndex, firm } = facts;
  return { set, context, firm, asOf, asOfIndex, pack, clauses: report?.clauses ?? [] };
}

function file(name: string, json: object): DocumentAttachment {
  const text = `${JSON.stringify(json, null, 1)}\n`;
  return { name, mediaType: MEDIA_TYPE, bytes: new TextEncoder().encode(text) };
}
