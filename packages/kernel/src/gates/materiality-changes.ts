// SPDX-License-Identifier: Apache-2.0
import { parseDecimal } from '../decimal.ts';
import type { EvidenceId } from '../evidence/evidence-ids.ts';
import { evidenceItems, latestItem, type VersionContext } from '../evidence/evidence-items.ts';
import { canonicalJson } from '../json/canonical.ts';
import type { Json } from '../json/parse.ts';
import type { CountedRecord, RecordSet } from '../records/record-set.ts';
import type { JsonObject } from '../records/shape.ts';
import { measurementsOf } from './measurements.ts';

/**
 * What may differ between two versions, read from their records. `artifact` is other bytes where nothing that they are made
 * from has changed; `unknown` is a version of which a record is missing, so that nobody can say that it did not change.
 */
export const ASPECTS = [
  'features',
  'algorithm',
  'population',
  'cutoff',
  'data',
  'schema',
  'parameters',
  'code',
  'environment',
  'serving',
  'monitoring',
  'artifact',
  'unknown',
] as const;
export type Aspect = (typeof ASPECTS)[number];

export interface AspectChange {
  readonly aspect: Aspect;
  /** What was and what is, in words. */
  readonly detail: readonly string[];
  /** The records that show it: of the version in production, then of the proposed one. */
  readonly records: readonly string[];
}

/** One parameter of one step that differs; a side is absent where the step has no such parameter. */
export interface ParameterChange {
  /** `step.parameter`. */
  readonly name: string;
  readonly before?: Json;
  readonly after?: Json;
}

/** Two versions to compare: `before` is in production for the use, `after` is proposed. */
export interface VersionPair {
  readonly set: RecordSet;
  readonly before: VersionContext;
  readonly after: VersionContext;
}

interface Sides {
  readonly before: CountedRecord | undefined;
  readonly after: CountedRecord | undefined;
}

type Part = (content: JsonObject) => Json | undefined;

const SPEC_ASPECTS: readonly (readonly [Aspect, Part])[] = [
  ['features', (spec) => ({ inputs: spec.inputs ?? null, output: spec.output ?? null })],
  ['algorithm', (spec) => ({ algorithm: spec.algorithm ?? null, design: spec.design ?? null })],
  // All that a specification says beside what has an aspect of its own decides too: nothing in it may change unseen.
  ['cutoff', (spec) => withoutKeys(spec, NOT_DECISION)],
  ['serving', (spec) => ({ reasons: spec.reasons ?? null, fallback: spec.fallback ?? null })],
  ['monitoring', (spec) => withoutKeys(objectOf(spec.monitoring), ['frozen'])],
];
const NOT_DECISION = [
  'inputs',
  'output',
  'algorithm',
  'design',
  'reasons',
  'fallback',
  'monitoring',
];

/** Everything that differs between two versions, by aspect, in the order of `ASPECTS`. */
export function changesBetween(pair: VersionPair): readonly AspectChange[] {
  const spec = sidesOf(pair, 'model-spec');
  const found = [
    ...SPEC_ASPECTS.flatMap(([aspect, part]) => differing(aspect, spec, part)),
    ...populationChange(pair),
    ...dataChanges(pair),
    ...parameterChange(pair),
    ...differing('code', sidesOf(pair, 'source-revision'), (one) => one.commit),
    ...differing('environment', sidesOf(pair, 'environment-lock'), environmentOf),
    ...scorerChange(pair),
    ...unknownParts(pair),
  ];
  const merged = ASPECTS.flatMap((aspect) => {
    const own = found.filter((one) => one.aspect === aspect);
    if (own.length === 0) return [];
    const detail = own.flatMap((one) => one.detail);
    return [{ aspect, detail, records: [...new Set(own.flatMap((one) => one.records))] }];
  });
  return [...merged, ...unexplainedBytes(pair, merged)];
}

/** Versions without these cannot be compared: absent on both sides is not the same on both. */
const COMPARED: readonly EvidenceId[] = ['model-spec', 'source-revision', 'training-run'];

function unknownParts(pair: VersionPair): readonly AspectChange[] {
  return COMPARED.flatMap((id) => {
    const { before, after } = sidesOf(pair, id);
    if (before !== undefined && after !== undefined) return [];
    const who = before === undefined ? 'the version in production' : 'the proposed version';
    return [
      {
        aspect: 'unknown' as const,
        detail: [`${who} has no ${id}`],
        records: digests(before, after),
      },
    ];
  });
}

