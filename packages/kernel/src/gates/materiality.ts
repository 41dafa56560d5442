// SPDX-License-Identifier: Apache-2.0
import { parseDecimal } from '../decimal.ts';
import { type VersionContext, versionContext } from '../evidence/evidence-items.ts';
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import {
  type AspectChange,
  changesBetween,
  measuredShift,
  type VersionPair,
} from './materiality-changes.ts';
import type { Materiality, MaterialityRules, ShiftLimit } from './materiality-rules.ts';

export interface MaterialityReason {
  readonly materiality: 'material' | 'minor';
  readonly reason: string;
  readonly records: readonly string[];
}

export interface MaterialityVerdict {
  readonly materiality: Materiality;
  /** The version in production of the use when the request was opened. */
  readonly against?: { readonly version: number; readonly warrant: string };
  readonly reasons: readonly MaterialityReason[];
}

/** Whether the gates of a production warrant held when it was signed: the platform's key alone makes no version to compare with. */
export type WarrantHeld = (warrant: CountedRecord) => boolean;

export interface Baseline {
  readonly warrant: CountedRecord;
  readonly context: VersionContext;
}

/**
 * The version that a use last had in production before a log position, by warrants whose gates held. One whose warrant ended
 * since is still what the proposal differs from: nothing has answered in its place.
 */
export function baselineOf(
  set: RecordSet,
  context: VersionContext,
  at: { readonly before: number; readonly held: WarrantHeld },
): Baseline | undefined {
  for (const warrant of productionWarrants(set, context, at.before).toReversed()) {
    if (!at.held(warrant)) continue;
    const { version } = warrant.statement.predicate.subjectRef;
    const { workspace, model, use } = context;
    const found = versionContext(set, { workspace, model, use, version: version ?? 0 });
    if (found.ok) return { warrant, context: found.context };
  }
  return undefined;
}

/** In log order. */
export function productionWarrants(
  set: RecordSet,
  context: Pick<VersionContext, 'workspace' | 'model' | 'use'>,
  before: number,
): readonly CountedRecord[] {
  return recordsOfType(set, 'deployment-record').filter(({ index, statement: { predicate } }) => {
    const { kind, content, subjectRef: ref } = predicate;
    return (
      index < before &&
      kind === 'promote' &&
      content.environment === 'production' &&
      ref.workspace === context.workspace &&
      ref.model === context.model &&
      ref.use === context.use
    );
  });
}

/**
 * How much a version differs from the one in production, under a policy's rules. Without rules, or without a version in
 * production, every change is material.
 */
export function materialityOf(
  rules: MaterialityRules | undefined,
  baseline: Baseline | undefined,
  pair: {
    readonly set: RecordSet;
    readonly after: VersionContext;
    /** What differs, where the caller has computed it. */
    readonly changes?: readonly AspectChange[] | undefined;
  },
): MaterialityVerdict {
  if (baseline === undefined) {
    return {
      materiality: 'material',
      reasons: [material('no version of this use has been in production', [])],
    };
  }
  const against = {
    version: baseline.context.version,
    warrant: baseline.warrant.digest,
  };
  const { set, after } = pair;
  const versions: VersionPair = { set, after, before: baseline.context };
  if (rules === undefined) {
    const reason = material('policy sets no rules of materiality: every change is material', []);
    return { materiality: 'material', against, reasons: [reason] };
  }
  const changes = pair.changes ?? changesBetween(versions);
  const limits = rules.material.filter((one): one is ShiftLimit => typeof one !== 'string');
  const reasons = [
    ...changes.map((change) => judgeChange(rules, change)),
    ...limits.map((limit) => judgeShift(versions, limit)),
  ];
  const isMaterial = reasons.some((one) => one.materiality === 'material');
  return { materiality: isMaterial ? 'material' : 'minor', against, reasons };
}

function judgeChange(rules: MaterialityRules, change: AspectChange): MaterialityReason {
  const { aspect, records } = change;
  const what = `${aspect} changed: ${change.detail.join('; ')}`;
  if (rules.material.includes(aspect))
    return material(`${what} (policy calls it material)`, records);
  if (!rules.minor.includes(aspect)) {
    return material(`${what} (policy does not call it minor)`, records);
  }
  return { materiality: 'minor', reason: `${what} (policy calls it minor)`, records };
}

function judgeShift(versions: VersionPair, limit: ShiftLimit): MaterialityReason {
  const { measure, above } = limit;
  const found = measuredShift(versions, measure);
  if (found === undefined) {
    return material(`${measure} has not been measured against the version in production`, []);
  }
  const records = [found.record];
  if (found.value > parseDecimal(above)) {
    return material(`${measure} ${found.text} is above ${above}`, records);
  }
  return {
    materiality: 'minor',
    reason: `${measure} ${found.text} is not above ${above}`,
    records,
  };
}

function material(reason: string, records: readonly string[]): MaterialityReason {
  return { materiality: 'material', reason, records };
}
