// SPDX-License-Identifier: Apache-2.0
// For tests alone.
import { completeness, type DueStage, versionContext } from '@countersign/kernel';
import type { DocumentInput } from '../compile-document.ts';
import { recordsInForce } from '../compile-document.ts';
import { loadPack } from '../load-pack.ts';
import { foundCreditFirm } from './credit-firm.ts';
import { addCreditVersion, type Choices } from './credit-version.ts';

export const PACK_FILE = new URL('../../../../../frameworks/sr-26-2.yaml', import.meta.url)
  .pathname;

/** The input of a document over the firm's log, judged for submission to staging unless told otherwise. */
export async function creditDocumentInput(
  choices: Choices = {},
  reached: DueStage = 'candidate',
): Promise<DocumentInput> {
  const firm = await foundCreditFirm();
  await addCreditVersion(firm, choices);
  const set = firm.set();
  const [rejected] = set.rejected;
  if (rejected !== undefined) throw new Error(rejected.reason);
  const ref = { workspace: 'main', model: 'consumer-credit', use: 'underwriting', version: 1 };
  const found = versionContext(set, ref);
  if (!found.ok) throw new Error(found.reason);
  const pack = await loadPack(PACK_FILE);
  const asOf = '2026-03-02T10:00:00.000Z';
  const query = { tier: 'high', origin: 'built', reached, now: asOf } as const;
  return {
    pack,
    document: 'doc/model-development',
    records: recordsInForce(set, found.context),
    results: completeness(set, found.context, pack.pack, query),
    context: found.context,
    facts: {
      firm: set.founding.firm,
      tier: 'high',
      origin: 'built',
      enforcementGrade: 'enforced',
      demonstration: set.founding.demonstration,
      asOf,
      asOfIndex: set.records.length - 1,
    },
  };
}