function unexplainedBytes(
  { set, before, after }: VersionPair,
  changes: readonly AspectChange[],
): readonly AspectChange[] {
  if (before.artifactDigest === after.artifactDigest || changes.length > 0) return [];
  const records = [before, after].flatMap(
    (context) => ofVersion(set, context, 'model-artifact').at(-1)?.digest ?? [],
  );
  const detail = ['other bytes, though nothing that they are made from has changed'];
  return [{ aspect: 'artifact', detail, records }];
}

function scorerChange(pair: VersionPair): readonly AspectChange[] {
  return differing('algorithm', sidesOf(pair, 'model-artifact'), ({ manifest }) => {
    const { scorer, command } = objectOf(manifest);
    if (scorer === undefined) return null;
    return command === undefined ? { scorer } : { scorer, command };
  });
}

/** SOURCE_DATE_EPOCH is the time of the commit, which `code` tells of: it is another for every commit. */
function environmentOf({ lockDigest, interpreter, determinism }: JsonObject): Json {
  return {
    lock: lockDigest ?? null,
    interpreter: interpreter ?? null,
    ...(withoutKeys(objectOf(determinism), ['SOURCE_DATE_EPOCH']) as JsonObject),
  };
}

/** Whom the rows stand for, and who was left out of them. */
function populationChange(pair: VersionPair): readonly AspectChange[] {
  return [
    ...differingSets('population', pair, {
      id: 'representativeness-report',
      part: ({ dataset, population }) => ({
        dataset: dataset ?? null,
        population: population ?? null,
      }),
    }),
    ...differingSets('population', pair, {
      id: 'dataset-snapshot',
      part: ({ dataset, source, exclusions }) => ({
        dataset: dataset ?? null,
        system: objectOf(source).system ?? null,
        sampling: objectOf(source).sampling ?? null,
        excluded: exclusionRules(exclusions),
      }),
    }),
  ];
}

/** The rules by which rows were left out; how many they caught differs with the rows, and is no change of rule. */
function exclusionRules(exclusions: Json | undefined): Json {
  const { rows } = objectOf(exclusions);
  return (Array.isArray(rows) ? rows : []).map((one) => objectOf(one).where ?? one);
}

function dataChanges(pair: VersionPair): readonly AspectChange[] {
  return [
    ...differingSets('data', pair, {
      id: 'dataset-snapshot',
      part: ({ dataset, split, rows, contentDigest }) => ({
        dataset: dataset ?? null,
        split: split ?? null,
        rows: rows ?? null,
        content: contentDigest ?? null,
      }),
    }),
    ...differingSets('schema', pair, {
      id: 'dataset-snapshot',
      part: ({ dataset, columns }) => ({ dataset: dataset ?? null, columns: columns ?? null }),
    }),
  ];
}

/** Parameters and commands of every step, by `step.parameter`. */
export function parameterChanges(pair: VersionPair): readonly ParameterChange[] {
  const run = sidesOf(pair, 'training-run');
  const before = parametersOf(run.before);
  const after = parametersOf(run.after);
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names
    .filter((name) => !isSame(before.get(name), after.get(name)))
    .map((name) => ({
      name,
      ...side('before', before.get(name)),
      ...side('after', after.get(name)),
    }));
}

function side(name: 'before' | 'after', value: Json | undefined) {
  return value === undefined ? {} : { [name]: value };
}

function parameterChange(pair: VersionPair): readonly AspectChange[] {
  const changes = parameterChanges(pair);
  if (changes.length === 0) return [];
  const { before, after } = sidesOf(pair, 'training-run');
  const detail = changes.map((one) => `${one.name}: ${brief(one.before)} to ${brief(one.after)}`);
  return [{ aspect: 'parameters', detail, records: digests(before, after) }];
}

function parametersOf(run: CountedRecord | undefined): ReadonlyMap<string, Json> {
  const steps = run?.statement.predicate.content.steps;
  const found = new Map<string, Json>();
  for (const step of Array.isArray(steps) ? steps : []) {
    const { name, command, params } = objectOf(step);
    found.set(`${String(name)}.command`, command ?? null);
    for (const [key, value] of Object.entries(objectOf(params))) {
      found.set(`${String(name)}.params.${key}`, value);
    }
  }
  return found;
}

function differing(aspect: Aspect, sides: Sides, part: Part): readonly AspectChange[] {
  const { before, after } = sides;
  if (before === undefined || after === undefined) return []; // `unknown` says so
  const was = part(before.statement.predicate.content);
  const is = part(after.statement.predicate.content);
  if (isSame(was, is)) return [];
  return [{ aspect, detail: differences(was, is), records: digests(before, after) }];
}

