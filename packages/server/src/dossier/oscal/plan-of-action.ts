// SPDX-License-Identifier: Apache-2.0
import { type CountedRecord, evidenceItems } from '@countersign/kernel';
import type { OscalInput, OscalJson } from './oscal-input.ts';
import { backMatter, metadataOf, nameOf, resourceUuid, uuidOf } from './oscal-parts.ts';

/**
 * OSCAL plan of action and milestones (NIST OSCAL 1.2, POA&M model): the open findings of a version, each with its owner and due
 * date. Undefined where none is open, since a plan without an item is not valid.
 */
export function oscalPlanOfAction(input: OscalInput): OscalJson | undefined {
  const open = evidenceItems(input.set, input.context, { id: 'finding' }).filter(
    ({ statement }) => statement.predicate.content.status !== 'closed',
  );
  if (open.length === 0) return undefined;
  const name = nameOf(input);
  return {
    'plan-of-action-and-milestones': {
      uuid: uuidOf('plan-of-action', name, String(input.asOfIndex)),
      metadata: metadataOf(
        input,
        `${input.context.model}, version ${input.context.version}: open findings`,
      ),
      'system-id': {
        'identifier-type': 'http://ietf.org/rfc/rfc4122',
        id: uuidOf('component', name),
      },
      'poam-items': open.map((record) => itemOf(input, record)),
      ...backMatter(open),
    },
  };
}

function itemOf(input: OscalInput, { digest, statement }: CountedRecord): OscalJson {
  const { id, title, description, owner, due, severity, status } = statement.predicate.content;
  return {
    uuid: uuidOf('poam-item', nameOf(input), String(id)),
    title: `${String(id)}: ${String(title)}`,
    description: String(description ?? title),
    props: [
      { name: 'severity', ns: 'https://countersign.dev/ns/oscal', value: String(severity) },
      { name: 'status', ns: 'https://countersign.dev/ns/oscal', value: String(status) },
    ],
    links: [{ href: `#${resourceUuid(digest)}`, rel: 'reference' }],
    remarks: `Owner ${String(owner)}, due ${String(due)}.`,
  };
}
