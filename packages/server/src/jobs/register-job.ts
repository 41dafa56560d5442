// SPDX-License-Identifier: Apache-2.0
import { scorerSpecOf } from '@countersign/analysis';
import {
  type ArtifactManifest,
  type Json,
  type ModelArtifactContent,
  readLocations,
  sha256Hex,
} from '@countersign/kernel';
import type { ServerContext, ServerTransaction } from '../context.ts';
import { recordByPlatform } from '../records/index.ts';
import { takeVersionNumber } from '../registry/index.ts';
import { commandManifest } from './command-manifest.ts';
import type { JobResult, JobRunner } from './job.ts';
import { refuseUnservable } from './open-manifest-scorer.ts';
import {
  type RegisteredSpec,
  type Registration,
  readRegisteredSpec,
  readRegistration,
} from './register-request.ts';
import { manifestBytes, specContent } from './run-records.ts';
import { type ReadRunRequest, readRunRequest, refused } from './run-request.ts';

interface Wanted {
  readonly request: ReadRunRequest;
  readonly use: string;
  readonly registration: Registration;
  readonly manifest: ArtifactManifest;
  readonly spec?: RegisteredSpec;
}

/**
 * Registers a version that no run made, at a person's signed request: imported files, or what identifies a model that
 * runs elsewhere. Who asked is a developer of it for the separation of duties.
 * @throws ServerError `job_request_refused`, `artifact_invalid`
 */
export const registerJob: JobRunner = async (context, work) => {
  const { request: digest } = work;
  const set =
    digest === undefined
      ? await context.records.current()
      : await context.records.including([digest]);
  const request = readRunRequest(set, digest, 'register');
  if (request.use === undefined) throw refused('the run-request names no use');
  const registration = readRegistration(request.content.params);
  work.report(`${registration.files.length} files are read again by their digests`);
  await refuseOtherBytes(context, registration);
  const spec = await specOf(context, registration);
  const manifest = await withCommand(context, manifestOf(registration, spec), spec);
  const isServed = manifest.scorer === 'onnx' || manifest.command !== undefined;
  if (spec !== undefined && isServed) {
    work.report('the artefact is opened as it will be served');
    await refuseUnservable(context, manifest, scorerSpecOf(spec.artifact));
  }
  await context.blobs.put(manifestBytes(manifest));
  const wanted: Wanted = {
    request,
    use: request.use,
    registration,
    manifest,
    ...(spec === undefined ? {} : { spec }),
  };
  return (tx) => register(context, tx, wanted);
};

async function refuseOtherBytes(
  { blobs }: ServerContext,
  { files, spec }: Registration,
): Promise<void> {
  for (const { path, digest, size } of files) {
    if (!(await blobs.has(digest))) throw refused(`the bytes of \`${path}\` are not stored`);
    const stored = await blobs.checkOnce(digest);
    if (stored.size !== size)
      throw refused(`\`${path}\` holds ${stored.size} bytes, not the ${size} that were signed`);
  }
  if (spec !== undefined && !(await blobs.has(spec)))
    throw refused('the bytes of the specification are not stored');
}

async function specOf(
  { blobs }: ServerContext,
  { spec, files }: Registration,
): Promise<RegisteredSpec | undefined> {
  if (spec === undefined) return undefined;
  const read = readRegisteredSpec(new TextDecoder().decode(await blobs.get(spec)));
  const { file, reasons, files: more = [] } = read.artifact;
  const named = [file, reasons, ...more].filter((one) => one !== undefined);
  const absent = named.find((one) => !files.some(({ path }) => path === one));
  if (absent !== undefined)
    throw refused(`the specification names \`${absent}\`, none of the files`);
  return read;
}

function manifestOf(
  registration: Registration,
  spec: RegisteredSpec | undefined,
): ArtifactManifest {
  const { files, origin } = registration;
  const entry = spec?.artifact.file ?? registration.entry ?? files[0]?.path ?? '';
  const scorer = spec?.artifact.scorer ?? (origin === 'external' ? 'remote' : 'command');
  if (origin === 'external' && scorer !== 'remote')
    throw refused('an external version is scored elsewhere: its scorer is `remote`');
  if (origin === 'imported' && scorer === 'remote')
    throw refused('an imported version is here: its scorer is `onnx` or `command`');
  return { v: 1, scorer, entry, files };
}

async function withCommand(
  context: ServerContext,
  manifest: ArtifactManifest,
  spec: RegisteredSpec | undefined,
): Promise<ArtifactManifest> {
  const section = spec?.artifact.command;
  if (section === undefined) return manifest;
  return { ...manifest, command: await commandManifest(context, section, manifest.files) };
}

async function register(
  context: ServerContext,
  tx: ServerTransaction,
  { request, use, registration, manifest, spec }: Wanted,
): Promise<JobResult> {
  const { model } = request;
  const version = await takeVersionNumber(tx, { workspace: context.workspace, model });
  const artifactDigest = sha256Hex(context.primitives, manifestBytes(manifest));
  const subject = { model, use, version, artifactDigest };
  const common = { scope: 'version', subjectRef: subject, producer: 'registry' } as const;
  const artifact = await recordByPlatform(context, tx, {
    ...common,
    type: 'model-artifact',
    source: [request.record.digest],
    blobs: [...new Set(manifest.files.map(({ digest }) => digest))],
    content: artifactContent(registration, manifest),
  });
  const records = [artifact.digest];
  if (spec !== undefined) {
    const { digest } = await recordByPlatform(context, tx, {
      ...common,
      type: 'model-spec',
      basis: 'declared',
      source: [request.record.digest, artifact.digest],
      blobs: [registration.spec ?? ''],
      content: specContent(spec.file, spec, null),
    });
    records.push(digest);
  }
  return { records, model, use, version, artifact: artifactDigest, origin: registration.origin };
}

function artifactContent(
  registration: Registration,
  manifest: ArtifactManifest,
): ModelArtifactContent {
  const { origin, vendor } = registration;
  return {
    manifest,
    size: manifest.files.reduce((sum, { size }) => sum + size, 0),
    origin,
    ...(vendor === undefined ? {} : { vendor }),
    ...(registration.origin === 'external'
      ? { location: readLocations(registration.location as Json, 'params.location') }
      : {}),
  };
}
