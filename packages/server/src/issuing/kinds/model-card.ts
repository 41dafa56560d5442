// SPDX-License-Identifier: Apache-2.0
import { compileOutline, mlBom, type Outline, recordsInForce } from '../../dossier/index.ts';
import type { CompiledDocument, DocumentKind, DocumentRequest } from '../document-kind.ts';
import { ofVersion, versionSubject } from '../version-subject.ts';

/** Sections of Mitchell et al. 2019, Model Cards for Model Reporting, each with the evidence that answers it. */
const OUTLINE: Outline = {
  id: 'doc/model-card',
  title: 'Model card',
  sections: [
    { title: 'Model details', evidence: ['inventory-entry', 'model-spec'] },
    { title: 'Intended use', evidence: ['intended-use'] },
    { title: 'Factors, metrics and quantitative analyses', evidence: ['performance-test'] },
    { title: 'Evaluation and training data', evidence: ['dataset-datasheet'] },
    { title: 'Ethical considerations', evidence: ['fairness-test', 'protected-data-record'] },
    { title: 'Caveats and recommendations', evidence: ['assumptions-limitations'] },
  ],
};

/** For readers, with a CycloneDX ML-BOM for programs beside it. */
export const MODEL_CARD: DocumentKind = { ids: [OUTLINE.id], compile: compileCard };

function compileCard(request: DocumentRequest): CompiledDocument {
  const { set } = request;
  const { context, facts } = versionSubject(request);
  const records = recordsInForce(set, context);
  const bill = mlBom({ set, context, asOf: facts.asOf, firm: facts.firm });
  const bytes = new TextEncoder().encode(`${JSON.stringify(bill, null, 1)}\n`);
  const mediaType = 'application/vnd.cyclonedx+json';
  return {
    model: compileOutline({ outline: OUTLINE, records, context, facts, summary: [] }),
    template: 'model-card@1',
    sources: [],
    ...ofVersion(context),
    attachments: [{ name: 'ml-bom.cdx.json', mediaType, bytes }],
  };
}
