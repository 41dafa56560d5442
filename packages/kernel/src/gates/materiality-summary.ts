// SPDX-License-Identifier: Apache-2.0
import { evidenceItems, type VersionContext } from '../evidence/evidence-items.ts';
import type { Json } from '../json/parse.ts';
import type { RecordSet } from '../records/record-set.ts';
import type { JsonObject } from '../records/shape.ts';
import {
  type AspectChange,
  changesBetween,
  comparisonRecord,
  objectOf,
  ofVersion,
  type ParameterChange,
  parameterChanges,
  type VersionPair,
} from './materiality-changes.ts';
import { measurementsOf } from './measurements.ts';

export interface DatasetChange {
  readonly dataset: string;
  readonly split: string;
  readonly rowsBefore?: number;
  readonly rowsAfter?: number;
  readonly digestBefore?: string;
  readonly digestAfter?: string;
  readonly columnsAdded: readonly string[];
  readonly columnsDropped: readonly string[];
  /** `name: before to after`. */
  readonly columnsRetyped: readonly string[];
}

export interface MetricChange {
  readonly id: string;
  readonly before?: string;
  readonly after?: string;
}

/** The platform's comparison on the same rows: score shift, swap set, disparity, and what changed in the code. */
export interface ComparedScores {
  readonly record: string;
  readonly figures: readonly {
    readonly id: string;
    readonly value: string;
    readonly n?: number;
    readonly events?: number;
  }[];
  readonly detail: Json;
}

/** What changed between the version in production and a proposed one, side by side, from records alone. */
export interface ChangeSummary {
  readonly aspects: readonly AspectChange[];
  readonly parameters: readonly ParameterChange[];
  readonly data: readonly DatasetChange[];
  readonly metrics: readonly MetricChange[];
  readonly comparison?: ComparedScores;
}

export function changeSummary(pair: VersionPair): ChangeSummary {
  const comparison = comparedScores(pair);
  return {
    aspects: changesBetween(pair),
    parameters: parameterChanges(pair),
    data: datasetChanges(pair),
    metrics: metricChanges(pair),
    ...(comparison === undefined ? {} : { comparison }),
  };
}

function comparedScores(pair: VersionPair): ComparedScores | undefined {
  const record = comparisonRecord(pair);
  if (record === undefined) return undefined;
  const { measurements, detail } = record.statement.predicate.content;
  const raw = Array.isArray(measurements) ? measurements.map(objectOf) : [];
  const figures = measurementsOf(record).map(({ id, value }, index) => ({
    id,
    value,
    ...countOf(raw[index], 'n'),
    ...countOf(raw[index], 'events'),
  }));
  return { record: record.digest, figures, detail: detail ?? null };
}

function countOf(object: JsonObject | undefined, name: 'n' | 'events') {
  const count = object?.[name];
  return typeof count === 'number' ? { [name]: count } : {};
}

function datasetChanges({ set, before, after }: VersionPair): readonly DatasetChange[] {
  const was = snapshotsOf(set, before);
  const is = snapshotsOf(set, after);
  const names = [...new Set([...was.keys(), ...is.keys()])].sort();
  return names.flatMap((name) => {
    const [a, b] = [was.get(name), is.get(name)];
    const change = {
      dataset: String((b ?? a)?.dataset),
      split: String((b ?? a)?.split),
      ...sideOf('Before', a),
      ...sideOf('After', b),
      ...columnChanges(a, b),
    };
    const isSame = a !== undefined && b !== undefined && a.contentDigest === b.contentDigest;
    return isSame && a.schemaDigest === b.schemaDigest ? [] : [change];
  });
}

function snapshotsOf(set: RecordSet, context: VersionContext): ReadonlyMap<string, JsonObject> {
  const contents = ofVersion(set, context, 'dataset-snapshot').map(
    ({ statement }) => statement.predicate.content,
  );
  return new Map(contents.map((one) => [`${String(one.dataset)}.${String(one.split)}`, one]));
}

function sideOf(side: 'Before' | 'After', snapshot: JsonObject | undefined) {
  if (snapshot === undefined) return {};
  const { rows, contentDigest } = snapshot;
  return {
    ...(typeof rows === 'number' ? { [`rows${side}`]: rows } : {}),
    ...(typeof contentDigest === 'string' ? { [`digest${side}`]: contentDigest } : {}),
  };
}

function columnChanges(before: JsonObject | undefined, after: JsonObject | undefined) {
  const [was, is] = [columnsOf(before), columnsOf(after)];
  return {
    columnsAdded: [...is.keys()].filter((name) => !was.has(name)),
    columnsDropped: [...was.keys()].filter((name) => !is.has(name)),
    columnsRetyped: [...is].flatMap(([name, type]) => {
      const earlier = was.get(name);
      return earlier === undefined || earlier === type ? [] : [`${name}: ${earlier} to ${type}`];
    }),
  };
}

function columnsOf(snapshot: JsonObject | undefined): ReadonlyMap<string, string> {
  const columns = snapshot?.columns;
  const entries = (Array.isArray(columns) ? columns : []).map((one) => {
    const { name, type } = objectOf(one);
    return [String(name), String(type)] as const;
  });
  return new Map(entries);
}

const REPORTS = ['performance-test', 'fairness-test', 'robustness-test'] as const;

/** The developer's own figures of both versions, whole population and segments, by id as gates name them. */
function metricChanges({ set, before, after }: VersionPair): readonly MetricChange[] {
  const was = metricsOf(set, before);
  const is = metricsOf(set, after);
  const ids = [...new Set([...was.keys(), ...is.keys()])].sort();
  return ids.map((id) => {
    const [a, b] = [was.get(id), is.get(id)];
    return {
      id,
      ...(a === undefined ? {} : { before: a }),
      ...(b === undefined ? {} : { after: b }),
    };
  });
}

function metricsOf(set: RecordSet, context: VersionContext): ReadonlyMap<string, string> {
  const reports = REPORTS.flatMap((id) => evidenceItems(set, context, { id })).filter(
    ({ statement }) => statement.predicate.content.phase === 'development',
  );
  return new Map(reports.flatMap(measurementsOf).map(({ id, value }) => [id, value]));
}
