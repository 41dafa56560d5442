// SPDX-License-Identifier: Apache-2.0
import {
  appliesTo,
  type CountedRecord,
  isDigest,
  type Json,
  type RecordSet,
  toBase64,
  versionContext,
} from '@countersign/kernel';
import { contentsOfTree, type RunResult, rebuildParts } from '@countersign/pipeline';
import { type CaseContents, type CaseDecision, writeCaseFile } from '@countersign/verifier';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { readDecisionParts } from '../monitoring/index.ts';
import { assembleBundle, recordProof } from '../records/index.ts';
import type { VersionRef } from './stage.ts';
import { registeredVersions } from './versions.ts';

/** What a case file is about: a version, or one decision with the version that gave it. */
export type CaseSubject =
  | { readonly model: string; readonly version: number; readonly use?: string | undefined }
  | { readonly decision: string };

/**
 * A case file that verifies alone: every record of the model with proofs, the artefact, papers and logs, and of a decision
 * its parts and receipt. Rows of data are left out: they are about people, and the records hold their digests. With
 * rebuild parts it holds what a rebuild starts from: commit, environment, and the rows as they came in, sealed ones too.
 * @throws ServerError `version_unknown`, `decision_unknown`, and those of `assembleBundle`
 */
export async function exportCase(
  context: ServerContext,
  subject: CaseSubject,
  { withRebuildParts = false }: { readonly withRebuildParts?: boolean } = {},
): Promise<Uint8Array> {
  const decision =
    'decision' in subject ? await caseDecision(context, subject.decision) : undefined;
  const set = await context.records.current();
  const ref = decision?.ref ?? versionRef(context, set, subject);
  const version = registeredVersions(set, ref).find((one) => one.version === ref.version);
  if (version === undefined) {
    throw new ServerError(
      'version_unknown',
      `no version ${ref.model}@${ref.version} is registered`,
    );
  }
  const warrant = decision?.warrant ?? newestWarrant(set, ref);
  const about: CaseContents['about'] = {
    model: ref.model,
    use: ref.use,
    version: ref.version,
    ...(decision === undefined ? {} : { decision: decision.entry.id }),
    ...(warrant === undefined ? {} : { warrant }),
  };
  const contents: CaseContents = {
    root: context.root,
    made: context.now(),
    about,
    bundle: await assembleBundle(
      context,
      newestRecord(set, ref)?.digest ?? version.artifact.digest,
    ),
    ...(decision === undefined ? {} : { decision: decision.entry }),
    blobs: await caseBlobs(context, set, { ...ref, withRebuildParts }),
  };
  return writeCaseFile(context.primitives, contents, context.platform);
}

function versionRef(context: ServerContext, set: RecordSet, subject: CaseSubject): VersionRef {
  if ('decision' in subject) throw new Error('a decision names its version itself');
  const { workspace } = context;
  const { model, version } = subject;
  const known = registeredVersions(set, { workspace, model }).find(
    (one) => one.version === version,
  );
  const use = subject.use ?? known?.artifact.statement.predicate.subjectRef.use ?? '';
  return { workspace, model, use, version };
}

/** The newest record of the version: a bundle that has it has everything before it. */
function newestRecord(set: RecordSet, ref: VersionRef): CountedRecord | undefined {
  return set.records.findLast(({ statement: { predicate } }) => {
    const { workspace, model, version } = predicate.subjectRef;
    return workspace === ref.workspace && model === ref.model && version === ref.version;
  });
}

function newestWarrant(set: RecordSet, ref: VersionRef): string | undefined {
  return set.records.findLast(
    ({ statement: { predicate } }) =>
      predicate.type === 'deployment-record' &&
      predicate.kind === 'promote' &&
      predicate.subjectRef.workspace === ref.workspace &&
      predicate.subjectRef.model === ref.model &&
      predicate.subjectRef.use === ref.use &&
      predicate.subjectRef.version === ref.version,
  )?.digest;
}

