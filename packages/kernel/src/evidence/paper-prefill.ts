// SPDX-License-Identifier: Apache-2.0
import type { Json } from '../json/parse.ts';
import type {
  DataQualityContent,
  DatasetSnapshotContent,
  InventoryEntryContent,
  MeasurementReportContent,
  ModelSpecContent,
  PaperContent,
} from '../records/contents.ts';
import type { CountedRecord, RecordSet } from '../records/record-set.ts';
import { supersededDigests } from './evidence-items.ts';
import type { PaperForm } from './paper-forms.ts';

/** What a paper is about; `version` also names the version that facts are taken from where the paper is not about one. */
export interface PaperSubject {
  readonly workspace: string;
  readonly model: string;
  readonly use?: string | undefined;
  readonly version?: number | undefined;
  readonly dataset?: string | undefined;
}

export interface PaperStart {
  /** Markdown by `## Heading`. */
  readonly body: string;
  /** The paper in force about the same, whose words these are; absent where the body comes from other records. */
  readonly inForce?: string;
  /** Digests of the records that facts were taken from. */
  readonly sources: readonly string[];
}

/**
 * How a paper begins: with the words in force, so that a later one changes what changed, else with the form's headings
 * and what records say under each. A heading that records say nothing about is left to its author.
 */
export function paperStart(set: RecordSet, form: PaperForm, about: PaperSubject): PaperStart {
  const standing = paperInForce(set, form, about);
  if (standing !== undefined) {
    const { sections } = standing.statement.predicate.content as unknown as PaperContent;
    const body = sections.map((one) => `## ${one.heading}\n\n${one.markdown}`).join('\n\n');
    return { body, inForce: standing.digest, sources: [standing.digest] };
  }
  const facts = factsOf(set, about);
  const used = new Set<string>();
  const parts = form.headings.map((heading) => {
    const lines = (FACTS[`${form.evidence}/${heading}`]?.(facts) ?? []).map(({ text, record }) => {
      used.add(record.digest);
      return `${text} (record \`${record.digest.slice(0, 12)}\`)`;
    });
    return `## ${heading}\n\n${lines.map((line) => `- ${line}\n`).join('')}`.trimEnd();
  });
  return { body: `${parts.join('\n\n')}\n`, sources: [...used] };
}

/** The newest paper of a form about the very subject. */
export function paperInForce(
  set: RecordSet,
  form: Pick<PaperForm, 'evidence' | 'scope'>,
  about: PaperSubject,
): CountedRecord | undefined {
  const superseded = supersededDigests(set);
  const { scope } = form;
  return set.records.findLast(({ digest, statement: { predicate } }) => {
    const { subjectRef: ref, type, content } = predicate;
    return (
      type === form.evidence &&
      !superseded.has(digest) &&
      ref.workspace === about.workspace &&
      ref.model === about.model &&
      (scope !== 'use' || ref.use === about.use) &&
      (scope !== 'dataset' || ref.dataset === about.dataset) &&
      (scope !== 'version' || ref.version === about.version) &&
      Array.isArray(content.sections)
    );
  });
}

interface Fact {
  readonly text: string;
  readonly record: CountedRecord;
}

interface Known<T> {
  readonly record: CountedRecord;
  readonly content: T;
}

interface Facts {
  readonly about: PaperSubject;
  readonly entry?: Known<InventoryEntryContent> | undefined;
  readonly spec?: Known<ModelSpecContent> | undefined;
  readonly snapshots: readonly Known<DatasetSnapshotContent>[];
  readonly quality?: Known<DataQualityContent> | undefined;
  readonly tests: readonly Known<MeasurementReportContent>[];
  readonly use?: Known<PaperContent> | undefined;
  readonly limits?: Known<PaperContent> | undefined;
}

function factsOf(set: RecordSet, about: PaperSubject): Facts {
  const superseded = supersededDigests(set);
  const all = set.records.filter(({ digest, statement: { predicate } }) => {
    const { subjectRef: ref } = predicate;
    const isOther =
      about.version !== undefined && ref.version !== undefined && ref.version !== about.version;
    const isOtherUse = about.use !== undefined && ref.use !== undefined && ref.use !== about.use;
    return (
      !superseded.has(digest) &&
      ref.workspace === about.workspace &&
      ref.model === about.model &&
      !isOther &&
      !isOtherUse
    );
  });
  // Contents were read strictly by whoever recorded them; here each member is looked at one by one and printed.
  const of = <T>(type: string): readonly Known<T>[] =>
    all
      .filter(({ statement }) => statement.predicate.type === type)
      .map((record) => ({ record, content: record.statement.predicate.content as unknown as T }));
  const isOfDataset = (dataset: unknown) =>
    about.dataset === undefined || dataset === about.dataset;
  return {
    about,
    entry: of<InventoryEntryContent>('inventory-entry').at(-1),
    spec: of<ModelSpecContent>('model-spec').at(-1),
    snapshots: of<DatasetSnapshotContent>('dataset-snapshot').filter(({ content }) =>
      isOfDataset(content.dataset),
    ),
    quality: of<DataQualityContent>('data-quality-report').findLast(({ content }) =>
      isOfDataset(content.dataset),
    ),
    tests: [...of<MeasurementReportContent>('performance-test')].filter(
      ({ content }) => content.phase === 'development' || content.phase === 'validation',
    ),
    use: of<PaperContent>('intended-use').at(-1),
    limits: of<PaperContent>('assumptions-limitations').at(-1),
  };
}

