// SPDX-License-Identifier: Apache-2.0
import {
  AnalysisError,
  BACKTEST_METRICS,
  type BacktestPlan,
  type BacktestReport,
  backtestReport,
  type ColumnType,
  type ColumnTypes,
  type Cutoff,
  evaluateMonitoring,
  type FairnessReport,
  type FrozenBins,
  fairnessReport,
  INPUT_COLUMN_TYPES,
  type InputType,
  type MonitoringEvaluation,
  type OutcomeReport,
  outcomeReport,
  type Table,
} from '@countersign/analysis';
import type { Dataset, MonitoringPlan, Task } from '@countersign/pipeline';
import { ACTION_COLUMN, DAY_COLUMN, DECISION_COLUMN, type WindowRows } from './window-rows.ts';
import { windowTable } from './window-table.ts';

export interface WatchedModel {
  readonly plan: MonitoringPlan;
  readonly dataset: Dataset;
  readonly bins: readonly FrozenBins[];
  readonly cutoff: Cutoff;
  readonly inputs: readonly { readonly name: string; readonly type: InputType }[];
  /** Types of the dataset's columns: protected attributes come back as the snapshot had them. */
  readonly columnTypes: ColumnTypes;
  readonly score: string;
  readonly label: string;
  readonly favourable: string;
  /** Texts of actions that are denials. */
  readonly adverseActions: readonly string[];
  readonly confidence?: string | undefined;
  /** Of its testing plan; a probability without it. */
  readonly task?: Task | undefined;
  /** The back-test of the plan that the version was approved with. */
  readonly backtest?: Pick<BacktestPlan, 'window' | 'lights' | 'events_min'> | undefined;
}

export interface MeasuredWindow extends MonitoringEvaluation {
  /** Predicted against realised outcomes by period of answering; of probabilities alone. */
  readonly history?: BacktestReport;
  /** Outcome figures of the cases that were answered favourably: what is left where the others never show. */
  readonly approvedOutcomes?: OutcomeReport;
  /** Disparity in what the firm did, where it recorded that. */
  readonly onAction?: FairnessReport;
  /** What the plan asks for and these answers could not show, in sentences. */
  readonly unmeasured: readonly string[];
}

/** Measures the monitoring plan of a version on the answers of one window. */
export async function measureWindow(
  window: WindowRows,
  model: WatchedModel,
): Promise<MeasuredWindow> {
  const columns = columnsOf(window, model);
  const table = await windowTable(window.rows, columns);
  try {
    const labelled = window.withOutcome > 0;
    const fair = fairnessPlanOf(window, model);
    const evaluate = (fairness: MonitoringPlan['fairness']) =>
      evaluateMonitoring(
        { ...model.plan, outcomes: labelled ? model.plan.outcomes : undefined, fairness },
        table,
        {
          roles: rolesOf(model),
          cutoff: model.cutoff,
          bins: model.bins,
          protected: model.dataset.roles?.protected ?? [],
          confidence: model.confidence,
          task: model.task,
        },
      );
    const recommended = await unlessGroupMissing('fairness', () => evaluate(fair));
    const { value = await evaluate(undefined) } = recommended;
    const actions =
      fair === undefined || window.withAction === 0
        ? {}
        : await unlessGroupMissing('fairness of actions', () => onAction(table, model, fair));
    return {
      ...value,
      ...(labelled ? await approvedOutcomes(window, model, columns) : {}),
      ...(labelled ? await outcomeHistory(table, model) : {}),
      ...('value' in actions && actions.value !== undefined ? { onAction: actions.value } : {}),
      unmeasured: [recommended.lack, 'lack' in actions ? actions.lack : undefined].filter(
        (lack) => lack !== undefined,
      ),
    };
  } finally {
    table.close();
  }
}

