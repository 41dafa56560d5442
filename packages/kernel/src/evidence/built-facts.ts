// SPDX-License-Identifier: Apache-2.0
import type { Json } from '../json/parse.ts';
import type { CountedRecord, RecordSet } from '../records/record-set.ts';
import { evidenceItems, latestItem, type VersionContext } from './evidence-items.ts';
import { catalogueLacks, lackingText, MEASURED_CATALOGUE } from './feature-catalogue.ts';

type Fields = { readonly [name: string]: Json };

export interface BuiltFeatures {
  readonly record: string;
  readonly inputs: readonly {
    readonly input: string;
    readonly definition: string;
    readonly from: readonly string[];
    readonly screen: readonly {
      readonly attribute: string;
      readonly auc: string;
      readonly verdict: string;
    }[];
  }[];
  /** What the catalogue lacks, one sentence an input. */
  readonly lacking: readonly string[];
  /** Between tables: rows before and after, and what became of columns. */
  readonly steps: readonly {
    readonly step: string;
    readonly input: string;
    readonly output: string;
    readonly before: string;
    readonly after: string;
    /** Rows filtered, by the shared key; empty where there is none. */
    readonly filtered: string;
    readonly key: string;
    readonly added: readonly string[];
    readonly dropped: readonly string[];
    readonly imputed: readonly string[];
  }[];
}

export interface BuiltDesign {
  readonly record: string;
  readonly constraints: readonly {
    readonly what: string;
    readonly why: string;
    readonly state: string;
    readonly found: string;
  }[];
}

export interface BuiltSearch {
  readonly record: string;
  readonly step: string;
  readonly source: string;
  readonly score: string;
  readonly count: number;
  readonly taken: string;
  readonly warnings: readonly string[];
  readonly course: readonly { readonly trial: number; readonly score: number }[];
  readonly trials: readonly {
    readonly number: string;
    readonly params: string;
    readonly score: string;
    readonly state: string;
  }[];
}

/** What records tell of how a version was built. Members without a record are absent. */
export interface BuiltFacts {
  readonly features?: BuiltFeatures;
  readonly design?: BuiltDesign;
  readonly searches: readonly BuiltSearch[];
}

/** For readers, from records that count; a member that is absent or of another type reads as absent. */
export function builtFacts(set: RecordSet, context: VersionContext): BuiltFacts {
  const catalogue = latestItem(set, context, { id: 'feature-catalogue', kind: MEASURED_CATALOGUE });
  const design = evidenceItems(set, context, { id: 'robustness-test', kind: 'design' }).findLast(
    ({ statement }) => statement.predicate.content.phase === 'development',
  );
  const run = latestItem(set, context, { id: 'training-run' });
  return {
    ...(catalogue === undefined ? {} : { features: featuresOf(catalogue) }),
    ...(design === undefined ? {} : { design: designOf(design) }),
    searches:
      run === undefined
        ? []
        : rowsOf(contentOf(run).searches).map((one) => searchOf(one, run.digest)),
  };
}

function featuresOf(record: CountedRecord): BuiltFeatures {
  const content = contentOf(record);
  return {
    record: record.digest,
    inputs: rowsOf(content.inputs).map(({ input, definition, lineage, screen }) => ({
      input: textOf(input),
      definition: textOf(definition),
      from: rowsOf(lineage).map(({ dataset, column }) => `${textOf(dataset)}.${textOf(column)}`),
      screen: rowsOf(screen).map(({ attribute, auc, verdict }) => ({
        attribute: textOf(attribute),
        auc: textOf(auc),
        verdict: textOf(verdict),
      })),
    })),
    lacking: catalogueLacks(record).map(lackingText),
    steps: rowsOf(content.transformations).flatMap(stepLines),
  };
}

function stepLines(step: Fields): BuiltFeatures['steps'] {
  return rowsOf(step.tables).flatMap((table) =>
    rowsOf(table.sources).map((source) => {
      const rows = fieldsOf(source.rows);
      return {
        step: textOf(step.step),
        input: textOf(source.input),
        output: textOf(table.output),
        before: textOf(rows.before),
        after: textOf(rows.after),
        filtered: textOf(rows.filtered),
        key: textOf(source.key),
        added: columnsOf(table.added),
        dropped: columnsOf(source.dropped),
        imputed: rowsOf(source.shared).flatMap(imputedText),
      };
    }),
  );
}

function columnsOf(list: Json | undefined): readonly string[] {
  return rowsOf(list).map(({ column }) => textOf(column));
}

function imputedText({ column, imputed }: Fields): readonly string[] {
  const { rows, dominant } = fieldsOf(imputed);
  if (rows === undefined) return [];
  const value = textOf(dominant);
  return [`${textOf(column)}: ${textOf(rows)} rows${value === '' ? '' : ` with ${value}`}`];
}

function designOf(record: CountedRecord): BuiltDesign {
  const constraints = rowsOf(fieldsOf(contentOf(record).detail).constraints);
  return {
    record: record.digest,
    constraints: constraints.map(({ what, why, state, found }) => ({
      what: textOf(what),
      why: textOf(why),
      state: textOf(state),
      found: textOf(found),
    })),
  };
}

function searchOf(search: Fields, record: string): BuiltSearch {
  const trials = rowsOf(search.trials);
  const chosen = trials.find(({ number }) => number === search.chosen);
  return {
    record,
    step: textOf(search.step),
    source: textOf(search.source),
    score: textOf(search.score),
    count: typeof search.count === 'number' ? search.count : trials.length,
    taken:
      chosen === undefined
        ? 'it is not told which trial was taken'
        : `trial ${textOf(chosen.number)} was taken (${[paramsText(chosen), scoreText(search, chosen)].filter((part) => part !== '').join('; ')})`,
    warnings: (Array.isArray(search.warnings) ? search.warnings : []).map(textOf),
    course: rowsOf(search.course).flatMap(({ trial, score }) => {
      const point = { trial: Number(trial), score: Number(score) };
      return Number.isFinite(point.trial) && Number.isFinite(point.score) ? [point] : [];
    }),
    trials: trials.map((trial) => ({
      number: textOf(trial.number),
      params: paramsText(trial),
      score: textOf(trial.score),
      state: trial === chosen ? 'taken' : textOf(trial.state),
    })),
  };
}

/** Empty of a search that names no score, or none of the trial. */
function scoreText(search: Fields, trial: Fields): string {
  return `${textOf(search.score)} ${textOf(trial.score)}`.trim();
}

function paramsText(trial: Fields): string {
  return Object.entries(fieldsOf(trial.params))
    .map(([name, value]) => `${name} = ${textOf(value)}`)
    .join(', ');
}

function contentOf(record: CountedRecord): Fields {
  return record.statement.predicate.content;
}

function fieldsOf(value: Json | undefined): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return value as Fields; // Array.isArray does not narrow readonly arrays away
}

function rowsOf(value: Json | undefined): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