type FactsUnder = (facts: Facts) => readonly Fact[];

/** What records say, by form and heading. */
const FACTS: { readonly [place: string]: FactsUnder | undefined } = {
  'intended-use/Purpose': ({ entry }) => line(entry, (one) => one.purpose),
  'intended-use/Decisions': decisions,
  'intended-use/Population': termsOf('population'),
  'intended-use/Setting': ({ entry }) =>
    line(entry, (one) => `${one.businessLine}; ${one.jurisdictions.join(', ')}`),
  'dataset-datasheet/Composition': ({ snapshots }) =>
    snapshots.flatMap((one) => line(one, composition)),
  'dataset-datasheet/Collection': ({ snapshots }) =>
    snapshots.slice(-1).flatMap((one) => members(one, one.content.source)),
  'dataset-datasheet/Known errors': ({ quality }) =>
    (quality?.content.checks ?? [])
      .filter(({ result }) => result !== 'pass')
      .flatMap(({ check, value, threshold, result }) =>
        line(quality, () => `${check}: ${value}, threshold ${threshold}: ${result}`),
      ),
  'design-rationale/Theory': ({ spec }) => line(spec, (one) => `Algorithm: ${one.algorithm}`),
  'design-rationale/Cutoff': decisions,
  'design-rationale/Judgements': ({ spec }) => members(spec, spec?.content.design),
  'assumptions-limitations/Assumptions': ({ entry }) =>
    (entry?.content.assumptions ?? []).flatMap((one) => line(entry, () => one)),
  'assumptions-limitations/Limitations': termsOf('limits'),
  'monitoring-plan/What is watched': ({ spec }) => members(spec, spec?.content.monitoring),
  'instructions-for-use/Identity': ({ entry, about }) =>
    line(entry, (one) => `${one.name} (${about.model})${about.use ? `, ${about.use}` : ''}`),
  'instructions-for-use/Purpose': ({ entry, use }) => {
    const stated = use?.content.sections?.find(({ heading }) => heading === 'Purpose');
    return stated === undefined
      ? line(entry, (one) => one.purpose)
      : line(use, () => oneLine(stated.markdown));
  },
  'instructions-for-use/Inputs': ({ spec }) =>
    (spec?.content.inputs ?? []).flatMap((input) => line(spec, () => inputLine(input))),
  'instructions-for-use/Performance': ({ tests }) =>
    tests
      .slice(-1)
      .flatMap((test) =>
        test.content.measurements
          .filter(({ segment, group }) => segment === undefined && group === undefined)
          .flatMap((one) => line(test, () => `${one.metric}: ${one.value} on ${one.n} rows`)),
      ),
  'instructions-for-use/Limits': ({ limits }) => {
    const stated = limits?.content.sections?.find(({ heading }) => heading === 'Limitations');
    return stated === undefined ? [] : line(limits, () => oneLine(stated.markdown));
  },
};

function line<T>(known: Known<T> | undefined, say: (content: T) => string | undefined): Fact[] {
  if (known === undefined) return [];
  const text = say(known.content);
  return text === undefined || text.trim() === '' ? [] : [{ text, record: known.record }];
}

function decisions({ spec }: Facts): readonly Fact[] {
  return line(spec, ({ decision }) =>
    decision === undefined
      ? undefined
      : `${decision.adverse} where ${decision.score} is ${decision.adverseWhen.replaceAll('-', ' ')} ${decision.cutoff}, else ${decision.favourable}`,
  );
}

function termsOf(member: 'population' | 'limits'): FactsUnder {
  return ({ entry, about }) =>
    line(entry, ({ useTerms = [] }) => useTerms.find(({ use }) => use === about.use)?.[member]);
}

function composition({
  dataset,
  split,
  rows,
  columns = [],
  sealed,
}: DatasetSnapshotContent): string {
  const names = columns.map(({ name }) => name);
  const shown = names.length === 0 ? '' : `; columns ${names.join(', ')}`;
  return `${dataset}, ${split}: ${rows} rows${sealed ? ', sealed' : ''}${shown}`;
}

function inputLine(input: ModelSpecContent['inputs'][number]): string {
  const { name, type, min, max, allowed } = input;
  const range = min === undefined && max === undefined ? '' : `, ${min ?? '…'} to ${max ?? '…'}`;
  const choice = allowed === undefined ? '' : `, one of ${allowed.join(', ')}`;
  return `${name}: ${type}${range}${choice}`;
}

const TEXT_MAX = 400;

/** Members of an object that the pipeline file declared, one line each. */
function members(known: Known<unknown> | undefined, json: Json | undefined): readonly Fact[] {
  if (known === undefined || typeof json !== 'object' || json === null) return [];
  return Object.entries(json)
    .filter(([, value]) => value !== null)
    .flatMap(([name, value]) => line(known, () => `${name}: ${plain(value)}`));
}

function plain(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return oneLine(text).slice(0, TEXT_MAX);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