/** Compares all records of a type that the two versions have, as sets of what is read of them. */
function differingSets(
  aspect: Aspect,
  { set, before, after }: VersionPair,
  at: { readonly id: EvidenceId; readonly part: Part },
): readonly AspectChange[] {
  const parts = (context: VersionContext) => {
    const records = ofVersion(set, context, at.id);
    const texts = records.map((one) =>
      canonicalJson(at.part(one.statement.predicate.content) ?? null),
    );
    return { records, texts: [...new Set(texts)].sort() };
  };
  const was = parts(before);
  const is = parts(after);
  if (was.texts.join('\n') === is.texts.join('\n')) return [];
  const detail = [
    ...was.texts.filter((one) => !is.texts.includes(one)).map((one) => `was ${shortened(one)}`),
    ...is.texts.filter((one) => !was.texts.includes(one)).map((one) => `is ${shortened(one)}`),
  ];
  const records = [...was.records, ...is.records].map(({ digest }) => digest);
  return [{ aspect, detail, records }];
}

function sidesOf({ set, before, after }: VersionPair, id: EvidenceId): Sides {
  return { before: ofVersion(set, before, id).at(-1), after: ofVersion(set, after, id).at(-1) };
}

/** Records of one very version: what carries over from an earlier one says nothing of this one. */
export function ofVersion(
  set: RecordSet,
  context: VersionContext,
  id: EvidenceId,
): readonly CountedRecord[] {
  return evidenceItems(set, context, { id }).filter(
    ({ statement }) => statement.predicate.subjectRef.version === context.version,
  );
}

export const MEASURES = ['scoreShift', 'swapSet', 'disparity'] as const;
export type Measure = (typeof MEASURES)[number];

/** The kind of `benchmark-test` in which the platform scored both versions on the same rows. */
export const COMPARISON_KIND = 'production';
export const MEASURE_METRICS: { readonly [measure in Measure]: string } = {
  scoreShift: 'score_shift',
  swapSet: 'swap_set_share',
  disparity: 'disparity_change',
};

export interface MeasuredShift {
  readonly value: number;
  readonly text: string;
  readonly record: string;
}

/** The platform's comparison of a version with the one in production, if it was made of these very artefacts. */
export function comparisonRecord({ set, before, after }: VersionPair): CountedRecord | undefined {
  const item = latestItem(set, after, { id: 'benchmark-test', kind: COMPARISON_KIND });
  const { subjectRef, content } = item?.statement.predicate ?? {};
  const production = objectOf(objectOf(content?.detail).production);
  const isOfThem =
    subjectRef?.artifactDigest === after.artifactDigest &&
    production.version === before.version &&
    production.artifactDigest === before.artifactDigest;
  return isOfThem ? item : undefined;
}

/** Undefined where the platform has not measured it, or could not. */
export function measuredShift(pair: VersionPair, measure: Measure): MeasuredShift | undefined {
  const record = comparisonRecord(pair);
  if (record === undefined) return undefined;
  const found = measurementsOf(record).find(({ id }) => id === MEASURE_METRICS[measure]);
  if (found === undefined) return undefined;
  try {
    return { value: parseDecimal(found.value), text: found.value, record: record.digest };
  } catch {
    return undefined; // `not defined` is no number: unmeasured
  }
}

function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonicalJson(a) === canonicalJson(b);
}

export function objectOf(json: Json | undefined): JsonObject {
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
  return isObject ? (json as JsonObject) : {};
}

function withoutKeys(object: JsonObject, keys: readonly string[]): Json {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

/** Member by member where both are objects, so that a reader sees what moved and not the whole. */
function differences(was: Json | undefined, is: Json | undefined): readonly string[] {
  const [a, b] = [objectOf(was), objectOf(is)];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  if (keys.length === 0) return [`${brief(was)} to ${brief(is)}`];
  return keys
    .filter((key) => !isSame(a[key], b[key]))
    .map((key) => `${key}: ${brief(a[key])} to ${brief(b[key])}`);
}

const BRIEF_MAX = 160;

export function brief(json: Json | undefined): string {
  if (json === undefined) return 'absent';
  return shortened(typeof json === 'string' ? json : canonicalJson(json));
}

function shortened(text: string): string {
  return text.length <= BRIEF_MAX ? text : `${text.slice(0, BRIEF_MAX)}…`;
}

function digests(...records: readonly (CountedRecord | undefined)[]): readonly string[] {
  return records.flatMap((record) => record?.digest ?? []);
}
