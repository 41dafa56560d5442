// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BlobStore, openFileBlobStore } from '../blobs/blob-store.ts';
import { containerToolEnvironment } from '../container/container-tool.ts';
import { describeImage } from '../container/describe-image.ts';
import { obtainImage } from '../container/obtain-image.ts';
import { readImageConfig } from '../container/oci-image.ts';
import { openImage } from '../container/open-image.ts';
import { type Bill, cycloneDx } from '../environment/bill-of-materials.ts';
import {
  type BaseSystem,
  hostBill,
  imageBill,
  licencesOf,
  programsBytes,
  pythonBill,
} from '../environment/environment-bill.ts';
import { hostToolEnvironment } from '../environment/host-environment.ts';
import { configurationMounts, describeHostProgram } from '../environment/host-programs.ts';
import { findUv, type Installer, PIP, RECIPES } from '../environment/installer.ts';
import { describeInterpreter } from '../environment/interpreter.ts';
import { parseLockFile } from '../environment/lock-file.ts';
import { hostDistribution, hostPackages } from '../environment/machine-details.ts';
import { buildPythonEnvironment } from '../environment/python-environment.ts';
import { listRPackages } from '../environment/r-packages.ts';
import {
  containerStorage,
  NOTHING_TO_CLOSE,
  type StepEnvironment,
} from '../environment/restore-environment.ts';
import { installedMetadata } from '../environment/wheel-metadata.ts';
import { fetchWheels } from '../environment/wheels.ts';
import { PipelineError } from '../errors.ts';
import type { PipelineDocument } from '../file/parse-pipeline-file.ts';
import { writeIdentityFiles } from '../sandbox/system-mounts.ts';
import type { ImageProfile } from './lay-ground.ts';
import type {
  EnvironmentRecord,
  HostEnvironmentRecord,
  ImageEnvironmentRecord,
  NamedBlob,
  PythonEnvironmentRecord,
} from './result.ts';

export interface PreparedEnvironment extends StepEnvironment {
  readonly record: EnvironmentRecord | null;
  /** What the image adds to the variables of a step. */
  readonly imageProfile?: ImageProfile;
}

