// SPDX-License-Identifier: Apache-2.0
import { asOfView } from '../as-of/as-of-view.ts';
import { recordsAsOf } from '../as-of/records-as-of.ts';
import type { GateMemo } from '../as-of/warrant-standing.ts';
import { TRANSITIONS } from '../gates/policy.ts';
import type { Json } from '../json/parse.ts';
import type { Primitives } from '../primitives.ts';
import type { LoggedRecord, RecordSet } from '../records/record-set.ts';
import { changePopulation } from './change-population.ts';
import {
  accessForChange,
  baseline,
  changesWithImpact,
  componentInventory,
  settings,
} from './configuration.ts';
import type { ExamQuestion } from './exam-question.ts';
import { rolesAndKeys } from './people-register.ts';
import { monthsOf, posture } from './posture.ts';
import {
  committeeDecisions,
  exceptionsAt,
  findingsWithAgeing,
  inventoryRegister,
  policyVersions,
  reviewsAt,
  validationIndex,
} from './state-registers.ts';

/** One register of an exam package: its place in the package, what it is called, and what it says. */
export interface ExamRegister {
  readonly name: string;
  readonly title: string;
  readonly content: Json;
}

/**
 * Every register of an examination, from records alone: the server writes these into the package and the verifier
 * computes them again from the records beside them.
 * @param logged every record at hand, those that do not count included
 */
export function examRegisters(
  p: Primitives,
  set: RecordSet,
  logged: readonly LoggedRecord[],
  question: ExamQuestion,
): readonly ExamRegister[] {
  const { date, known, period, workspace } = question;
  const told = recordsAsOf(set, { date, known });
  const at = { workspace, now: date };
  const gates: GateMemo = new Map();
  const view = asOfView(set, question, gates);
  const changes = changesWithImpact(set, question);
  const excepted = exceptionsAt(told, at);
  const listed: readonly (readonly [string, string, unknown])[] = [
    ['inventory', 'Inventory with tiers and stages', inventoryRegister(view, told, workspace)],
    ['validation-index', 'Validation index', validationIndex(view, told)],
    ['findings', 'Findings with ageing', findingsWithAgeing(told, at)],
    ['exceptions', 'Exceptions', excepted.exceptions],
    ['overlays', 'Overlays', excepted.overlays],
    ['overrides', 'Overrides', excepted.overrides],
    ['reviews', 'Reviews', reviewsAt(told, at)],
    ['policies', 'Policy versions with their text', policyVersions(told)],
    ['committee-decisions', 'Committee decisions and minutes', committeeDecisions(told)],
    ['roles-and-keys', 'Roles and keys', rolesAndKeys(told, date)],
    ['change-population', 'Changes of the period', changePopulation(set, logged, question)],
    ['cm-2-baseline', 'CM-2 Baseline configuration', baseline(view, told)],
    ['cm-3-changes', 'CM-3 Configuration change control', changes.control],
    ['cm-4-impact', 'CM-4 Impact analyses', changes.impact],
    ['cm-5-access', 'CM-5 Access restrictions for change', accessForChange(told, date)],
    ['cm-6-settings', 'CM-6 Configuration settings', settings(told, date)],
    ['cm-8-components', 'CM-8 Component inventory', componentInventory(view, told)],
    ...monthsOf(period).flatMap((month) =>
      TRANSITIONS.map((environment): readonly [string, string, unknown] => [
        `posture-${month}-${environment}`,
        `Posture of ${environment} in ${month}`,
        posture(p, set, { workspace, environment, month, until: period.to, known }, gates),
      ]),
    ),
  ];
  return listed.map(([name, title, content]) => ({
    name,
    title,
    content: content as Json, // plain data made of record contents and text
  }));
}
