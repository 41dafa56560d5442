// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from 'node:util';
import type { InventoryReply } from '@countersign/contract';
import type { RiskTierContent } from '@countersign/kernel';
import type { ApiClient } from '../client/api-client.ts';
import { toldRecord } from '../client/told-record.ts';
import type { Draft } from '../signing/person-statement.ts';
import type { ImportRow } from './import-rows.ts';

/** The records of one row, signed and recorded together or not at all. */
export interface RowDrafts {
  readonly row: ImportRow;
  readonly drafts: readonly Draft[];
}

/** Entries asked for at once while an import compares itself with what stands. */
const AT_ONCE = 8;

/**
 * Drafts of the rows that say something new: what stands already with the same words is not signed again, so an import
 * that is repeated writes nothing.
 */
export async function draftsOfRows(
  client: ApiClient,
  rows: readonly ImportRow[],
  at: {
    readonly workspace: string;
    readonly file: string;
    readonly inventory: InventoryReply['models'];
  },
): Promise<readonly RowDrafts[]> {
  const standing = new Map(at.inventory.map((model) => [model.model, model]));
  const found: RowDrafts[] = [];
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    const some = rows.slice(from, from + AT_ONCE).map(async (row) => {
      const known = standing.get(row.model);
      const entries = await entryDraft(client, row, { ...at, known });
      return { row, drafts: [...entries, ...tierDrafts(row, { ...at, known })] };
    });
    found.push(...(await Promise.all(some)));
  }
  return found.filter(({ drafts }) => drafts.length > 0);
}

type Known = InventoryReply['models'][number] | undefined;

async function entryDraft(
  client: ApiClient,
  { model, entry }: ImportRow,
  at: { readonly workspace: string; readonly known: Known },
): Promise<readonly Draft[]> {
  const draft: Draft = {
    type: 'inventory-entry',
    scope: 'model',
    subjectRef: { workspace: at.workspace, model },
    content: entry,
  };
  const earlier = at.known?.entry;
  if (earlier === undefined) return [draft];
  const { content } = await toldRecord(client, earlier);
  return isDeepStrictEqual(content, structuredClone(entry))
    ? []
    : [{ ...draft, supersedes: earlier }];
}

/** Nobody answered the questionnaire: what it would compute is taken to be the highest, and the row says why not. */
function tierDrafts(
  { model, entry, tier, line }: ImportRow,
  at: { readonly workspace: string; readonly file: string; readonly known: Known },
): readonly Draft[] {
  if (tier === undefined) return [];
  const signed = at.known?.uses.filter((use) => use.tier !== undefined).map(({ use }) => use) ?? [];
  const content: RiskTierContent = {
    questionnaire: { id: 'inventory-import', version: '1' },
    answers: [],
    points: 0,
    computed: 'high',
    tier: tier.tier,
    override: `${tier.reason ?? 'tier of the inventory before'}; taken over from line ${line} of ${at.file}, no questionnaire was answered`,
    fairLending: tier.fairLending,
    groups: [],
    floors: [],
  };
  return entry.uses
    .filter((use) => !signed.includes(use))
    .map((use) => ({
      type: 'risk-tier',
      scope: 'use',
      subjectRef: { workspace: at.workspace, model, use },
      content,
    }));
}
