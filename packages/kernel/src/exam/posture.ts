// SPDX-License-Identifier: Apache-2.0
import { asOfView } from '../as-of/as-of-view.ts';
import { recordsAsOf } from '../as-of/records-as-of.ts';
import { contentText } from '../as-of/warrant-chain.ts';
import type { GateMemo } from '../as-of/warrant-standing.ts';
import { readTier } from '../gates/facts.ts';
import type { Transition } from '../gates/policy.ts';
import { canonicalBytes } from '../json/canonical.ts';
import type { Json } from '../json/parse.ts';
import { type Primitives, sha256Hex } from '../primitives.ts';
import {
  asOfIndex,
  type CountedRecord,
  type RecordSet,
  recordsOfType,
} from '../records/record-set.ts';
import { counted, requestsOpened, stateOfChange } from './change-population.ts';
import { baselineOf } from './configuration.ts';
import { contentOf, daysBetween, isWithin, type Period } from './exam-question.ts';
import { exceptionsAt, findingsWithAgeing, type StateAt } from './state-registers.ts';

export interface PostureQuestion {
  readonly workspace: string;
  readonly environment: Transition;
  /** `2026-11` */
  readonly month: string;
  /** The month is told up to here when it is not over. */
  readonly until: string;
  readonly known: number;
}

/** A calendar month in UTC, both ends included. */
export function monthPeriod(month: string): Period {
  const [year = 0, at = 0] = month.split('-').map(Number);
  return {
    from: `${month}-01T00:00:00.000Z`,
    to: new Date(Date.UTC(year, at) - 1).toISOString(),
  };
}

/** The months that a period touches, in order. */
export function monthsOf({ from, to }: Period): readonly string[] {
  const months: string[] = [];
  let month = from.slice(0, 7);
  while (month <= to.slice(0, 7)) {
    months.push(month);
    const [year = 0, at = 0] = month.split('-').map(Number);
    month = new Date(Date.UTC(year, at)).toISOString().slice(0, 7);
  }
  return months;
}

const EXPIRY_WARNING_DAYS = 30;

/**
 * How one environment stood at the end of a month and what happened in it: what continuous monitoring hands over
 * (NIST SP 800-137). Pure; every count is of records that are named beside it.
 */
export function posture(
  p: Primitives,
  set: RecordSet,
  question: PostureQuestion,
  gates: GateMemo = new Map(),
) {
  const { workspace, environment, month, until, known } = question;
  const whole = monthPeriod(month);
  const period: Period = { from: whole.from, to: until < whole.to ? until : whole.to };
  const at = period.to;
  const told = recordsAsOf(set, { date: at, known });
  const view = asOfView(set, { workspace, date: at, known }, gates);
  const live = view.warrants.filter((one) => one.environment === environment && one.inEffect);
  const components = baselineOf({ ...view, warrants: live });
  const upTo = asOfIndex(set, known);
  const acts = recordsOfType(upTo, 'deployment-record').filter(
    (record) => isWithin(record.loggedAt, period) && environmentOf(upTo, record) === environment,
  );
  const opened = requestsOpened(upTo, period).filter(
    (record) => contentText(record, 'transition') === environment,
  );
  return {
    month,
    environment,
    at,
    baseline: sha256Hex(p, canonicalBytes(components as unknown as Json)), // plain data
    live: {
      count: live.length,
      byTier: counted(live.map((one) => tierOf(told, workspace, one))),
      byWarrant: counted(live.map(({ warrant }) => warrant)),
      expiring: live
        .filter(({ expires }) => daysBetween(at, expires) <= EXPIRY_WARNING_DAYS)
        .map(({ digest }) => digest),
      records: live.map(({ digest }) => digest),
    },
    acts: {
      byKind: counted(acts.map(({ statement }) => statement.predicate.kind ?? '')),
      records: acts.map(({ digest }) => digest),
    },
    requests: {
      byClass: counted(opened.map((record) => contentText(record, 'class'))),
      byState: counted(opened.map((record) => stateOfChange(told, record).state)),
      records: opened.map(({ digest }) => digest),
    },
    findings: openFindings(told, { workspace, now: at }),
    exceptions: exceptionsAt(told, { workspace, now: at })
      .exceptions.filter(({ state }) => state === 'running')
      .map(({ record }) => record),
    monitoring: monitoringIn(upTo, period, new Set(live.map(({ digest }) => digest))),
  };
}

export type Posture = ReturnType<typeof posture>;

function environmentOf(set: RecordSet, record: CountedRecord): string {
  const named = contentText(record, 'environment');
  if (named !== '') return named;
  const warrant = set.byDigest.get(contentText(record, 'warrant'));
  return warrant === undefined ? '' : contentText(warrant, 'environment');
}

function tierOf(
  told: RecordSet,
  workspace: string,
  one: { readonly model: string; readonly use: string; readonly version: number },
): string {
  const { model, use, version } = one;
  const context = { workspace, model, use, version, artifactDigest: '' };
  return readTier(told, { ...context, registeredAt: 0, registeredOn: '' })?.tier ?? 'none';
}

function openFindings(told: RecordSet, state: StateAt) {
  const open = findingsWithAgeing(told, state).findings.filter(
    ({ content }) => content.status !== 'closed',
  );
  return {
    open: open.length,
    bySeverity: counted(open.map(({ content }) => String(content.severity))),
    overdue: open.filter(({ overdue }) => overdue).map(({ record }) => record),
  };
}

/** Results of the month about the warrants that were live at its end, and those of them with a breach. */
function monitoringIn(set: RecordSet, period: Period, live: ReadonlySet<string>) {
  const results = recordsOfType(set, 'monitoring-result').filter(
    (record) => isWithin(record.loggedAt, period) && live.has(contentText(record, 'warrant')),
  );
  const breached = results.filter((record) => {
    const { breaches } = contentOf(record);
    return Array.isArray(breaches) && breaches.length > 0;
  });
  return { results: results.length, breached: breached.map(({ digest }) => digest) };
}
