// SPDX-License-Identifier: Apache-2.0
import type { FallbackRule, ModelSpecContent, Warrant } from '@countersign/kernel';

export const FALLBACK_KINDS = [
  'refuse',
  'manual-queue',
  'safe-state',
  'rule',
  'previous-version',
] as const;
export type FallbackKind = (typeof FALLBACK_KINDS)[number];

/** What answers for a version whose warrant does not hold, as its approved specification declares it. */
export interface FallbackTerms {
  readonly kind: FallbackKind;
  readonly detail: string;
  /** Of `safe-state`: the one fixed answer. */
  readonly answer?: string;
  /** Of `rule`: one cutoff on one declared input. */
  readonly rule?: FallbackRule;
}

/**
 * The warrant names the kind; how it is carried out is in the specification, which the warrant binds by digest. A kind
 * that the two do not agree on, or that this gateway does not know, is carried out as a refusal.
 */
export function fallbackTerms(warrant: Warrant, spec: ModelSpecContent): FallbackTerms {
  const kind = FALLBACK_KINDS.find((one) => one === warrant.fallback) ?? 'refuse';
  const declared = spec.fallback;
  if (declared?.kind !== kind)
    return { kind: kind === 'manual-queue' ? kind : 'refuse', detail: '' };
  const { detail, answer, rule } = declared;
  return {
    kind,
    detail,
    ...(answer === undefined ? {} : { answer }),
    ...(rule === undefined ? {} : { rule }),
  };
}
