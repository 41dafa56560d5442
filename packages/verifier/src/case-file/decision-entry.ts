// SPDX-License-Identifier: Apache-2.0
import {
  DECISION_PARTS,
  type EnrolledKey,
  fromBase64,
  isInForce,
  type Json,
  type Primitives,
  type PublicKey,
  parseDecisionLeaf,
  parseLogLeaf,
  parseReceipt,
  parseStrictJson,
  type Receipt,
  readRecord,
  verifyPart,
  verifyReceipt,
} from '@countersign/kernel';

/** A decision with the parts that still exist and its receipt. A part that was lawfully destroyed is absent. */
export interface CaseDecision {
  readonly id: string;
  readonly receipt: Receipt;
  readonly parts: readonly {
    readonly name: string;
    readonly salt: string;
    readonly bytes: string;
  }[];
}

/** Keys and firm that a decision is checked against; all of them follow from the founding record. */
export interface DecisionTrust {
  readonly root: string;
  readonly gateways: readonly EnrolledKey[];
  readonly logKeys: readonly PublicKey[];
  readonly logName: string;
}

/** What is wrong with a decision entry, in sentences; empty when every link holds. */
export function decisionProblems(
  p: Primitives,
  json: Json,
  trust: DecisionTrust,
): readonly string[] {
  const decision = json as unknown as CaseDecision; // every member is checked below
  const receipt = parseReceipt(decision.receipt as unknown as Json);
  if (receipt.decision !== decision.id) return ['the receipt is of another decision'];
  if (receipt.log === undefined) return ['the receipt has no proof in the log'];
  const { logKeys, logName } = trust;
  const { time } = parseLogLeaf(fromBase64(receipt.log.leaf));
  const verdicts = trust.gateways
    .filter((gateway) => isInForce(gateway, time))
    .map(({ key }) => verifyReceipt(p, receipt, { gatewayKey: key, logKeys, logName }));
  const problems: string[] = [];
  if (readRecord(p, receipt.header).statement.predicate.founding !== trust.root) {
    problems.push('the batch header belongs to another founding record');
  }
  if (!verdicts.some((verdict) => verdict.ok)) {
    const reasons = verdicts.flatMap((verdict) => (verdict.ok ? [] : [verdict.reason]));
    problems.push(`receipt: ${reasons[0] ?? 'no gateway key was in force then'}`);
  }
  const leaf = parseDecisionLeaf(fromBase64(receipt.leaf));
  for (const { name, salt, bytes } of decision.parts) {
    const part = DECISION_PARTS.find((one) => one === name);
    const holds =
      part !== undefined &&
      verifyPart(p, leaf, { name: part, salt: fromBase64(salt), bytes: fromBase64(bytes) });
    if (!holds) problems.push(`part \`${name}\` is not what the leaf commits to`);
  }
  return problems;
}

/** The header part, as far as it says under which warrant the decision was answered. */
export interface DecisionHeader {
  readonly id: string;
  readonly kind: string;
  readonly received: string;
  readonly warrant?: string;
  /** Of what a fallback answered: its kind, and the warrant that did not hold. */
  readonly fallback?: string;
  readonly fallbackOf?: string;
}

export function headerOf(decision: CaseDecision): DecisionHeader | undefined {
  const part = decision.parts.find(({ name }) => name === 'header');
  if (part === undefined) return undefined;
  return parseStrictJson(fromBase64(part.bytes)) as unknown as DecisionHeader;
}
