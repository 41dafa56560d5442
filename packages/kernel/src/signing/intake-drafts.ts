// SPDX-License-Identifier: Apache-2.0
import type { InventoryEntryContent, RiskTierContent } from '../records/contents.ts';
import type { Draft } from './person-statement.ts';

/** The inventory entry of a model; one that is signed again supersedes the one before. */
export function entryDraft(
  about: { readonly workspace: string; readonly model: string },
  content: InventoryEntryContent,
  supersedes?: string,
): Draft {
  return {
    type: 'inventory-entry',
    scope: 'model',
    subjectRef: about,
    ...(supersedes === undefined ? {} : { supersedes }),
    content,
  };
}

/** The tier that model risk signs for a use, resting on the questionnaire in force. */
export function tierDraft(
  about: { readonly workspace: string; readonly model: string; readonly use: string },
  content: RiskTierContent,
  rests: { readonly questionnaire: string; readonly supersedes?: string | undefined },
): Draft {
  return {
    type: 'risk-tier',
    scope: 'use',
    subjectRef: about,
    source: [rests.questionnaire],
    ...(rests.supersedes === undefined ? {} : { supersedes: rests.supersedes }),
    content,
  };
}
