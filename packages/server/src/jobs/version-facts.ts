// SPDX-License-Identifier: Apache-2.0
import { type Scorer, type ScorerSpec, scorerSpecOf } from '@countersign/analysis';
import {
  type ArtifactManifest,
  type CountedRecord,
  isDigest,
  latestItem,
  type ModelArtifactContent,
  type ModelSpecContent,
  type RecordSet,
  type VersionContext,
  versionContext,
} from '@countersign/kernel';
import { type PipelineFile, parsePipelineFile, type RunResult } from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { type RegisteredVersion, registeredVersions } from '../registry/index.ts';
import { openManifestScorer } from './open-manifest-scorer.ts';

/** A registered version with everything that measuring it needs, read from its records and their blobs. */
export interface VersionFacts {
  readonly set: RecordSet;
  readonly version: VersionContext;
  readonly artifact: CountedRecord;
  readonly manifest: ArtifactManifest;
  readonly run: CountedRecord;
  readonly result: RunResult;
  readonly file: PipelineFile;
  readonly specRecord: CountedRecord;
  readonly spec: ModelSpecContent;
  readonly scorerSpec: ScorerSpec;
}

/**
 * @throws ServerError `version_unknown`; `evidence_unavailable` where a record or its bytes are missing
 */
export async function versionFacts(
  context: ServerContext,
  set: RecordSet,
  ref: { readonly model: string; readonly version: number; readonly use?: string | undefined },
): Promise<VersionFacts> {
  const { known, context: version } = registeredContext(context, set, ref);
  const run = needed(set, version, 'training-run');
  const specRecord = needed(set, version, 'model-spec');
  const resultDigest = run.statement.predicate.content.result;
  const result = await readResult(context, typeof resultDigest === 'string' ? resultDigest : '');
  const fileText = await context.blobs.get(result.pipelineFileBlob.digest);
  // Platform records of these types have these shapes; who may sign them was judged when they were counted.
  const spec = specRecord.statement.predicate.content as unknown as ModelSpecContent;
  const content = known.artifact.statement.predicate.content as unknown as ModelArtifactContent;
  return {
    set,
    version,
    artifact: known.artifact,
    manifest: content.manifest,
    run,
    result,
    file: parsePipelineFile(new TextDecoder().decode(fileText)).file,
    specRecord,
    spec,
    scorerSpec: scorerSpecOf(spec),
  };
}

/**
 * A registered version, however it came to be, with the use it is asked about.
 * @throws ServerError `version_unknown`
 */
export function registeredContext(
  { workspace }: Pick<ServerContext, 'workspace'>,
  set: RecordSet,
  ref: { readonly model: string; readonly version: number; readonly use?: string | undefined },
): { readonly known: RegisteredVersion; readonly context: VersionContext } {
  const known = registeredVersions(set, { workspace, model: ref.model }).find(
    ({ version }) => version === ref.version,
  );
  const use = ref.use ?? known?.artifact.statement.predicate.subjectRef.use;
  const found = versionContext(set, {
    workspace,
    model: ref.model,
    version: ref.version,
    use: use ?? '',
  });
  if (known === undefined || !found.ok || use === undefined) {
    const reason = found.ok ? 'its use is not known' : found.reason;
    throw new ServerError('version_unknown', reason, { details: { ...ref } });
  }
  return { known, context: found.context };
}

function needed(
  set: RecordSet,
  version: VersionContext,
  id: 'training-run' | 'model-spec',
): CountedRecord {
  const record = latestItem(set, version, { id });
  if (record !== undefined) return record;
  throw new ServerError(
    'evidence_unavailable',
    `${version.model}@${version.version} has no ${id}; it was not made by a run of the platform`,
  );
}

async function readResult(context: ServerContext, digest: string): Promise<RunResult> {
  if (!isDigest(digest)) {
    throw new ServerError('evidence_unavailable', 'the run record names no archived result');
  }
  const bytes = await context.blobs.get(digest);
  return JSON.parse(new TextDecoder().decode(bytes)) as RunResult; // its bytes are what the run record commits to
}

/** Opens the very bytes that the artefact manifest names, as the gateway does. The caller closes the scorer. */
export function openVersionScorer(
  context: ServerContext,
  facts: Pick<VersionFacts, 'manifest' | 'scorerSpec'>,
): Promise<Scorer> {
  return openManifestScorer(context, facts.manifest, facts.scorerSpec);
}

/** Bytes of a file that a step of the version's run left behind, by its path. */
export function outputOf(
  result: RunResult,
  path: string,
): { readonly digest: string; readonly size: number } | undefined {
  return result.steps.flatMap(({ outputs }) => outputs).find(({ file }) => file === path);
}
