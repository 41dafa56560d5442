// SPDX-License-Identifier: Apache-2.0
import { scorerSpecOf } from '@countersign/analysis';
import {
  type ArtifactManifest,
  attributionsOf,
  type Json,
  MEASURED_CATALOGUE,
  type RecordSet,
  sha256Hex,
} from '@countersign/kernel';
import {
  blobsOfSnapshot,
  environmentBlobs,
  type PipelineFile,
  parsePipelineFile,
  type RunResult,
} from '@countersign/pipeline';
import type { ServerContext, ServerTransaction } from '../context.ts';
import { ServerError } from '../errors.ts';
import { type PlatformDraft, recordByPlatform } from '../records/index.ts';
import { takeVersionNumber } from '../registry/index.ts';
import { openDataKeys } from '../store/index.ts';
import { refuseUnauthorised } from './authorised-work.ts';
import {
  folderContent,
  qualityContent,
  representativenessContent,
  snapshotContents,
} from './data-records.ts';
import { catalogueContent } from './feature-records.ts';
import { freezeMonitoring } from './freeze-monitoring.ts';
import { ingestRun } from './ingest-run.ts';
import type { JobResult, JobRunner } from './job.ts';
import { refuseUnservable } from './open-manifest-scorer.ts';
import { refuseOwnTables } from './own-tables.ts';
import { personalData } from './personal-data.ts';
import { copyPinnedData } from './pinned-data.ts';
import { archiveProvenance } from './run-provenance.ts';
import {
  artifactContent,
  environmentContent,
  manifestBytes,
  type Servable,
  servableOf,
  sourceRevisionContent,
  specContent,
  testPlanContent,
  trainingRunContent,
} from './run-records.ts';
import { type ReadRunRequest, readRunRequest, refused } from './run-request.ts';
import { runWorker } from './run-worker.ts';
import { servedManifest } from './served-manifest.ts';
import { copyLfsFiles } from './source-files.ts';

/** What a finished run is registered from. */
interface RegisteredRun {
  readonly request: ReadRunRequest;
  readonly use: string;
  readonly result: RunResult;
  readonly file: PipelineFile;
  readonly servable: Servable;
  readonly manifest: ArtifactManifest;
  readonly resultDigest: string;
  readonly run: string;
  readonly frozen: Json;
  readonly accounts: ReadonlyMap<string, string>;
  /** Ids of the keys that personal data is sealed under, by content. */
  readonly personal: ReadonlyMap<string, string>;
}

/**
 * Executes the pipeline of a signed request in a worker and registers the result as the model's next version: all of
 * its records in one transaction, or none.
 * @throws ServerError `job_request_refused`, `run_output_invalid`, `artifact_invalid`; PipelineError of the run
 */
export const runJob: JobRunner = async (context, work) => {
  const set = await requestSet(context, work.request);
  const request = readRunRequest(set, work.request, 'run');
  const { commit, bundle } = request.content;
  if (commit === undefined || bundle === undefined) {
    throw refused(
      'the run-request names no commit and bundle; make it with `countersign run --remote`',
    );
  }
  const { result, blobs } = await runWorker(work, {
    blobs: context.blobs,
    commit,
    bundle,
    openPgpKeys: openPgpKeysOf(set, context.workspace),
    run: `run-${work.id}`,
    cache: wantsEveryStep(request.content.params) ? 'refresh' : 'use',
    layLfsFiles: (files, to) => copyLfsFiles(set, files, { from: context.blobs, to }),
    layPinnedData: (pins, to) => copyPinnedData(set, pins, { from: context.blobs, to }),
    refuseTables: (tables) => refuseOwnTables(context.dataDir, tables),
  });
  if (result.failure !== null) throw failedRun(result.failure);
  const file = await pipelineFileOf(result, blobs);
  const use = useOf(file, request);
  // The request may have named no use; what is built is for the one that the pipeline names.
  refuseUnauthorised(set, context.workspace, { model: request.model, use });
  work.report('archive of inputs, outputs and wheels');
  const personal = await personalData({ result, file }, blobs, openDataKeys(context.dataDir));
  await ingestRun(result, blobs, context.blobs, personal);
  const servable = servableOf(file);
  const manifest = await servedManifest(context, result, servable);
  work.report('the artefact is opened as it will be served');
  await refuseUnservable(context, manifest, scorerSpecOf(servable.artifact));
  const resultBlob = await context.blobs.put(new TextEncoder().encode(JSON.stringify(result)));
  const registered: RegisteredRun = {
    request,
    use,
    result,
    file,
    servable,
    manifest,
    resultDigest: resultBlob.digest,
    run: `run-${work.id}`,
    personal,
    frozen: await freezeMonitoring(context, { result, file, servable, manifest }),
    accounts: await accountsByEmail(
      context,
      result.source.contributors.map(({ email }) => email),
    ),
  };
  await context.blobs.put(manifestBytes(manifest));
  return (tx) => register(context, tx, registered);
};

