// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ArtifactManifest } from '@countersign/kernel';
import { AnalysisError } from '../../errors.ts';

/** The bytes of a file of the manifest, by its path. */
export type ReadArtefact = (path: string) => Promise<Uint8Array>;

type Files = ArtifactManifest['files'];

/** A path that stays below the directory it is joined to. */
const PART = /^(?!\.\.?$)[^/\0]+$/;

/**
 * Writes the files of a manifest below a directory, for everybody to read and run. Throws AnalysisError `model_unreadable`
 * for a path that leads elsewhere, and where bytes are not those of the digest.
 */
export async function layOutArtefact(
  directory: string,
  files: Files,
  read: ReadArtefact,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o755);
  for (const { path } of files) {
    if (!path.split('/').every((part) => PART.test(part)))
      throw unreadable(path, 'is no path below the artefact');
    const place = join(directory, path);
    await mkdir(dirname(place), { recursive: true, mode: 0o755 });
    await writeFile(place, await read(path), { mode: 0o755 });
  }
  await requireArtefact(directory, files);
}

/** Looks again, before every start: what was laid out may have been changed since. Throws AnalysisError `model_unreadable`. */
export async function requireArtefact(directory: string, files: Files): Promise<void> {
  for (const { path, digest } of files) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(directory, path)), hash).catch((cause: unknown) => {
      throw unreadable(path, 'cannot be read', cause);
    });
    if (hash.digest('hex') !== digest)
      throw unreadable(path, 'is not the file that was approved: its bytes differ');
  }
}

function unreadable(path: string, what: string, cause?: unknown): AnalysisError {
  return new AnalysisError('model_unreadable', `\`${path}\` ${what}; take the artefact again`, {
    details: { file: path },
    ...(cause === undefined ? {} : { cause }),
  });
}
