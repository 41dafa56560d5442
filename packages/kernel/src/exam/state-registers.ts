// SPDX-License-Identifier: Apache-2.0
import type { AsOfView } from '../as-of/as-of-view.ts';
import { modelsOf, setsByModel } from '../as-of/model-records.ts';
import { supersededDigests } from '../evidence/evidence-items.ts';
import { exceptionsRegister } from '../governance/exceptions-register.ts';
import { findingsAgeing, findingsRegister } from '../governance/findings-register.ts';
import { overlaysRegister } from '../governance/overlays-register.ts';
import { reviewSchedule } from '../governance/review-schedule.ts';
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import type { RecordType } from '../records/record-type.ts';
import { contentOf, sourceOf, subjectFields } from './exam-question.ts';

/** Records of a type that are in force in a set: those that no later one replaced, in log order. */
function inForce(set: RecordSet, type: RecordType): readonly CountedRecord[] {
  const superseded = supersededDigests(set);
  return recordsOfType(set, type).filter(({ digest }) => !superseded.has(digest));
}

/** Every model with its entry, its uses with tier and scope, and its versions with their stage and warrants. */
export function inventoryRegister(view: AsOfView, told: RecordSet, workspace: string) {
  const own = setsByModel(told, workspace);
  return modelsOf(told, workspace).map((model) => {
    const records = own.get(model) ?? told;
    const mine = (type: RecordType) =>
      inForce(records, type).filter(
        ({ statement: { predicate } }) => predicate.subjectRef.model === model,
      );
    const entry = mine('inventory-entry').at(-1);
    return {
      model,
      ...(entry === undefined ? {} : { entry: { ...sourceOf(entry), ...contentOf(entry) } }),
      tiers: mine('risk-tier').map((one) => ({
        ...sourceOf(one),
        ...subjectFields(one),
        ...contentOf(one),
      })),
      scope: mine('scope-determination').map((one) => ({
        ...sourceOf(one),
        ...subjectFields(one),
        ...contentOf(one),
      })),
      versions: view.stages
        .filter((one) => one.model === model)
        .map(({ use, version, stage }) => ({
          use,
          version,
          stage,
          warrants: view.warrants
            .filter((one) => one.model === model && one.use === use && one.version === version)
            .map(({ digest, environment, warrant, expires, inEffect }) => ({
              record: digest,
              environment,
              warrant,
              expires,
              inEffect,
            })),
        })),
    };
  });
}

/** Every validation report up to the date, with what it relied on and the warrants that were given on it. */
export function validationIndex({ warrants }: AsOfView, told: RecordSet) {
  const superseded = supersededDigests(told);
  return recordsOfType(told, 'validation-report').map((record) => {
    const { outcome, rating, relied, independence, expires } = contentOf(record);
    return {
      ...subjectFields(record),
      ...sourceOf(record),
      outcome: outcome ?? null,
      rating: rating ?? null,
      independence: independence ?? null,
      relied: relied ?? [],
      expires: expires ?? null,
      inForce: !superseded.has(record.digest),
      warrants: warrants
        .filter(({ chain }) => chain.validation.some(({ digest }) => digest === record.digest))
        .map(({ digest }) => digest),
    };
  });
}

/** By the names' code units, so that every reader's machine has the same order. */
function byModel<T extends { readonly model: string }>(entries: readonly T[]): readonly T[] {
  return [...entries].sort((a, b) => (a.model === b.model ? 0 : a.model < b.model ? -1 : 1));
}

/** Findings in their state at the date with their history, and how many are open by severity and age. */
export function findingsWithAgeing(told: RecordSet, at: StateAt) {
  const entries = byModel(findingsRegister(told, at));
  return {
    findings: entries.map(({ digest, ...entry }) => ({ record: digest, ...entry })),
    ageing: findingsAgeing(entries),
  };
}

/** The workspace and the moment that a register is computed at. */
export interface StateAt {
  readonly workspace: string;
  readonly now: string;
}

/** Signed exceptions with their age, standing overlays, and single overrides, as they stand at the date. */
export function exceptionsAt(told: RecordSet, at: StateAt) {
  const overrides = recordsOfType(told, 'override-record').filter(
    ({ statement }) => statement.predicate.kind !== 'overlay',
  );
  return {
    exceptions: exceptionsRegister(told, at).map(({ record, exception, ...age }) => ({
      ...subjectFields(record),
      ...sourceOf(record),
      ...exception,
      ...age,
    })),
    overlays: byModel(overlaysRegister(told, at)).map(({ digest, ...entry }) => ({
      record: digest,
      ...entry,
    })),
    overrides: overrides.map((one) => ({
      ...subjectFields(one),
      ...sourceOf(one),
      ...contentOf(one),
    })),
  };
}

/** Every tiered use with its last review, when the next is due and what calls for one earlier. */
export function reviewsAt(told: RecordSet, at: StateAt) {
  const uses = [...reviewSchedule(told, at)].sort((a, b) => (a.use < b.use ? -1 : 1));
  return byModel(uses);
}

/** Every version of every policy, pack and questionnaire up to the date, with its text and when it was in force. */
export function policyVersions(told: RecordSet) {
  const documents = recordsOfType(told, 'policy-document');
  return documents.map((record) => {
    const { kind } = record.statement.predicate;
    const name = policyName(record);
    const next = documents.find(
      (later) =>
        later.index > record.index &&
        later.statement.predicate.kind === kind &&
        policyName(later) === name,
    );
    return {
      ...sourceOf(record),
      kind: kind ?? null,
      name,
      inForceFrom: record.loggedAt,
      ...(next === undefined ? {} : { replacedBy: next.digest, inForceUntil: next.loggedAt }),
      text: contentOf(record),
    };
  });
}

/** Two documents of a kind are versions of one when they carry the same id; promotion policies are one whatever theirs. */
function policyName(record: CountedRecord): string {
  const { pack, policy, questionnaire, title } = contentOf(record);
  if (record.statement.predicate.kind === 'promotion-policy') return 'promotion-policy';
  for (const part of [pack, policy, questionnaire]) {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) continue;
    const { id } = part as { readonly id?: unknown }; // arrays and null were left out above
    if (typeof id === 'string') return id;
  }
  return typeof title === 'string' ? title : '';
}

const MEETING = ['committee', 'attendance', 'minutes'];

/** Decisions of committees up to the date: records that say who attended, how they voted and where the minutes are. */
export function committeeDecisions(told: RecordSet) {
  return told.records
    .filter((record) => MEETING.some((member) => contentOf(record)[member] !== undefined))
    .filter(({ statement }) => statement.predicate.type !== 'policy-document')
    .map((record) => {
      const { type, kind } = record.statement.predicate;
      return {
        ...sourceOf(record),
        type,
        ...(kind === undefined ? {} : { kind }),
        ...subjectFields(record),
        ...contentOf(record),
      };
    });
}