/** Bytes that records of the version name; without rebuild parts, no rows of any dataset and no wheels. */
async function caseBlobs(
  context: ServerContext,
  set: RecordSet,
  { withRebuildParts, ...ref }: VersionRef & { readonly withRebuildParts: boolean },
): Promise<CaseContents['blobs']> {
  const found = versionContext(set, ref);
  if (!found.ok) throw new ServerError('version_unknown', found.reason);
  const wanted = new Set<string>();
  for (const record of set.records) {
    if (!appliesTo(record, found.context)) continue;
    for (const digest of shownBlobs(record)) wanted.add(digest);
    if (withRebuildParts) for (const digest of await partsOf(context, record)) wanted.add(digest);
  }
  const blobs: { digest: string; bytes: Uint8Array }[] = [];
  for (const digest of [...wanted].sort()) {
    // A paper that was lawfully destroyed is missing from the case too; its record stays and says which it was.
    if (await context.blobs.has(digest))
      blobs.push({ digest, bytes: await context.blobs.get(digest) });
  }
  return blobs;
}

function shownBlobs(record: CountedRecord): readonly string[] {
  const { type, content } = record.statement.predicate;
  switch (type) {
    case 'model-artifact':
      return filesOf(member(content.manifest, 'files'));
    case 'source-revision':
      return digestsOf(content.bundle);
    case 'environment-lock':
      return digestsOf(content.lockDigest);
    case 'training-run':
      return listOf(content.steps).flatMap((step) => digestsOf(member(step, 'log')));
    case 'generated-document':
      return filesOf(content.rendered);
    default:
      return digestsOf(member(content.text, 'digest'));
  }
}

/** What a rebuild of a run reads, and what the run made of it, so that a rebuild can be held against it. */
async function partsOf(context: ServerContext, record: CountedRecord): Promise<readonly string[]> {
  const { type, content } = record.statement.predicate;
  if (type !== 'training-run') return [];
  const [result] = digestsOf(content.result);
  if (result === undefined || !(await context.blobs.has(result))) return [];
  const text = new TextDecoder().decode(await context.blobs.get(result));
  const run = JSON.parse(text) as RunResult; // its bytes are what the run record commits to
  const folders: string[] = [];
  for (const { content } of run.folders ?? []) {
    if (!(await context.blobs.has(content.digest))) continue;
    for await (const file of contentsOfTree(context.blobs, content.digest)) folders.push(file);
  }
  const outputs = run.steps.flatMap((step) => step.outputs.map(({ digest }) => digest));
  return [
    result,
    ...rebuildParts(run),
    ...folders,
    ...outputs,
    ...run.evidence.map(({ digest }) => digest),
  ];
}

function filesOf(list: Json | undefined): readonly string[] {
  return listOf(list).flatMap((file) => digestsOf(member(file, 'digest')));
}

function listOf(json: Json | undefined): readonly Json[] {
  return Array.isArray(json) ? json : [];
}

function member(json: Json | undefined, name: string): Json | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  return (json as { readonly [key: string]: Json })[name]; // arrays were told apart
}

function digestsOf(json: Json | undefined): readonly string[] {
  return typeof json === 'string' && isDigest(json) ? [json] : [];
}

interface ExportedDecision {
  readonly entry: CaseDecision;
  readonly ref: VersionRef;
  readonly warrant?: string;
}

/** The decision with its receipt carried on to the log: the batch header is in a checkpoint. */
async function caseDecision(context: ServerContext, id: string): Promise<ExportedDecision> {
  const { summary, receipt, batch, parts } = await readDecisionParts(context, id);
  const { model, use, version, warrant } = summary;
  if (use === null || version === null) {
    throw new ServerError(
      'evidence_unavailable',
      `decision \`${id}\` was refused before a version was known; there is no case to make`,
    );
  }
  await context.checkpoints.waitForCheckpoint(batch);
  const { record, checkpoint } = await recordProof(context, batch);
  const log = { index: record.index, leaf: record.leaf, proof: record.proof, checkpoint };
  return {
    entry: {
      id,
      receipt: { ...receipt, log },
      parts: parts.map(({ name, salt, bytes }) => ({
        name,
        salt: toBase64(salt),
        bytes: toBase64(bytes),
      })),
    },
    ref: { workspace: context.workspace, model, use, version },
    ...(warrant === null ? {} : { warrant }),
  };
}
