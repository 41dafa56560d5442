// SPDX-License-Identifier: Apache-2.0
import type { EvidenceStatus } from '@countersign/kernel';
import { CATALOGUE, type OscalClause, type OscalInput, type OscalJson } from './oscal-input.ts';
import {
  backMatter,
  controlId,
  evidenceRecords,
  metadataOf,
  nameOf,
  resourceUuid,
  uuidOf,
} from './oscal-parts.ts';

/** What a clause's status is in OSCAL's values of `implementation-status`. */
const IMPLEMENTED: Readonly<Record<EvidenceStatus, string>> = {
  met: 'implemented',
  carried: 'implemented',
  waived: 'partial',
  stale: 'partial',
  expired: 'partial',
  missing: 'planned',
  'not yet due': 'planned',
  'not applicable': 'not-applicable',
};

/**
 * OSCAL component definition (NIST OSCAL 1.2, component-definition model) of one model version as a component of the system that
 * Countersign runs: each control that the pack names, how it stands, and the records that show it. A pure function of its
 * input; UUIDs are made of names and digests.
 */
export function oscalComponentDefinition(input: OscalInput): OscalJson {
  const { context, pack } = input;
  const title = `${context.model}, version ${context.version}: controls of ${pack.title}`;
  const name = nameOf(input);
  const requirements = input.clauses.flatMap((clause) => requirementOf(input, clause) ?? []);
  return {
    'component-definition': {
      uuid: uuidOf('component-definition', name, String(input.asOfIndex)),
      metadata: metadataOf(input, title),
      components: [
        {
          uuid: uuidOf('component', name),
          type: 'software',
          title: `${context.model}, version ${context.version}`,
          description: `Model version for ${context.use}, registered, approved and served by Countersign. SHA-256 of its manifest: ${context.artifactDigest}.`,
          props: [{ name: 'version', value: String(context.version) }],
          ...(requirements.length === 0
            ? {}
            : {
                'control-implementations': [
                  {
                    uuid: uuidOf('control-implementation', name, pack.id, pack.version),
                    source: CATALOGUE,
                    description: `Controls that pack ${pack.id} ${pack.version} maps to evidence.`,
                    'implemented-requirements': requirements,
                  },
                ],
              }),
        },
      ],
      ...backMatter(evidenceRecords(input)),
    },
  };
}

function requirementOf(input: OscalInput, clause: OscalClause): OscalJson | undefined {
  const control = controlId(clause.clause);
  if (control === undefined) return undefined;
  const records = [...new Set(clause.evidence.flatMap((item) => item.records))];
  return {
    uuid: uuidOf('requirement', nameOf(input), clause.clause),
    'control-id': control,
    description: clause.requirement,
    props: [{ name: 'implementation-status', value: IMPLEMENTED[clause.status] }],
    ...(records.length === 0
      ? {}
      : {
          links: records.map((digest) => ({ href: `#${resourceUuid(digest)}`, rel: 'reference' })),
        }),
    remarks: clause.evidence
      .map(({ id, kind, status }) => `${id}${kind === undefined ? '' : ` (${kind})`}: ${status}`)
      .join('; '),
  };
}
