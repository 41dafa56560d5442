// SPDX-License-Identifier: Apache-2.0
import { type PolicyReply, policyRoutes } from '@countersign/contract';
import { type SignedRecord, visibleText } from '@countersign/kernel';
import { short } from '../output/table.ts';
import type { Session } from '../session.ts';

type Kind = PolicyReply['kind'];

/** Of these the newest text alone is in force; committees and deputations stand beside each other. */
const ONE_IN_FORCE: readonly Kind[] = ['promotion-policy', 'questionnaire', 'retention'];

/** What a policy would replace once it is signed, and whether it is older: shown to whoever adds the signature. */
export async function describeInForce(
  session: Session,
  { statement }: SignedRecord,
): Promise<readonly string[]> {
  const { type, claimedAt } = statement.predicate;
  const kind = ONE_IN_FORCE.find((one) => one === statement.predicate.kind);
  if (type !== 'policy-document' || kind === undefined) return [];
  const { versions } = await session.client().call(policyRoutes.history, { query: { kind } });
  const found = versions.find(({ inForce }) => inForce);
  if (found === undefined) return [`  in force now: no ${kind}`];
  const { title, version, digest, loggedAt } = found;
  const line = `  in force now: ${visibleText(`${title} ${version}`)} (${short(digest)}) since ${loggedAt}`;
  if (loggedAt <= claimedAt) return [line];
  return [line, `  warning: this one is older, it was written at ${claimedAt}`];
}
