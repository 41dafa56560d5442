// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';
import { toRecordJson } from '../file/to-record-json.ts';
import { decimalOf, type ResultRow, resultRows, triedSpace } from './result-rows.ts';
import {
  CHOICE_DEFAULT,
  type Parameters,
  type SearchRecord,
  type SearchTrial,
  type TrialState,
} from './search-record.ts';

const STATES: Readonly<Record<string, TrialState>> = {
  COMPLETE: 'complete',
  PRUNED: 'pruned',
  FAIL: 'failed',
  RUNNING: 'running',
  WAITING: 'running',
};

/**
 * Optuna's `study.trials_dataframe()`, as JSON or CSV rows; undefined for anything else. The frame does not say in which
 * direction the study searched: `evidence/choice.json` does.
 */
export function readOptunaFrame(json: Json): SearchRecord | undefined {
  const rows = resultRows(json);
  return rows === undefined ? undefined : readOptunaRows(rows);
}

/** See `readOptunaFrame`. A frame of several objectives has no one score: its choice cannot be checked. */
export function readOptunaRows(rows: readonly ResultRow[]): SearchRecord | undefined {
  const [first] = rows;
  const isFrame =
    first?.has('number') && first.has('state') && (first.has('value') || first.has('values_0'));
  if (isFrame !== true) return undefined;
  const isSingle = !first?.has('values_1');
  const trials = rows.map((row) => ({ ...trialOf(row), ...(isSingle ? {} : { score: null }) }));
  return {
    source: 'Optuna trials_dataframe',
    search: null,
    method: null,
    space: triedSpace(trials.map(({ params }) => params)),
    seed: null,
    budget: { trials: trials.length },
    score: isSingle ? 'objective value' : null,
    direction: null,
    criterion: null,
    choice: CHOICE_DEFAULT,
    trials,
  };
}

function trialOf(row: ResultRow): SearchTrial {
  const state = STATES[String(row.get('state'))] ?? 'failed';
  const params = [...row].flatMap(([name, value]) =>
    name.startsWith('params_') && value !== null && value !== ''
      ? [[name.slice('params_'.length), toRecordJson(plainValue(value))] as const]
      : [],
  );
  return {
    number: Number(row.get('number')),
    params: Object.fromEntries(params) as Parameters,
    state,
    score: decimalOf(row.get('value') ?? row.get('values_0')),
    folds: listOf(row.get('user_attrs_folds')).flatMap((value) => decimalOf(value) ?? []),
    metrics: {},
    seconds: secondsOf(row.get('duration')),
    seed: null,
    note: null,
    selected: false,
  };
}

/** A cell of a CSV as the value that it stands for. */
function plainValue(value: Json): Json {
  if (typeof value !== 'string') return value;
  if (value === 'True' || value === 'False') return value === 'True';
  if (value.trim() === '' || Number.isNaN(Number(value))) return value;
  return Number(value);
}

function listOf(value: Json | undefined): readonly Json[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'string' || !value.startsWith('[')) return [];
  try {
    const list: Json = JSON.parse(value);
    return Array.isArray(list) ? list : [];
  } catch {
    return []; // a user attribute of another kind than a list of numbers
  }
}

/** pandas writes a duration as milliseconds, as ISO 8601 or as `0 days 00:00:01.235986`. */
function secondsOf(value: Json | undefined): string | null {
  if (typeof value === 'number') return decimalOf(value / 1000);
  const text = typeof value === 'string' ? value : '';
  const [, days = '0', hours = '0', minutes = '0', seconds] =
    /^P?(\d+)(?:D| days?)\s*T?(?:(\d+)[H:])(?:(\d+)[M:])([\d.]+)S?$/.exec(text) ?? [];
  if (seconds === undefined) return null;
  return decimalOf(
    ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds),
  );
}
