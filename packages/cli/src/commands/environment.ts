// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { EnvironmentLockContent } from '@countersign/kernel';
import {
  IMPORTED_IMAGES,
  importImage,
  type OpenedLayout,
  openFileBlobStore,
  openLayout,
  partsOfImage,
} from '@countersign/pipeline';
import { fetchFiles } from '../client/fetch-files.ts';
import { storeFiles } from '../client/store-files.ts';
import { bytesText } from '../client/transfer-progress.ts';
import { neededItem, verifiedVersion } from '../client/verified-records.ts';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError } from '../errors.ts';
import { draftCache } from '../runs/run-folder.ts';
import type { Session } from '../session.ts';

export const environmentImport: Command = {
  name: 'environment import',
  summary: 'archive a container image, and say the line that names it in countersign.yaml',
  description:
    'Reads an OCI layout, as a directory or a tar (`podman save --format oci-archive`, `buildah push IMAGE oci:DIR`). Each part is hashed and stored under its digest: on this machine for draft runs, with --remote on the platform, whose worker then needs no registry.',
  example: 'countersign environment import r-base.tar --name example.org/r-base --remote --as dana',
  arguments: [{ name: 'image', summary: 'OCI layout: a directory, or a tar of one' }],
  options: [
    {
      flags: '--name NAME',
      summary: 'its name; what the layout says, or the file’s, unless given',
    },
    { flags: '--digest HEX', summary: 'which image, where the layout holds several' },
    { flags: '--remote', summary: 'to the platform as well' },
  ],
  run: runImport,
};

export const environmentSbom: Command = {
  name: 'environment sbom',
  summary: 'the bill of materials of the environment that a version was made in',
  description:
    'CycloneDX 1.6 JSON as the run archived it: wheels or packages of the image with versions, digests and licences, the interpreter, the packages of the operating system. Verified by the digest that the signed environment-lock names.',
  example: 'countersign environment sbom consumer-credit@3 --out bom.cdx.json',
  arguments: [{ name: 'version', summary: 'MODEL@N' }],
  options: [
    { flags: '--out FILE', summary: 'where it is written', isRequired: true },
    { flags: '--use USE', summary: 'the use; the one it was registered for unless given' },
  ],
  run: runSbom,
};

async function runImport(input: Input, session: Session): Promise<Outcome> {
  const path = resolve(session.cwd, input.argument('image'));
  const scratch = await mkdtemp(join(tmpdir(), 'countersign-image-'));
  try {
    const digest = input.optionalText('digest');
    const layout = await openLayout(path, {
      scratch,
      name: input.optionalText('name'),
      fallbackName: nameOfFile(path),
      ...(digest === undefined ? {} : { digest: digest.replace(/^sha256:/, '') }),
    });
    session.progress(`archiving ${layout.image.reference}`);
    await importImage(layout, openFileBlobStore(localStore(session)));
    if (input.flag('remote')) await send(session, layout);
    return describe(layout, input.flag('remote'));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function send(session: Session, { image, pathOf }: OpenedLayout): Promise<void> {
  const parts = partsOfImage(image);
  await storeFiles(
    session,
    parts.map(({ digest, file }) => ({ path: file, from: pathOf(digest) })),
  );
}

function describe({ image }: OpenedLayout, isRemote: boolean): Outcome {
  const parts = partsOfImage(image);
  const bytes = parts.reduce((sum, { size }) => sum + size, 0);
  const places = isRemote ? 'on this machine and on the platform' : 'on this machine';
  return done(
    { image, bytes, remote: isRemote },
    `${parts.length} parts, ${bytesText(bytes)}, linux/${image.architecture}, archived ${places}`,
    `environment: { image: "${image.reference}" }`,
  );
}

async function runSbom(input: Input, session: Session): Promise<Outcome> {
  const name = parseVersionName(input.argument('version'));
  const version = await verifiedVersion(session, name, input.optionalText('use'));
  const record = neededItem(version, 'environment-lock');
  // The platform signed this record; its shape is its own writer's.
  const content = record.statement.predicate.content as unknown as EnvironmentLockContent;
  const { billOfMaterials } = content;
  if (billOfMaterials === undefined) {
    const message = `${name.model}@${name.version} was made before bills of materials were kept`;
    throw new CliError('not_found', message, {
      details: { next: 'run the pipeline again for a version that has one' },
    });
  }
  const out = resolve(session.cwd, input.text('out'));
  await fetchFiles(session, [{ path: basename(out), ...billOfMaterials }], dirname(out));
  return done(
    { file: out, ...billOfMaterials, record: record.digest },
    `CycloneDX bill of materials of ${name.model}@${name.version}, ${bytesText(billOfMaterials.size)}, in ${out}`,
    `SHA-256 ${billOfMaterials.digest}, named by environment-lock ${record.digest.slice(0, 12)}`,
  );
}

/** Where draft runs look; nothing is cleared there but by hand. */
function localStore(session: Session): string {
  return join(draftCache(session.io.env), IMPORTED_IMAGES);
}

/** What an image may be called (OCI distribution specification 1.1, pulling manifests). */
function nameOfFile(path: string): string {
  const stem = basename(path).replace(/\.(?:tar|oci)+(?:\.gz)?$/, '');
  return (
    stem
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '') || 'image'
  );
}
