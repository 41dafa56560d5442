// SPDX-License-Identifier: Apache-2.0
// For tests alone.
import { completeness, type DueStage, versionContext } from '@countersign/kernel';
import type { DocumentInput } from '../compile-document.ts';
import { recordsInForce } from '../compile-document.ts';
import { loadPack } from '../load-pack.ts';
import { type CreditFirm, foundCreditFirm } from './credit-firm.ts';
import { addCreditVersion, type Choices } from './credit-version.ts';

export const PACK_FILE = new URL('../../../../../frameworks/sr-26-2.yaml', import.meta.url)
  .pathname;

/** A version of the firm with the completeness of a pack. */
export async function creditFirmVersion(
  packFile: string,
  {
    reached = 'candidate',
    choices = {},
    more,
  }: {
    readonly reached?: DueStage;
    readonly choices?: Choices;
    /** Records after those of the version. */
    readonly more?: (firm: CreditFirm) => Promise<unknown>;
  } = {},
) {
  const firm = await foundCreditFirm();
  await addCreditVersion(firm, choices);
  await more?.(firm);
  const set = firm.set();
  const [rejected] = set.rejected;
  if (rejected !== undefined) throw new Error(rejected.reason);
  const ref = { workspace: 'main', model: 'consumer-credit', use: 'underwriting', version: 1 };
  const found = versionContext(set, ref);
  if (!found.ok) throw new Error(found.reason);
  const pack = await loadPack(packFile);
  const asOf = '2026-03-02T10:00:00.000Z';
  const query = { tier: 'high', origin: 'built', reached, now: asOf } as const;
  const results = completeness(set, found.context, pack.pack, query);
  return { set, context: found.context, pack, results, asOf };
}

/** The input of a document over the firm's log, judged for submission to staging unless told otherwise. */
export async function creditDocumentInput(
  choices: Choices = {},
  reached: DueStage = 'candidate',
): Promise<DocumentInput> {
  const { set, context, pack, results, asOf } = await creditFirmVersion(PACK_FILE, {
    reached,
    choices,
  });
  return {
    pack,
    document: 'doc/model-development',
    records: recordsInForce(set, context),
    results,
    context,
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
