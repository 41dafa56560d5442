// SPDX-License-Identifier: Apache-2.0
import type { RecordSet } from '../records/record-set.ts';
import { readChangeRequest } from './change-request.ts';
import { evaluateGates, type GateVerdict, type Phase } from './evaluate.ts';
import type { Policy } from './policy.ts';

/** The rules version that new change requests pin. */
export const RULES_VERSION = '1';

type Rules = typeof evaluateGates;

/** Every released rule set is kept: a warrant is judged under the rules it was given under, for ever. */
const RULES: ReadonlyMap<string, Rules> = new Map([[RULES_VERSION, evaluateGates]]);

/**
 * Judges a change request under the rules version it pins; an unknown version denies.
 * @param at.supposed a policy to foresee the effect of, in place of the one that it froze
 */
export function judgeChangeRequest(
  set: RecordSet,
  changeRequest: string,
  at: { readonly phase: Phase; readonly now: string; readonly supposed?: Policy },
): GateVerdict {
  const denied = (reason: string): GateVerdict => ({
    changeRequest,
    allowed: false,
    conditions: [],
    approvals: [],
    missing: [reason],
  });
  const record = set.byDigest.get(changeRequest);
  if (record?.statement.predicate.type !== 'change-record') {
    return denied(`no change request ${changeRequest} counts in the log`);
  }
  try {
    const version = readChangeRequest(record.statement.predicate.content).rulesVersion;
    const rules = RULES.get(version);
    return rules === undefined
      ? denied(`rules version \`${version}\` is not known to this kernel`)
      : rules(set, changeRequest, at);
  } catch (error) {
    return denied(error instanceof Error ? error.message : 'the change request is unreadable');
  }
}
