// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path';
import {
  accountOf,
  asOfIndex,
  type CountedRecord,
  evidenceItems,
  latestItem,
  type RecordSet,
  type VersionContext,
} from '@countersign/kernel';
import { short } from '../output/table.ts';
import type { TraceNode } from './trace-tree.ts';

/** A counted record: it is in the log, and the keys that must have signed it did. */
export function recordNode(
  record: CountedRecord,
  more: {
    readonly title?: string;
    readonly notes?: readonly string[];
    readonly children?: readonly TraceNode[];
  } = {},
): TraceNode {
  const { predicate } = record.statement;
  const kind = predicate.kind === undefined ? '' : ` (${predicate.kind})`;
  const signers = [...new Set(record.signers.map(accountOf))].join(', ');
  return {
    title: `${more.title ?? `${predicate.type}${kind}`} ${short(record.digest)}`,
    holds: true,
    notes: [
      `signed by ${signers}, logged at ${record.index} on ${record.loggedAt}`,
      ...(more.notes ?? []),
    ],
    ...(more.children === undefined ? {} : { children: more.children }),
  };
}

/** What a version was made of, down to the data: run, request, commit, environment, snapshots. */
export function versionChain(set: RecordSet, context: VersionContext): TraceNode {
  const artifact = latestItem(set, context, { id: 'model-artifact' });
  const run = latestItem(set, context, { id: 'training-run' });
  const title = `version ${context.model}@${context.version}`;
  if (artifact === undefined)
    return { title, holds: false, notes: ['its artefact is not in the log'] };
  const chain = run === undefined ? [] : [runNode(set, context, run)];
  return recordNode(artifact, {
    title: `${title}, artefact`,
    notes: [`artefact ${context.artifactDigest}`],
    children: [...chain, ...validationNodes(set, context)],
  });
}

function runNode(set: RecordSet, context: VersionContext, run: CountedRecord): TraceNode {
  const content = run.statement.predicate.content;
  const requests = run.statement.predicate.source.flatMap((digest) => {
    const record = set.byDigest.get(digest);
    return record?.statement.predicate.type === 'run-request' ? [record] : [];
  });
  return recordNode(run, {
    title: `run ${String(content.run)}`,
    notes: [content.promotable === true ? 'on the platform’s worker' : 'a draft'],
    children: [
      ...requests.map((record) => recordNode(record, { title: 'requested by a person' })),
      ...partNode(set, context, 'source-revision', (one) => [
        `commit ${String(one.commit)}, ${one.clean === true ? 'clean' : 'NOT clean'}`,
      ]),
      ...partNode(set, context, 'environment-lock', (one) => [
        `${LOCKS[String(one.kind)] ?? 'lock'} ${String(one.lockDigest)}, ${Array.isArray(one.packages) ? one.packages.length : 0} archived wheels`,
      ]),
      ...snapshotNodes(set, context),
    ],
  });
}

/** What is locked where it is not a file of wheels. */
const LOCKS: Readonly<Record<string, string>> = {
  image: 'container image',
  host: 'programs of the machine',
};

function partNode(
  set: RecordSet,
  context: VersionContext,
  id: 'source-revision' | 'environment-lock',
  notes: (content: CountedRecord['statement']['predicate']['content']) => readonly string[],
): readonly TraceNode[] {
  const record = latestItem(set, context, { id });
  return record === undefined
    ? []
    : [recordNode(record, { notes: notes(record.statement.predicate.content) })];
}

function snapshotNodes(set: RecordSet, context: VersionContext): readonly TraceNode[] {
  const own = evidenceItems(set, context, { id: 'dataset-snapshot' }).filter(
    ({ statement }) => statement.predicate.subjectRef.version === context.version,
  );
  return own.map((record) => {
    const { dataset, split, rows, contentDigest, sealed } = record.statement.predicate.content;
    return recordNode(record, {
      title: `data ${basename(String(dataset))}.${String(split)}${sealed === true ? ' (sealed)' : ''}`,
      notes: [`${String(rows)} rows, content ${String(contentDigest)}`],
    });
  });
}

function validationNodes(set: RecordSet, context: VersionContext): readonly TraceNode[] {
  const report = latestItem(set, context, { id: 'validation-report' });
  const rebuild = latestItem(set, context, { id: 'reproduction-attestation' });
  return [
    ...(report === undefined
      ? []
      : [
          recordNode(report, {
            title: 'independent validation',
            notes: [String(report.statement.predicate.content.outcome)],
          }),
        ]),
    ...(rebuild === undefined
      ? []
      : [
          recordNode(rebuild, {
            title: 'rebuild from archived parts',
            notes: [String(rebuild.statement.predicate.content.verdict)],
          }),
        ]),
  ];
}

/** The records as they stood when something was logged. */
export function setAsOf(set: RecordSet, time: string): RecordSet {
  const last = set.records.filter(({ loggedAt }) => loggedAt <= time).at(-1);
  return asOfIndex(set, last?.index ?? -1);
}