/** `countersign run --remote --no-cache` signs `{cache: false}`. */
function wantsEveryStep(params: Json): boolean {
  return (
    typeof params === 'object' && params !== null && 'cache' in params && params.cache === false
  );
}

/** OpenPGP signatures of commits do not carry their key; these are the ones that attributions vouch for. */
function openPgpKeysOf(set: RecordSet, workspace: string): readonly string[] {
  const keys = attributionsOf(set, workspace).flatMap(({ publicKey }) => publicKey ?? []);
  return [...new Set(keys)];
}

/** The request was queued together with the job and may still be on its way into the log. */
async function requestSet(context: ServerContext, request: string | undefined) {
  return request === undefined ? context.records.current() : context.records.including([request]);
}

function failedRun(failure: NonNullable<RunResult['failure']>): ServerError {
  const place = failure.step ?? failure.dataset;
  const where = place === null ? '' : ` (\`${place}\`)`;
  return new ServerError('run_failed', `the run failed${where}: ${failure.message}`, {
    details: { failure },
  });
}

async function pipelineFileOf(
  result: RunResult,
  blobs: ServerContext['blobs'],
): Promise<PipelineFile> {
  const bytes = await blobs.get(result.pipelineFileBlob.digest);
  return parsePipelineFile(new TextDecoder().decode(bytes)).file;
}

/** What is built must be what was asked for: a pipeline cannot register a version of another model or use. */
function useOf(file: PipelineFile, request: ReadRunRequest): string {
  if (file.model !== request.model) {
    throw refused(
      `the pipeline is of model \`${file.model}\`, the request of \`${request.model}\``,
    );
  }
  const use = request.use ?? file.use;
  if (use === undefined) throw refused('neither the pipeline file nor the request names a use');
  if (file.use !== undefined && file.use !== use) {
    throw refused(`the pipeline is for use \`${file.use}\`, the request for \`${use}\``);
  }
  return use;
}

async function accountsByEmail(
  context: ServerContext,
  emails: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (emails.length === 0) return new Map();
  const rows = await context.database.db
    .selectFrom('account')
    .select(['account', 'email'])
    .where('workspace', '=', context.workspace)
    .where(
      'email',
      'in',
      emails.map((email) => email.toLowerCase()),
    )
    .execute();
  return new Map(rows.map(({ account, email }) => [email.toLowerCase(), account]));
}

