// SPDX-License-Identifier: Apache-2.0
import { latestItem } from '@countersign/kernel';
import {
  type Block,
  cite,
  compileOutline,
  contentOf,
  type Outline,
  paragraph,
  plain,
  recordsInForce,
  textOf,
} from '../../dossier/index.ts';
import type { CompiledDocument, DocumentKind, DocumentRequest } from '../document-kind.ts';
import { ofVersion, versionSubject } from '../version-subject.ts';

const OUTLINE: Outline = {
  id: 'doc/reproduction-certificate',
  title: 'Reproduction certificate',
  sections: [
    { title: 'Version', evidence: ['model-artifact', 'model-spec'] },
    {
      title: 'Stored inputs and their digests',
      evidence: ['dataset-snapshot', 'source-revision', 'environment-lock', 'training-run'],
    },
    { title: 'Rebuild and equality', evidence: ['reproduction-attestation'] },
    {
      title: 'Approval and packs in force then',
      evidence: ['approval-record', 'scope-determination'],
    },
    { title: 'Decisions of the version', evidence: ['decision-log'] },
    { title: 'Signatures', evidence: ['e-signature'] },
  ],
};

/** What a version was built from, whether it came back with the same bytes, and who had approved it. */
export const REPRODUCTION_CERTIFICATE: DocumentKind = {
  ids: [OUTLINE.id],
  compile: compileCertificate,
};

function compileCertificate(request: DocumentRequest): CompiledDocument {
  const { set } = request;
  const { context, facts } = versionSubject(request);
  const records = recordsInForce(set, context);
  const rebuild = latestItem(set, context, { id: 'reproduction-attestation' });
  const summary: readonly Block[] =
    rebuild === undefined
      ? [paragraph('This version was never rebuilt, so nothing is certified.')]
      : [
          paragraph(
            'The newest rebuild, ',
            cite(rebuild.digest),
            ' of ',
            rebuild.loggedAt.slice(0, 10),
            ', says: ',
            plain(textOf(contentOf(rebuild).verdict) ?? 'no verdict', 'strong'),
            '. It started from the archived inputs below.',
          ),
        ];
  return {
    model: compileOutline({ outline: OUTLINE, records, context, facts, summary }),
    template: 'reproduction-certificate@1',
    sources: rebuild === undefined ? [] : [rebuild.digest],
    ...ofVersion(context),
  };
}
