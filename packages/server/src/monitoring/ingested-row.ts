// SPDX-License-Identifier: Apache-2.0
import type { RowShape, UploadedRow } from './read-rows.ts';

/** What the firm did with one answer. */
export interface Action {
  readonly decision: string;
  readonly action: string;
  readonly actor: string;
  readonly override: boolean;
  readonly reason: string | null;
  readonly at: string;
}

/** What turned out to be true of one answer. */
export interface Outcome {
  readonly decision: string;
  readonly kind: (typeof OUTCOME_KINDS)[number];
  readonly state: (typeof OUTCOME_STATES)[number];
  readonly value: string | null;
  readonly observed: string | null;
}

const OUTCOME_KINDS = ['realised', 'human-decision', 'proxy'] as const;
const OUTCOME_STATES = ['pending', 'matured', 'indeterminate', 'censored', 'unobservable'] as const;

export const ACTION_SHAPE: RowShape = {
  required: ['decision', 'action'],
  optional: ['at', 'actor', 'override', 'reason'],
};
export const OUTCOME_SHAPE: RowShape = {
  required: ['decision'],
  optional: ['value', 'kind', 'state', 'observed'],
};

/** The action that a row holds, or what is wrong with it. */
export function readAction({ cells }: UploadedRow, sender: string, now: string): Action | string {
  const decision = cells.get('decision') ?? '';
  const action = cells.get('action') ?? '';
  const at = cells.get('at') || now;
  const override = cells.get('override') || 'false';
  if (decision === '') return '`decision` is empty';
  if (!/^[a-z][a-z0-9 -]{0,63}$/.test(action)) {
    return `\`action\` is \`${action.slice(0, 80)}\`; write lower-case words such as \`approved\``;
  }
  if (!isTime(at))
    return `\`at\` is \`${at.slice(0, 40)}\`; write UTC such as \`2026-11-22T10:00:00Z\``;
  if (override !== 'true' && override !== 'false') return '`override` is neither true nor false';
  const reason = cells.get('reason') || null;
  if (override === 'true' && reason === null) return 'an override needs a `reason`';
  const actor = cells.get('actor') || sender;
  return { decision, action, actor, override: override === 'true', reason, at: utc(at) };
}

/** The outcome that a row holds, or what is wrong with it. */
export function readOutcome({ cells }: UploadedRow): Outcome | string {
  const decision = cells.get('decision') ?? '';
  const kind = OUTCOME_KINDS.find((one) => one === (cells.get('kind') || 'realised'));
  const state = OUTCOME_STATES.find((one) => one === (cells.get('state') || 'matured'));
  const observed = cells.get('observed') || null;
  const value = cells.get('value') || null;
  if (decision === '') return '`decision` is empty';
  if (kind === undefined) return `\`kind\` must be one of ${OUTCOME_KINDS.join(', ')}`;
  if (state === undefined) return `\`state\` must be one of ${OUTCOME_STATES.join(', ')}`;
  if (state === 'matured' && value === null) return 'a matured outcome needs a `value`';
  if (observed !== null && !isTime(observed)) {
    return `\`observed\` is \`${observed.slice(0, 40)}\`; write UTC such as \`2026-11-22T10:00:00Z\``;
  }
  return { decision, kind, state, value, observed: observed === null ? null : utc(observed) };
}

function isTime(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/.test(text) && !Number.isNaN(Date.parse(text))
  );
}

function utc(text: string): string {
  return new Date(text).toISOString();
}
