// SPDX-License-Identifier: Apache-2.0
import type { Json } from '../json/parse.ts';
import {
  asArray,
  asCount,
  asDigest,
  asNonEmpty,
  asObject,
  asOneOf,
  asTime,
  malformed,
  onlyKeys,
} from '../records/shape.ts';
import { DESTROYABLE_KINDS, type DestroyableKind } from './thing-kinds.ts';

export const SWEEP_KIND = 'sweep';
export const DELETION_KIND = 'deletion';
export const DISPOSAL_KIND = 'disposal';

/** What may go of one kind by one rule. */
export interface KindCount {
  readonly kind: DestroyableKind;
  readonly rule: string;
  readonly count: number;
  readonly bytes: number;
}

/** A thing that a plan names to go. */
export interface PlannedThing {
  readonly kind: DestroyableKind;
  readonly id: string;
  readonly count: number;
  readonly bytes: number;
  readonly rule: string;
  /** Since when it may go. */
  readonly since: string;
}

/** A dry run by name: the bytes of its canonical JSON are stored under their digest, which is what a sweep names. */
export interface RetentionPlan {
  readonly v: 1;
  readonly founding: string;
  /** Judged for this time. */
  readonly at: string;
  /** Digest of the newest retention policy. */
  readonly policy: string;
  readonly things: readonly PlannedThing[];
  /** Due too, and left for the next plan. */
  readonly left: number;
}

/** Things of one plan: a list that a person can still look through, and a blob of a few megabytes. */
export const PLAN_THINGS_MAX = 20_000;

/** retention-rule of kind `sweep`: two persons have a named plan carried out. */
export interface SweepContent {
  readonly plan: string;
  /** That of the plan: nothing that fell due later goes. */
  readonly at: string;
  readonly things: number;
  readonly bytes: number;
  readonly reason: string;
}

/** retention-rule of kind `deletion`, by the platform before it deletes: the list is a blob of `PlannedThing`s. */
export interface DeletionContent {
  readonly sweep: string;
  readonly plan: string;
  readonly list: string;
  readonly counts: readonly KindCount[];
}

/** retention-rule of kind `disposal`, by the platform when a sweep is done: the proof of what went and what did not. */
export interface DisposalContent {
  readonly sweep: string;
  readonly plan: string;
  readonly policy: string;
  readonly deletions: readonly string[];
  readonly deleted: readonly KindCount[];
  readonly skipped: readonly { readonly reason: string; readonly count: number }[];
  /** Ids of data keys under which nothing is left: what backups hold of it opens no more. */
  readonly destroyedKeys?: readonly string[];
}

/** @throws KernelError `record_malformed` */
export function readSweep(json: Json | undefined, path = 'content'): SweepContent {
  const object = asObject(json, path);
  onlyKeys(object, ['plan', 'at', 'things', 'bytes', 'reason'], path);
  return {
    plan: asDigest(object.plan, `${path}.plan`),
    at: asTime(object.at, `${path}.at`),
    things: asCount(object.things, `${path}.things`),
    bytes: asCount(object.bytes, `${path}.bytes`),
    reason: asNonEmpty(object.reason, `${path}.reason`),
  };
}

/** @throws KernelError `record_malformed` */
export function readRetentionPlan(json: Json | undefined, path = 'plan'): RetentionPlan {
  const object = asObject(json, path);
  onlyKeys(object, ['v', 'founding', 'at', 'policy', 'things', 'left'], path);
  if (object.v !== 1) throw malformed(`${path}.v`, '1');
  const things = readPlannedThings(object.things, `${path}.things`);
  return {
    v: 1,
    founding: asDigest(object.founding, `${path}.founding`),
    at: asTime(object.at, `${path}.at`),
    policy: asDigest(object.policy, `${path}.policy`),
    things,
    left: asCount(object.left, `${path}.left`),
  };
}

/** @throws KernelError `record_malformed`, also for more things than a plan holds */
export function readPlannedThings(json: Json | undefined, path: string): readonly PlannedThing[] {
  const things = asArray(json, path, readThing);
  if (things.length > PLAN_THINGS_MAX) throw malformed(path, `${PLAN_THINGS_MAX} things at most`);
  return things;
}

function readThing(json: Json, path: string): PlannedThing {
  const object = asObject(json, path);
  onlyKeys(object, ['kind', 'id', 'count', 'bytes', 'rule', 'since'], path);
  return {
    kind: asOneOf(object.kind, DESTROYABLE_KINDS, `${path}.kind`),
    id: asNonEmpty(object.id, `${path}.id`),
    count: asCount(object.count, `${path}.count`),
    bytes: asCount(object.bytes, `${path}.bytes`),
    rule: asNonEmpty(object.rule, `${path}.rule`),
    since: asTime(object.since, `${path}.since`),
  };
}

/**
 * Why a sweep's order deletes nothing: it reaches beyond the time at which its first signer says to sign. The signers'
 * own clocks bound it, whatever the server's clock says.
 */
export function sweepRefusal(sweep: SweepContent, claimedAt: string): string | undefined {
  if (sweep.at <= claimedAt) return undefined;
  return `its plan is for ${sweep.at}, after the time ${claimedAt} of its signature`;
}

export function countByRule(things: readonly PlannedThing[]): readonly KindCount[] {
  const groups = Map.groupBy(things, ({ kind, rule }) => `${kind} ${rule}`);
  return [...groups.values()]
    .map((group) => ({
      kind: group[0]!.kind,
      rule: group[0]!.rule,
      count: group.reduce((sum, one) => sum + one.count, 0),
      bytes: group.reduce((sum, one) => sum + one.bytes, 0),
    }))
    .sort((a, b) => a.kind.localeCompare(b.kind) || a.rule.localeCompare(b.rule));
}