export interface PrepareOptions {
  readonly document: PipelineDocument;
  readonly checkout: string;
  readonly scratch: string;
  readonly blobs: BlobStore;
  readonly cacheDir: string;
  readonly python: string;
  readonly uid: number;
  readonly callerEnvironment: Readonly<Record<string, string | undefined>>;
  readonly onPhase: (text: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** Where `countersign environment import` keeps images of this machine, below the cache. */
export const IMPORTED_IMAGES = 'images/blobs';

/**
 * Prepares what steps run in and archives every part of it: locked wheels, the image, or the record of the machine's own
 * programs. Throws PipelineError `file_missing`, `lock_invalid`, `wheel_unavailable`, `interpreter_missing`,
 * `environment_failed`, `image_missing`, `image_invalid`, `container_missing` or `container_failed`.
 */
export async function prepareEnvironment(options: PrepareOptions): Promise<PreparedEnvironment> {
  const { environment } = options.document.file;
  if (environment === undefined) return { record: null, mounts: [], close: NOTHING_TO_CLOSE };
  if ('image' in environment) return prepareImage(options, environment.image);
  if ('host' in environment) return prepareHost(options, environment.host);
  return preparePython(options, environment.python);
}

async function preparePython(options: PrepareOptions, file: string): Promise<PreparedEnvironment> {
  const lock = parseLockFile(await readLock(options, file), file);
  const { blobs, cacheDir, signal, uid } = options;
  const hostEnvironment = hostToolEnvironment(options.callerEnvironment);
  const interpreter = await describeInterpreter(options.python, hostEnvironment);
  options.onPhase(`wheels of ${lock.packages.length} locked packages`);
  const uv = await findUv(hostEnvironment);
  const wheels = await fetchWheels({
    ...{ lock, interpreter, cacheDir, hostEnvironment, signal },
    uv: uv?.path,
  });
  const archived: NamedBlob[] = [];
  for (const wheel of wheels)
    archived.push({ file: wheel.file, ...(await blobs.putFile(wheel.path)) });
  options.onPhase('Python environment, offline from the wheels');
  const archivedUv = uv === undefined ? undefined : await blobs.putFile(uv.path);
  const installer: Installer =
    uv === undefined || archivedUv === undefined
      ? PIP
      : { kind: 'uv', ...uv, digest: archivedUv.digest };
  const built = await buildPythonEnvironment({
    ...{ lock, wheels, interpreter, installer, cacheDir, uid, signal },
  });
  const record: PythonEnvironmentRecord = {
    kind: 'python',
    lockFile: lock.name,
    lockDigest: (await blobs.put(new TextEncoder().encode(lock.text))).digest,
    packages: lock.packages.map(({ name, version }) => ({ name, version })),
    wheels: archived,
    interpreter,
    recipe: RECIPES[installer.kind],
    ...(uv === undefined || archivedUv === undefined
      ? {}
      : { installer: { file: 'uv', ...archivedUv, says: uv.says } }),
  };
  const installed = await installedMetadata(built.directory);
  const bill = pythonBill(record, installed, await baseSystem());
  return {
    record: { ...record, ...(await archiveBill(blobs, bill)) },
    mounts: built.mounts,
    close: NOTHING_TO_CLOSE,
  };
}

async function prepareImage(
  options: PrepareOptions,
  reference: string,
): Promise<PreparedEnvironment> {
  const { blobs, cacheDir, scratch, signal, callerEnvironment } = options;
  options.onPhase(`container image ${reference}`);
  const image = await obtainImage({
    reference,
    blobs,
    imported: openFileBlobStore(join(cacheDir, IMPORTED_IMAGES)),
    scratch,
    hostEnvironment: hostToolEnvironment(callerEnvironment),
    signal,
  }).catch((error: unknown) => {
    throw atLine(options, error);
  });
  const opened = await openImage({
    image,
    blobs,
    storage: containerStorage(cacheDir),
    isScratch: false,
    scratch,
    env: containerToolEnvironment(callerEnvironment),
    signal,
  });
  const { variables } = await readImageConfig(image, (digest) => blobs.get(digest));
  const identityDirectory = join(scratch, 'identity');
  await writeIdentityFiles(identityDirectory, options.uid);
  const ground = { cacheDir, workDir: scratch, identityDirectory, uid: options.uid, signal };
  const held = await describeImage(opened, ground);
  const record: ImageEnvironmentRecord = { kind: 'image', image, tool: opened.tool.says };
  return {
    record: { ...record, ...(await archiveBill(blobs, imageBill(record, held))) },
    mounts: [],
    image: opened,
    imageProfile: { variables, dispatchedLevels: held.numpyLevels },
    close: opened.close,
  };
}

type Programs = Extract<
  NonNullable<PipelineDocument['file']['environment']>,
  { readonly host: unknown }
>['host'];

async function prepareHost(
  options: PrepareOptions,
  wanted: Programs,
): Promise<PreparedEnvironment> {
  options.onPhase(`${wanted.length} programs of this machine`);
  const identityDirectory = join(options.scratch, 'identity');
  await writeIdentityFiles(identityDirectory, options.uid);
  const ground = { workDir: options.scratch, identityDirectory, uid: options.uid };
  const programs = [];
  for (const one of wanted) {
    const named =
      typeof one === 'string' ? { name: one } : { name: one.program, version: one.version };
    programs.push(await describeHostProgram(named, ground));
  }
  const rscript = programs.find(({ path }) => path.endsWith('/Rscript'));
  const r = rscript === undefined ? [] : await listRPackages(rscript.path, ground);
  const archived = await options.blobs.put(programsBytes({ programs }));
  const programsRecord = { file: 'programs.json', ...archived };
  const record: HostEnvironmentRecord = { kind: 'host', programs, programsRecord };
  return {
    record: {
      ...record,
      ...(await archiveBill(options.blobs, hostBill(record, await baseSystem(), r))),
    },
    mounts: await configurationMounts(),
    close: NOTHING_TO_CLOSE,
  };
}

async function archiveBill(blobs: BlobStore, bill: Bill) {
  const archived = await blobs.put(cycloneDx(bill));
  return {
    billOfMaterials: { file: 'environment.cdx.json', ...archived },
    licences: licencesOf(bill),
  };
}

async function baseSystem(): Promise<BaseSystem> {
  return { distribution: await hostDistribution(), packages: (await hostPackages()) ?? [] };
}

async function readLock(options: PrepareOptions, file: string): Promise<string> {
  return readFile(join(options.checkout, file), 'utf8').catch((cause: unknown) => {
    const line = options.document.lineOf(['environment', 'python']);
    const message = `${options.document.name}:${line}: the commit has no file \`${file}\``;
    throw new PipelineError('file_missing', message, { cause, details: { file } });
  });
}

function atLine({ document }: PrepareOptions, error: unknown): unknown {
  if (!(error instanceof PipelineError)) return error;
  const line = document.lineOf(['environment', 'image']);
  const { code, details, cause, message } = error;
  return new PipelineError(code, `${document.name}:${line}: ${message}`, { details, cause });
}
