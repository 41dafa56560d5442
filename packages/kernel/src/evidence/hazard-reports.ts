// SPDX-License-Identifier: Apache-2.0
import type { CountedRecord, RecordSet } from '../records/record-set.ts';
import { asObject } from '../records/shape.ts';
import {
  evidenceItems,
  isStale,
  supersededDigests,
  type VersionContext,
} from './evidence-items.ts';
import {
  HAZARD_WATCHES,
  type Hazard,
  type HazardControl,
  type HazardWatch,
  readHazards,
} from './hazard.ts';

export type ControlState = 'verified' | 'failed' | 'unverified';
export type HazardState = 'verified' | 'unverified' | 'failed' | 'reopened';

export interface ControlReport {
  readonly control: HazardControl;
  readonly state: ControlState;
  /** The verifying record, where there is one. */
  readonly record?: string;
  readonly reason: string;
}

export interface HazardReport {
  readonly hazard: Hazard;
  readonly state: HazardState;
  readonly controls: readonly ControlReport[];
  /** Breaches in production since the file was signed. */
  readonly breaches: readonly string[];
  /** The risk file that names it. */
  readonly file: string;
}

/**
 * How every hazard of the risk files in force stands for a version: each control with the record that verifies it, and
 * breaches in production since the file was signed. A breach reopens; what closes it is the file signed anew, since only a
 * person can estimate the risk again (ISO 14971:2019, clause 10.4).
 */
export function hazardReports(set: RecordSet, context: VersionContext): readonly HazardReport[] {
  return evidenceItems(set, context, { id: 'risk-file' }).flatMap((file) =>
    readHazards(file).map((hazard) => hazardReport(set, context, { file, hazard })),
  );
}

/** Ids of the hazards that a breach of this part of monitoring reopens. */
export function hazardsWatchedBy(
  set: RecordSet,
  context: VersionContext,
  part: HazardWatch,
): readonly string[] {
  return evidenceItems(set, context, { id: 'risk-file' })
    .flatMap(readHazards)
    .flatMap(({ id, watchedBy }) => (watchedBy.includes(part) ? [id] : []));
}

function hazardReport(
  set: RecordSet,
  context: VersionContext,
  { file, hazard }: { readonly file: CountedRecord; readonly hazard: Hazard },
): HazardReport {
  const controls = hazard.controls.map((control) => controlReport(set, context, control));
  const breaches = breachesSince(set, context, { file, hazard });
  return { hazard, state: stateOf(controls, breaches), controls, breaches, file: file.digest };
}

function stateOf(controls: readonly ControlReport[], breaches: readonly string[]): HazardState {
  if (breaches.length > 0) return 'reopened';
  if (controls.some(({ state }) => state === 'failed')) return 'failed';
  return controls.every(({ state }) => state === 'verified') ? 'verified' : 'unverified';
}

function controlReport(
  set: RecordSet,
  context: VersionContext,
  control: HazardControl,
): ControlReport {
  const { evidence, kind, metric } = control.verifiedBy;
  const query = kind === undefined ? { id: evidence } : { id: evidence, kind };
  const record = evidenceItems(set, context, query)
    .filter(({ statement }) => !isStale(statement.predicate.subjectRef, context))
    .findLast((item) => metric === undefined || verdictsOf(item, metric).length > 0);
  const named = `${evidence}${kind === undefined ? '' : ` (${kind})`}`;
  if (record === undefined) {
    const about = metric === undefined ? '' : ` with a limit on ${metric}`;
    return { control, state: 'unverified', reason: `no ${named}${about} of this version` };
  }
  const said = metric === undefined ? conclusionOf(record) : verdictsOf(record, metric);
  return { control, record: record.digest, ...judged(said, metric ?? named) };
}

function judged(said: readonly unknown[], what: string): Pick<ControlReport, 'state' | 'reason'> {
  if (said.includes('fail')) return { state: 'failed', reason: `${what} fails its limit` };
  if (said.includes('inconclusive') || said.includes('too-few'))
    return { state: 'unverified', reason: `${what} is inconclusive` };
  return {
    state: 'verified',
    reason: said.length === 0 ? `${what} is on record` : `${what} passes`,
  };
}

/** Verdicts on a metric that had a limit; a figure without one verifies nothing. */
function verdictsOf(record: CountedRecord, metric: string): readonly unknown[] {
  const { measurements } = record.statement.predicate.content;
  if (!Array.isArray(measurements)) return [];
  return measurements.flatMap((item) => {
    const one = asObject(item, 'content.measurements');
    return one.metric === metric && one.limit !== undefined ? [one.verdict] : [];
  });
}

function conclusionOf(record: CountedRecord): readonly unknown[] {
  const { conclusion } = record.statement.predicate.content;
  return conclusion === undefined ? [] : [conclusion];
}

// Of any version of the use: what production showed of one is known of the next.
function breachesSince(
  set: RecordSet,
  context: VersionContext,
  { file, hazard }: { readonly file: CountedRecord; readonly hazard: Hazard },
): readonly string[] {
  const kinds: readonly (string | undefined)[] = hazard.watchedBy.map(
    (watch) => HAZARD_WATCHES[watch],
  );
  const superseded = supersededDigests(set);
  return set.records.flatMap(({ digest, index, statement: { predicate } }) => {
    const { type, kind, subjectRef: ref, content } = predicate;
    if (type !== 'monitoring-result' || !kinds.includes(kind) || index < file.index) return [];
    const isOfUse =
      ref.workspace === context.workspace && ref.model === context.model && ref.use === context.use;
    const isBreach = Array.isArray(content.breaches) && content.breaches.length > 0;
    return isOfUse && isBreach && !superseded.has(digest) ? [digest] : [];
  });
}

/** One sentence a hazard that does not stand, for whoever must act; none of one that is verified. */
export function hazardShortfall({
  hazard,
  state,
  controls,
  breaches,
}: HazardReport): string | undefined {
  const named = `risk file: hazard ${hazard.id} (${hazard.hazard})`;
  if (state === 'verified') return undefined;
  if (state === 'reopened') {
    const by = breaches.map((digest) => digest.slice(0, 12)).join(', ');
    return `${named} is reopened by a breach in production (${by}): estimate the risk again and sign the file anew`;
  }
  const lacking = controls.filter((one) => one.state !== 'verified');
  return `${named}: ${lacking.map(({ control, reason }) => `\`${control.what}\`: ${reason}`).join('; ')}`;
}
