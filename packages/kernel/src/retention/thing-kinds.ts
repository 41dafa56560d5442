// SPDX-License-Identifier: Apache-2.0

/**
 * What is stored and may go on a rule of the firm's retention policy. `unnamed-bytes` are bytes that no record names, such
 * as what a killed job left; `special-category-data` are snapshots kept for bias correction alone (Art. 4a).
 */
export const DESTROYABLE_KINDS = [
  'decision-inputs',
  'decision-output',
  'decision-reasons',
  'decision-protected',
  'artefact',
  'data-snapshot',
  'special-category-data',
  'environment',
  'source',
  'run-file',
  'run-log',
  'evidence-file',
  'issued-document',
  'ingested-rows',
  'unnamed-bytes',
  'job-scratch',
  'audit-rows',
  'sessions',
] as const;
export type DestroyableKind = (typeof DESTROYABLE_KINDS)[number];

/**
 * What no rule deletes: records and log entries (a log with a hole proves nothing), header, leaf and key of a decision
 * (its proof), what was done with it and turned out.
 */
export const NEVER_KINDS = ['record', 'decision-proof', 'action-rows'] as const;
export type ThingKind = DestroyableKind | (typeof NEVER_KINDS)[number];

/** Everything a rebuild needs (rule `reproduction-set`). */
export const REPRODUCTION_KINDS: ReadonlySet<ThingKind> = new Set<ThingKind>([
  'artefact',
  'data-snapshot',
  'environment',
  'source',
  'run-file',
]);

export function isDestroyable(kind: ThingKind): kind is DestroyableKind {
  return (DESTROYABLE_KINDS as readonly string[]).includes(kind);
}

/** The part of a decision that a kind stands for. */
export const PART_OF_KIND = {
  'decision-inputs': 'inputs',
  'decision-output': 'output',
  'decision-reasons': 'reasons',
  'decision-protected': 'protected',
} as const;
export type DecisionKind = keyof typeof PART_OF_KIND;

export function isDecisionKind(kind: string): kind is DecisionKind {
  return Object.hasOwn(PART_OF_KIND, kind);
}

/**
 * Moments that a period is counted from. `notice`: the firm told the applicant; `end-of-use`: no warrant of the version
 * runs any more; `supersession`: a later version was authorised for the same use; `retirement`: the model was retired
 * and nothing of it runs; `placed`: first authorised for production; `recorded`: the record that names it was logged;
 * `stored`: its bytes were last written; `closed`: a session or a job ended; `deletion-date`: the day that the record
 * of its handling promises.
 */
export const MOMENTS = [
  'decision',
  'notice',
  'end-of-use',
  'supersession',
  'retirement',
  'placed',
  'recorded',
  'stored',
  'closed',
  'deletion-date',
] as const;
export type Moment = (typeof MOMENTS)[number];

/** One reason why a thing is here: what names it, and when what happened to it. An absent moment has not come. */
export interface ThingReference {
  readonly kind: ThingKind;
  /** Digest of the record that names it. */
  readonly record?: string;
  readonly model?: string;
  readonly use?: string;
  readonly version?: number;
  readonly dataset?: string;
  /** UTC with milliseconds. */
  readonly moments: { readonly [moment in Moment]?: string };
}

/** Something stored, with everything that names it. `count` rows or files that are judged and deleted together. */
export interface StoredThing {
  readonly kind: ThingKind;
  /** Digest of bytes, id of a decision, or a name such as a day of audit rows. */
  readonly id: string;
  readonly bytes: number;
  readonly count: number;
  readonly references: readonly ThingReference[];
  /** HMAC of the data subject's key, of decisions. */
  readonly subject?: string;
  /** Why it must not be touched now whatever the rules say: it waits for a signature, a job uses it. */
  readonly inUse?: string;
}
