// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { type LineageReply, registryRoutes } from '@countersign/contract';
import {
  type CountedRecord,
  type RecordSet,
  recordsOfType,
  versionContext,
} from '@countersign/kernel';
import {
  isDigestPrefix,
  listRecords,
  type RecordSummary,
  resolveDigest,
} from '../client/digests.ts';
import { verifiedBundle, verifiedVersion } from '../client/verified-records.ts';
import { isVersionName, parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { short } from '../output/table.ts';
import type { Session } from '../session.ts';
import { replay } from '../trace/replay.ts';
import { traceDecision } from '../trace/trace-decision.ts';
import { brokenLinks, formatTrace, type TraceNode } from '../trace/trace-tree.ts';
import { recordNode, versionChain } from '../trace/version-chain.ts';

export const trace: Command = {
  name: 'trace',
  summary:
    'from an answer back to the data, or from data forward to what rests on it; each link verified',
  description:
    'A decision is named by its id; a version as MODEL@N; a run by its id or record; data by the digest of its record or of its content. With --replay the recorded input is asked again here and the bits are compared. Exit 1 when a link does not hold.',
  example: 'countersign trace 7f1c2d3e-0000-4000-8000-000000000000 --replay',
  arguments: [
    { name: 'what', summary: 'decision id, MODEL@N, run id, or digest of a record or of data' },
  ],
  options: [
    { flags: '--replay', summary: 'of a decision: ask the artefact again and compare the bits' },
    { flags: '--rebuilt FILE', summary: 'with --replay: another model file' },
  ],
  run: runTrace,
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

async function runTrace(input: Input, session: Session): Promise<Outcome> {
  const what = input.argument('what');
  const rebuilt = input.optionalText('rebuilt');
  if (rebuilt !== undefined && !input.flag('replay')) throw usage('`--rebuilt` is for `--replay`');
  if (UUID.test(what)) {
    const traced = await traceDecision(session, what);
    const path = rebuilt === undefined ? undefined : resolve(session.cwd, rebuilt);
    const again = input.flag('replay') ? [await replay(session, traced, path)] : [];
    return present(session, {
      ...traced.tree,
      children: [...(traced.tree.children ?? []), ...again],
    });
  }
  if (input.flag('replay')) throw usage(`\`${what}\` is no decision: only decisions are replayed`);
  if (isVersionName(what)) return present(session, await traceVersion(session, what));
  return present(session, await traceRecord(session, await recordOf(session, what)));
}

/** A version both ways: what it was made of, and the requests, warrants, endings and answers that rest on it. */
async function traceVersion(session: Session, what: string): Promise<TraceNode> {
  const { set, context, artifact } = await verifiedVersion(session, parseVersionName(what));
  const made = versionChain(set, context);
  const acts = set.records.filter(({ statement: { predicate } }) => {
    const { workspace, model, version } = predicate.subjectRef;
    const isOfIt =
      workspace === context.workspace && model === context.model && version === context.version;
    return isOfIt && (predicate.type === 'change-record' || predicate.type === 'deployment-record');
  });
  const onIt: TraceNode = {
    title: `${acts.length} requests and acts rest on it`,
    children: acts.map((record) => recordNode(record)),
  };
  const answers = await answersOver(session, set, artifact);
  return { ...made, children: [...(made.children ?? []), onIt, ...answers] };
}

function present(session: Session, tree: TraceNode): Outcome {
  const broken = brokenLinks(tree);
  const lines = formatTrace(tree, session.paint);
  if (broken.length === 0) return done({ ok: true, tree }, ...lines);
  return refused(
    { ok: false, broken, tree },
    ...lines,
    ...broken.map((one) => `does not hold: ${one}`),
  );
}

/** A run by its id, a snapshot by its content, anything by the digest of its record. */
async function recordOf(session: Session, what: string): Promise<string> {
  const client = session.client();
  if (isDigestPrefix(what)) {
    const known = await resolveDigest(client, what).catch((error: unknown) => {
      if (error instanceof CliError && error.code === 'not_found') return undefined;
      throw error;
    });
    const records =
      known === undefined || what.length === 64
        ? await listRecords(client, { type: 'dataset-snapshot' })
        : [];
    const bySnapshot = await findByContent(session, records, {
      member: 'contentDigest',
      value: what,
    });
    const found = bySnapshot ?? known;
    if (found !== undefined) return found;
    throw new CliError('not_found', `no record or data begins with \`${what}\``);
  }
  const runs = await listRecords(client, { type: 'training-run' });
  const run = await findByContent(session, runs, { member: 'run', value: what });
  if (run !== undefined) return run;
  throw usage(`\`${what}\` is neither a decision, a run nor a digest`);
}

async function findByContent(
  session: Session,
  records: readonly RecordSummary[],
  wanted: { readonly member: 'run' | 'contentDigest'; readonly value: string },
): Promise<string | undefined> {
  const models = new Set(records.map(({ model }) => model));
  for (const model of models) {
    const [first] = records.filter((one) => one.model === model);
    if (first === undefined) continue;
    const { set } = await verifiedBundle(session, first.digest);
    const found = set.records.findLast(({ statement: { predicate } }) => {
      const held = predicate.type === first.type ? predicate.content[wanted.member] : undefined;
      return typeof held === 'string' && held.startsWith(wanted.value);
    });
    if (found !== undefined) return found.digest;
  }
  return undefined;
}

async function traceRecord(session: Session, digest: string): Promise<TraceNode> {
  const { set } = await verifiedBundle(session, digest);
  const record = set.byDigest.get(digest);
  if (record === undefined) {
    const reason =
      set.rejected.find((one) => one.digest === digest)?.reason ?? 'it is not in the log';
    return { title: `record ${short(digest)}`, holds: false, notes: [reason] };
  }
  const lineage = await session.client().call(registryRoutes.lineage, { params: { digest } });
  return recordNode(record, {
    notes: subjectNotes(record),
    children: [
      ...ownChain(set, record),
      downstreamNode(set, lineage),
      ...(await answersOver(session, set, record)),
    ],
  });
}

function subjectNotes({ statement: { predicate } }: CountedRecord): readonly string[] {
  const { model, version } = predicate.subjectRef;
  const { contentDigest, rows } = predicate.content;
  return [
    `about ${model ?? 'the firm'}${version === undefined ? '' : `@${version}`}`,
    ...(contentDigest === undefined
      ? []
      : [`${String(rows)} rows, content ${String(contentDigest)}`]),
  ];
}

/** Of a run: what it was made of. */
function ownChain(set: RecordSet, record: CountedRecord): readonly TraceNode[] {
  const { type, subjectRef } = record.statement.predicate;
  const { workspace, model, use, version } = subjectRef;
  if (type !== 'training-run' || model === undefined || use === undefined || version === undefined)
    return [];
  const found = versionContext(set, { workspace, model, use, version });
  return found.ok ? [versionChain(set, found.context)] : [];
}

/** What rests on it, as verified records; decisions are reached from the warrants among them. */
function downstreamNode(set: RecordSet, lineage: LineageReply): TraceNode {
  const below = lineage.downstream.flatMap(({ digest }) => set.byDigest.get(digest) ?? []);
  const warrants = warrantsOver(set, below);
  return {
    title: `${lineage.downstream.length} records rest on it directly`,
    children: [
      ...below.map((record) => recordNode(record)),
      ...warrants.map((record) =>
        recordNode(record, {
          title: `${String(record.statement.predicate.content.environment)} warrant of a version that rests on it`,
        }),
      ),
    ],
  };
}

function warrantsOver(set: RecordSet, below: readonly CountedRecord[]): readonly CountedRecord[] {
  const versions = new Set(
    below.map(({ statement }) => statement.predicate.subjectRef.artifactDigest),
  );
  return recordsOfType(set, 'deployment-record').filter(
    ({ statement: { predicate } }) =>
      predicate.kind === 'promote' && versions.has(predicate.subjectRef.artifactDigest),
  );
}

/** How many answers the versions gave that rest on a record: counted by the server, listed by `decisions`. */
async function answersOver(
  session: Session,
  set: RecordSet,
  record: CountedRecord,
): Promise<readonly TraceNode[]> {
  const { model, version } = record.statement.predicate.subjectRef;
  if (model === undefined || version === undefined) return [];
  const page = await session.client().call(registryRoutes.version, { params: { model, version } });
  const counts = Object.entries(page.decisions).map(
    ([kind, n]) => `${n} ${kind}${n === 1 ? '' : 's'}`,
  );
  if (counts.length === 0 || set.byDigest.size === 0) return [];
  return [
    {
      title: `${model}@${version} gave ${counts.join(' and ')}: countersign decisions ${model} --version ${version}`,
    },
  ];
}
