// SPDX-License-Identifier: Apache-2.0

import type { Json } from '../json/parse.ts';
import {
  asArray,
  asCount,
  asObject,
  asOneOf,
  malformed,
  onlyKeys,
  optional,
} from '../records/shape.ts';
import type { Aspect, AspectChange } from './materiality-changes.ts';

/**
 * `standard`: the ordinary way. `emergency`: into use first, reviewed within days, or its warrant ends. `rollback`: back to
 * a version that was warranted in production before. `configuration`: the same artefact under other settings. `data`: the
 * same code and settings on other rows.
 */
export const CHANGE_CLASSES = [
  'standard',
  'emergency',
  'rollback',
  'configuration',
  'data',
] as const;
export type ChangeClass = (typeof CHANGE_CLASSES)[number];

/** Which classes a policy knows. Without this member every request is of class standard, whatever it calls itself. */
export interface ClassRules {
  readonly classes: readonly ChangeClass[];
  /** Days from an emergency warrant to its review, at most. */
  readonly afterReviewDays?: number;
}

/** @throws KernelError `record_malformed` */
export function readClassRules(json: Json, path: string): ClassRules {
  const object = asObject(json, path);
  onlyKeys(object, ['classes', 'afterReviewDays'], path);
  const classes = asArray(object.classes, `${path}.classes`, (item, at) =>
    asOneOf(item, CHANGE_CLASSES, at),
  );
  const days = optional(object.afterReviewDays, `${path}.afterReviewDays`, asCount);
  if (classes.includes('emergency') && (days === undefined || days === 0)) {
    throw malformed(`${path}.afterReviewDays`, '1 or more where emergency changes are allowed');
  }
  return { classes, ...(days === undefined ? {} : { afterReviewDays: days }) };
}

/** The class that policy rules are chosen by. `material` is what requests said before there were classes. */
export function classOf(rules: ClassRules | undefined, stated: string): ChangeClass {
  if (rules === undefined) return 'standard';
  return CHANGE_CLASSES.find((one) => one === stated) ?? 'standard';
}

const CONFIGURATION: readonly Aspect[] = ['cutoff', 'serving', 'monitoring'];
const DATA: readonly Aspect[] = ['data', 'population'];
/** A refit on other rows makes other bytes; that is what a data change is. */
const BYTES: Aspect = 'artifact';

export interface ClassFacts {
  readonly stated: ChangeClass;
  /** Undefined where no version of the use is in production. */
  readonly changes: readonly AspectChange[] | undefined;
  readonly sameArtifact: boolean;
  /** Whether this version's own bytes held a production warrant for the use before, by its gates. */
  readonly wasInProduction: boolean;
  readonly urgency: string | undefined;
}

/** Why a request is not of the class that it claims; every reason. */
export function classRefusals(rules: ClassRules | undefined, facts: ClassFacts): readonly string[] {
  if (rules === undefined) return [];
  const { stated, changes } = facts;
  if (!rules.classes.includes(stated)) return [`policy knows no change of class ${stated}`];
  switch (stated) {
    case 'standard':
      return [];
    case 'emergency':
      return facts.urgency === undefined ? ['an emergency change says why it cannot wait'] : [];
    case 'rollback':
      return facts.wasInProduction
        ? []
        : ['a rollback is to a version that was warranted in production for this use before'];
    case 'configuration':
      return changes === undefined || !facts.sameArtifact
        ? ['a configuration change keeps the artefact that is in production']
        : beyond(changes, CONFIGURATION, 'configuration');
    case 'data':
      return changes === undefined
        ? ['a data change needs a version in production to differ from']
        : beyond(changes, [...DATA, BYTES], 'data');
  }
}

function beyond(
  changes: readonly AspectChange[],
  allowed: readonly Aspect[],
  stated: ChangeClass,
): readonly string[] {
  return changes
    .filter(({ aspect }) => !allowed.includes(aspect))
    .map(
      ({ aspect, detail }) => `not a ${stated} change: ${aspect} changed (${detail.join('; ')})`,
    );
}
