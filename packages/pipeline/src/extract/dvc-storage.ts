// SPDX-License-Identifier: Apache-2.0
import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PipelineError } from '../errors.ts';
import { copyUnchanged } from './copy-unchanged.ts';
import type { DvcProject, DvcRemote } from './dvc-config.ts';
import type { DvcClaim } from './dvc-output.ts';
import type { ExtractRequest } from './extracted.ts';
import { fetchObject, pinObject } from './fetch-object.ts';
import { type OpenedS3, openS3 } from './s3-client.ts';

/** A place where DVC keeps files under their MD5. */
export interface DvcStorage {
  /** For people and for the record: `cache`, or the remote with its address. */
  readonly name: string;
  /** Writes the file to `path`; false when this place does not have it. */
  fetch(file: string, path: string): Promise<boolean>;
  close(): void;
}

/** The places of a project in the order in which they are asked: its cache, which only a laptop has, then its remote. */
export function dvcStorages(project: DvcProject, request: ExtractRequest): readonly DvcStorage[] {
  const cache = cacheDirectory(project, request.workingTree);
  return [
    ...(cache === undefined ? [] : [directoryStorage('cache', cache)]),
    ...(project.remote === undefined ? [] : [remoteStorage(project, project.remote, request)]),
  ];
}

/** Below a storage: DVC 3's layout and the one from before, the likelier first. */
export function storedNames(
  { isLegacy }: Pick<DvcClaim, 'isLegacy'>,
  md5: string,
): readonly string[] {
  const old = `${md5.slice(0, 2)}/${md5.slice(2)}`;
  const names = [`files/md5/${old}`, old];
  return isLegacy ? names.toReversed() : names;
}

/** Relative to the `.dvc` directory, as DVC writes it. On a worker there is no cache, whatever lies at that path. */
function cacheDirectory(project: DvcProject, workingTree: string | null): string | undefined {
  if (workingTree === null) return undefined;
  const { cacheDir = 'cache', root } = project;
  return isAbsolute(cacheDir) ? cacheDir : join(workingTree, root, '.dvc', cacheDir);
}

function directoryStorage(name: string, directory: string): DvcStorage {
  return {
    name,
    fetch: async (file, path) => {
      const from = join(directory, file);
      const found = await stat(from).catch(() => undefined); // another place may have it
      if (found?.isFile() !== true) return false;
      await copyUnchanged(from, path);
      return true;
    },
    close: () => {},
  };
}

function remoteStorage(
  project: DvcProject,
  remote: DvcRemote,
  request: ExtractRequest,
): DvcStorage {
  const name = `remote \`${remote.name}\` (${withoutUser(remote.url)})`;
  if (remote.url.startsWith('s3://')) return s3Storage(name, remote, request);
  const scheme = /^([a-z0-9+.-]+):\/\//i.exec(remote.url)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'file') {
    const message = `the ${name} cannot be read: only \`s3://\` and directories can; run \`dvc pull\` and take the run from a checkout with its cache, or add an S3 remote`;
    throw new PipelineError('source_unsupported', message, { details: { remote: remote.name } });
  }
  const path = scheme === 'file' ? fileURLToPath(remote.url) : remote.url;
  if (isAbsolute(path)) return directoryStorage(name, path);
  // Relative to the configuration that names it, which on a worker lies in a checkout of the commit alone.
  const { workingTree, checkout } = request;
  return directoryStorage(name, join(workingTree ?? checkout, project.root, '.dvc', path));
}

function withoutUser(url: string): string {
  return url.replace(/^([a-z0-9+.-]+:\/\/)[^/@]*@/i, '$1');
}

function s3Storage(name: string, remote: DvcRemote, request: ExtractRequest): DvcStorage {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/?(.*?)\/*$/.exec(remote.url) ?? [];
  const { region, endpoint } = remote;
  let opened: OpenedS3 | undefined;
  return {
    name,
    fetch: async (file, path) => {
      opened ??= await openS3({ region, endpoint, environment: request.environment });
      const key = prefix === '' ? file : `${prefix}/${file}`;
      try {
        const object = await pinObject(opened, { bucket, key }, request);
        await fetchObject(opened, object, { path, watch: request });
        return true;
      } catch (cause) {
        if (cause instanceof PipelineError && cause.code === 'source_missing') return false;
        throw cause;
      }
    },
    close: () => opened?.client.destroy(),
  };
}
