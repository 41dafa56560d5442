// SPDX-License-Identifier: Apache-2.0
import type { Json } from '../json/parse.ts';
import type { CountedRecord } from '../records/record-set.ts';
import { asArray, asNonEmpty, asObject, malformed, onlyKeys } from '../records/shape.ts';
import { EVIDENCE_IDS, type EvidenceId } from './evidence-ids.ts';

/** How a control works, in the order of preference of ISO 14971:2019, 7.1. */
export const CONTROL_KINDS = ['design', 'protection', 'information'] as const;
export type ControlKind = (typeof CONTROL_KINDS)[number];

/** Parts of monitoring whose breach reopens a hazard, with the kind of result that each leaves. */
export const HAZARD_WATCHES = {
  stability: 'drift',
  outcomes: 'performance',
  fairness: 'fairness',
} as const;
export type HazardWatch = keyof typeof HAZARD_WATCHES;

/** The record that shows a control to work: the newest of this id in force, and what it says of one metric if named. */
export interface ControlVerification {
  readonly evidence: EvidenceId;
  readonly kind?: string;
  readonly metric?: string;
}

export interface HazardControl {
  readonly what: string;
  readonly by: ControlKind;
  readonly verifiedBy: ControlVerification;
}

/** Severity and likelihood in the firm's own words; the file's text says what they mean. */
export interface RiskEstimate {
  readonly severity: string;
  readonly likelihood: string;
}

/** One row of a risk file: ISO 14971:2019 clauses 5 to 8; EU AI Act, Article 9(2). */
export interface Hazard {
  readonly id: string;
  readonly hazard: string;
  /** The sequence of events that leads to harm. */
  readonly cause: string;
  readonly harm: string;
  readonly before: RiskEstimate;
  readonly controls: readonly HazardControl[];
  readonly after: RiskEstimate;
  readonly watchedBy: readonly HazardWatch[];
}

/**
 * The hazards of a risk file; none of one that is prose alone.
 * @throws KernelError `record_malformed` naming the member
 */
export function readHazards(record: Pick<CountedRecord, 'statement'>): readonly Hazard[] {
  const { type, content } = record.statement.predicate;
  if (type !== 'risk-file' || content.hazards === undefined) return [];
  const hazards = asArray(content.hazards, 'content.hazards', readHazard);
  const seen = new Set<string>();
  for (const { id } of hazards) {
    if (seen.has(id)) throw malformed(`content.hazards: \`${id}\``, 'named once');
    seen.add(id);
  }
  return hazards;
}

const WATCHES = ['stability', 'outcomes', 'fairness'] as const satisfies readonly HazardWatch[];
const MEMBERS = ['id', 'hazard', 'cause', 'harm', 'before', 'controls', 'after', 'watchedBy'];

function readHazard(value: Json, path: string): Hazard {
  const object = asObject(value, path);
  onlyKeys(object, MEMBERS, path);
  const text = (name: string) => asNonEmpty(object[name], `${path}.${name}`);
  const controls = asArray(object.controls, `${path}.controls`, readControl);
  if (controls.length === 0) throw malformed(`${path}.controls`, 'a list of at least one control');
  return {
    id: text('id'),
    hazard: text('hazard'),
    cause: text('cause'),
    harm: text('harm'),
    before: readEstimate(object.before, `${path}.before`),
    controls,
    after: readEstimate(object.after, `${path}.after`),
    watchedBy: asArray(object.watchedBy ?? [], `${path}.watchedBy`, (item, at) =>
      oneOf(WATCHES, item, at),
    ),
  };
}

function readControl(value: Json, path: string): HazardControl {
  const object = asObject(value, path);
  onlyKeys(object, ['what', 'by', 'verifiedBy'], path);
  const verified = asObject(object.verifiedBy, `${path}.verifiedBy`);
  onlyKeys(verified, ['evidence', 'kind', 'metric'], `${path}.verifiedBy`);
  const optional = (name: 'kind' | 'metric') =>
    verified[name] === undefined
      ? {}
      : { [name]: asNonEmpty(verified[name], `${path}.verifiedBy.${name}`) };
  return {
    what: asNonEmpty(object.what, `${path}.what`),
    by: oneOf(CONTROL_KINDS, object.by, `${path}.by`),
    verifiedBy: {
      evidence: oneOf(EVIDENCE_IDS, verified.evidence, `${path}.verifiedBy.evidence`),
      ...optional('kind'),
      ...optional('metric'),
    },
  };
}

function readEstimate(value: Json | undefined, path: string): RiskEstimate {
  const object = asObject(value, path);
  onlyKeys(object, ['severity', 'likelihood'], path);
  return {
    severity: asNonEmpty(object.severity, `${path}.severity`),
    likelihood: asNonEmpty(object.likelihood, `${path}.likelihood`),
  };
}

function oneOf<T extends string>(known: readonly T[], value: unknown, path: string): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw malformed(path, `one of ${known.join(', ')}`);
  return found;
}
