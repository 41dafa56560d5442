// SPDX-License-Identifier: Apache-2.0
import type { InventoryModelReply } from '@countersign/contract';
import type { Fact } from '../../shell/facts.tsx';
import { Day } from '../../shell/finding.tsx';

/** What an inventory entry may say beside name and people; a member that it lacks has no line. */
export function entryFacts(model: InventoryModelReply): readonly Fact[] {
  const { inUseSince, exposure } = model;
  return [
    [
      'In use since',
      inUseSince === undefined ? undefined : (
        <span key="since">
          <Day at={inUseSince} />, declared by its owner
        </span>
      ),
    ],
    ['Method', model.kind],
    ['Vendor', model.vendor],
    [
      'Exposure',
      exposure === undefined ? undefined : (
        <span key="exposure">
          {grouped(exposure.amount)} {exposure.currency}
          {exposure.asOf === undefined ? null : (
            <>
              , as of <Day at={exposure.asOf} />
            </>
          )}
        </span>
      ),
    ],
    ['Sources', listed(model.sources)],
    ['Assumptions', listed(model.assumptions)],
  ];
}

/** A decimal as text, its whole part in groups of three: no digit is lost to a binary number. */
function grouped(amount: string): string {
  const [whole = '', fraction] = amount.split('.');
  const parts = whole.replaceAll(/\B(?=(\d{3})+$)/g, ' ');
  return fraction === undefined ? parts : `${parts}.${fraction}`;
}

function listed(tags: readonly string[] | undefined): string | undefined {
  return tags === undefined || tags.length === 0 ? undefined : tags.join(', ');
}