/** A small window may hold nobody of a reference group: then there is nothing to compare, and the report says so. */
async function unlessGroupMissing<T>(
  what: string,
  measure: () => Promise<T>,
): Promise<{ readonly value?: T; readonly lack?: string }> {
  try {
    return { value: await measure() };
  } catch (error) {
    if (!(error instanceof AnalysisError) || error.code !== 'group_missing') throw error;
    return { lack: `${what} not measured: ${error.message}` };
  }
}

function rolesOf(model: WatchedModel) {
  const { positive } = model.dataset.roles ?? {};
  return {
    score: model.score,
    label: model.label,
    ...(positive === undefined ? {} : { positive }),
  };
}

function columnsOf(window: WindowRows, model: WatchedModel): ColumnTypes {
  const columns: Record<string, ColumnType> = {};
  for (const { name, type } of model.inputs) columns[name] = INPUT_COLUMN_TYPES[type];
  for (const name of protectedColumns(model)) columns[name] = model.columnTypes[name] ?? 'text';
  columns[model.score] = 'number';
  columns[model.label] = model.columnTypes[model.label] ?? 'text';
  columns[DAY_COLUMN] = 'date';
  columns[DECISION_COLUMN] = 'text';
  if (window.withAction > 0) columns[ACTION_COLUMN] = 'text';
  return columns;
}

function protectedColumns(model: WatchedModel): readonly string[] {
  return (model.dataset.roles?.protected ?? []).map(({ column }) => column);
}

/** Fairness needs the reference group of each attribute among the answers; without protected attributes it is a gap. */
function fairnessPlanOf(window: WindowRows, model: WatchedModel): MonitoringPlan['fairness'] {
  const present = protectedColumns(model).some((name) =>
    window.rows.some(({ cells }) => (cells.get(name) ?? null) !== null),
  );
  return present ? model.plan.fairness : undefined;
}

const PERIOD_DEFAULT = '1m';

/** The back-test of answers as they were given, by the same function as before deployment; months where the plan has none. */
async function outcomeHistory(
  table: Table,
  model: WatchedModel,
): Promise<Pick<MeasuredWindow, 'history'>> {
  const { backtest, plan, task = 'binary' } = model;
  if (task !== 'binary' || plan.outcomes === undefined) return {};
  const limits = Object.entries(plan.outcomes.limits).filter(([metric]) =>
    BACKTEST_METRICS.some((known) => known === metric),
  );
  const history = await backtestReport(table, {
    plan: {
      time: DAY_COLUMN,
      window: backtest?.window ?? PERIOD_DEFAULT,
      limits: Object.fromEntries(limits),
      lights: backtest?.lights,
      events_min: backtest?.events_min ?? plan.outcomes.events_min,
    },
    roles: rolesOf(model),
    cutoff: model.cutoff,
    confidence: model.confidence,
    scores: 'one-model',
  });
  return { history };
}

async function approvedOutcomes(
  window: WindowRows,
  model: WatchedModel,
  columns: ColumnTypes,
): Promise<Pick<MeasuredWindow, 'approvedOutcomes'>> {
  const rows = window.rows.filter(({ cells }) => cells.get(DECISION_COLUMN) === model.favourable);
  if (model.plan.outcomes === undefined || rows.length === 0) return {};
  const table = await windowTable(rows, columns);
  try {
    const report = await outcomeReport(table, model.task, {
      roles: rolesOf(model),
      cutoff: model.cutoff,
      plan: { confidence: model.confidence },
      unlabelled: 'skip',
    });
    return { approvedOutcomes: report };
  } finally {
    table.close();
  }
}

function onAction(
  table: Table,
  model: WatchedModel,
  plan: NonNullable<MonitoringPlan['fairness']>,
): Promise<FairnessReport> {
  return fairnessReport(table, {
    plan,
    confidence: model.confidence,
    protected: model.dataset.roles?.protected ?? [],
    basis: { on: 'action', column: ACTION_COLUMN, adverse: model.adverseActions },
    roles: rolesOf(model),
    cutoff: model.cutoff,
    unlabelled: 'skip',
  });
}