async function register(
  context: ServerContext,
  tx: ServerTransaction,
  run: RegisteredRun,
): Promise<JobResult> {
  const { request, result, file, servable, use, manifest } = run;
  const { model } = request;
  const version = await takeVersionNumber(tx, { workspace: context.workspace, model });
  const artifactDigest = sha256Hex(context.primitives, manifestBytes(manifest));
  const subjectRef = { model, use, version, artifactDigest };
  const records: string[] = [];
  const record = async (
    draft: Omit<PlatformDraft, 'subjectRef' | 'producer' | 'source' | 'basis'> & {
      readonly source?: readonly string[];
      readonly dataset?: string;
    },
  ): Promise<string> => {
    const { source = [], dataset, ...rest } = draft;
    const { digest } = await recordByPlatform(context, tx, {
      ...rest,
      subjectRef: { ...subjectRef, ...(dataset === undefined ? {} : { dataset }) },
      producer: 'pipeline',
      basis: 'measured',
      source: [request.record.digest, ...source],
    });
    records.push(digest);
    return digest;
  };
  const data = await recordData(run, record);
  const parts = await recordParts(run, record);
  const provenance = await archiveProvenance(context, result, {
    run: run.run,
    result: run.resultDigest,
    version: { name: `${model}@${version}`, digest: artifactDigest },
  });
  const trained = await record({
    type: 'training-run',
    scope: 'version',
    source: [...data, ...parts],
    blobs: [run.resultDigest, ...(provenance === undefined ? [] : [provenance])],
    content: trainingRunContent(result, {
      run: run.run,
      resultDigest: run.resultDigest,
      ...(provenance === undefined ? {} : { provenance }),
    }),
  });
  const artifact = await record({
    type: 'model-artifact',
    scope: 'version',
    source: [trained],
    blobs: [...new Set(manifest.files.map(({ digest }) => digest))],
    content: artifactContent(manifest, run.run),
  });
  await record({
    type: 'model-spec',
    scope: 'version',
    source: [trained, artifact],
    content: specContent(file, servable, run.frozen),
  });
  return { records, model, use, version, artifact: artifactDigest, run: run.run };
}

type Record = (
  draft: Omit<PlatformDraft, 'subjectRef' | 'producer' | 'source' | 'basis'> & {
    readonly source?: readonly string[];
    readonly dataset?: string;
  },
) => Promise<string>;

/** Snapshots with what was found in them; digests of the snapshots. */
async function recordData(
  { result, file, personal }: RegisteredRun,
  record: Record,
): Promise<readonly string[]> {
  const digests: string[] = [];
  for (const snapshot of result.snapshots) {
    const { dataset } = snapshot;
    const declared = file.data?.[dataset];
    for (const content of snapshotContents(snapshot, declared, personal)) {
      const subject = [
        { name: `${dataset}.${content.split}`, digest: { sha256: content.contentDigest } },
      ];
      const blobs = blobsOfSnapshot(snapshot, content.contentDigest);
      digests.push(
        await record({
          type: 'dataset-snapshot',
          scope: 'dataset',
          dataset,
          subject,
          blobs,
          content,
        }),
      );
    }
    const source = [...digests];
    await record({
      type: 'data-quality-report',
      kind: 'training',
      scope: 'dataset',
      dataset,
      source,
      content: qualityContent(snapshot),
    });
    await record({
      type: 'representativeness-report',
      scope: 'dataset',
      dataset,
      source,
      content: representativenessContent(snapshot, declared),
    });
  }
  for (const folder of result.folders ?? []) {
    const { dataset, content } = folder;
    const subject = [{ name: dataset, digest: { sha256: content.digest } }];
    digests.push(
      await record({
        type: 'dataset-snapshot',
        scope: 'dataset',
        dataset,
        subject,
        blobs: [content.digest],
        content: folderContent(folder, file.data?.[dataset], personal),
      }),
    );
  }
  return digests;
}

/** The platform's own catalogue, beside the authors' paper: a kind of its own, so that neither replaces the other. */
async function recordCatalogue(
  { result }: RegisteredRun,
  record: Record,
  source: readonly string[],
): Promise<void> {
  const content = catalogueContent(result);
  if (content === undefined) return;
  await record({
    type: 'feature-catalogue',
    kind: MEASURED_CATALOGUE,
    scope: 'version',
    source,
    content,
  });
}

/** Code, environment and the plan that was fixed beforehand; their digests. */
async function recordParts(run: RegisteredRun, record: Record): Promise<readonly string[]> {
  const { result, file } = run;
  const code = await record({
    type: 'source-revision',
    scope: 'version',
    blobs: [result.source.bundle.digest],
    content: sourceRevisionContent(result, file, run.accounts),
  });
  const parts = environmentBlobs(result.environment).map(({ digest }) => digest);
  const environment = await record({
    type: 'environment-lock',
    scope: 'version',
    blobs: [...new Set(parts)],
    content: environmentContent(result),
  });
  const plan = await record({
    type: 'test-plan',
    kind: 'development',
    scope: 'version',
    source: [code],
    content: testPlanContent(result, file),
  });
  await recordCatalogue(run, record, [code]);
  return [code, environment, plan];
}
