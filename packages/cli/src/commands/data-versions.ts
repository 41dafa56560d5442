// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  deleteStoredBlob,
  isPinned,
  openFileBlobStore,
  PIPELINE_FILE,
  parsePipelineFile,
  readTreeManifest,
  unnamedBlobs,
} from '@countersign/pipeline';
import { bytesText } from '../client/transfer-progress.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { dataPlaces } from '../data/data-places.ts';
import { forgetVersion, type KeptVersion, readKeptVersions } from '../data/kept-versions.ts';
import { CliError, usage } from '../errors.ts';
import { fields, short, table } from '../output/table.ts';
import { findRepository } from '../papers/pipeline-facts.ts';
import type { Session } from '../session.ts';

const DAY_MS = 86_400_000;
const SHOWN_MAX = 20;

export const dataList: Command = {
  name: 'data list',
  summary: 'data versions that are kept on this machine, and which datasets here read them',
  example: 'countersign data list',
  run: async (_input, session) => {
    const versions = await readKeptVersions(dataPlaces(session.io.env).versions);
    const pins = await pinsHere(session);
    const rows = versions.map((one) => ({ ...one, datasets: pins.get(one.digest) ?? [] }));
    const lines = table(
      ['version', 'kept', 'files', 'size', 'from', 'read as'],
      rows.map(({ digest, keptAt, files, bytes, path, datasets }) => [
        short(digest),
        keptAt.slice(0, 16),
        files,
        bytesText(bytes),
        path,
        datasets.join(' '),
      ]),
    );
    return done(rows, ...(rows.length === 0 ? ['no data version is kept here'] : lines));
  },
};

export const dataShow: Command = {
  name: 'data show',
  summary: 'what a data version holds, and which datasets here read it',
  example: 'countersign data show 3f2a9c01d4e8',
  arguments: [{ name: 'version', summary: 'its digest, or the first twelve characters of it' }],
  run: async (input, session) => {
    const { version, blobs } = await keptHere(session, input.argument('version'));
    const shown: { readonly path: string; readonly digest?: string; readonly size?: number }[] = [];
    for await (const entry of readTreeManifest(blobs, version.digest)) {
      if (shown.length < SHOWN_MAX) shown.push(entry);
    }
    const datasets = (await pinsHere(session)).get(version.digest) ?? [];
    const more = version.files + version.links - shown.length;
    return done(
      { ...version, datasets, entries: shown },
      ...fields([
        ['version', version.digest],
        ['kept', `${version.keptAt} from ${version.path}`],
        ['holds', `${version.files} files, ${version.links} links, ${bytesText(version.bytes)}`],
        ['read as', datasets.join(' ')],
      ]),
      '',
      ...table(
        ['path', 'size', 'content'],
        shown.map(({ path, size, digest }) => [
          path,
          size === undefined ? 'link' : bytesText(size),
          digest === undefined ? '' : short(digest),
        ]),
      ),
      ...(more > 0 ? [`and ${more} more`] : []),
    );
  },
};

export const dataForget: Command = {
  name: 'data forget',
  summary: 'no longer keep a data version on this machine; `data gc` then frees its space',
  description: 'What was sent to the platform stays there.',
  example: 'countersign data forget 3f2a9c01d4e8',
  arguments: [{ name: 'version', summary: 'its digest, or the first twelve characters of it' }],
  run: async (input, session) => {
    const { version } = await keptHere(session, input.argument('version'));
    await forgetVersion(dataPlaces(session.io.env).versions, version.digest);
    return done(version, `${version.digest} is no longer kept here`);
  },
};

export const dataGc: Command = {
  name: 'data gc',
  summary: 'free what nothing on this machine needs: neither a kept data version nor an image',
  description:
    'Deletes from this machine’s own store what drafts and forgotten data versions left. What the platform holds goes by the firm’s retention policy alone: see `countersign retention plan`.',
  example: 'countersign data gc --dry-run',
  options: [
    { flags: '--dry-run', summary: 'say what would go, and delete nothing' },
    {
      flags: '--days N',
      summary: 'keep what was written or needed in the last N days; 30 unless given',
    },
  ],
  run: runGc,
};

async function runGc(input: Input, session: Session): Promise<Outcome> {
  const days = input.count('days') ?? 30;
  // Contents that a version being kept just now takes over were touched within the day.
  if (days < 1) throw usage('--days must be 1 or more');
  const isDry = input.flag('dry-run');
  const places = dataPlaces(session.io.env);
  const blobs = openFileBlobStore(places.store);
  const versions = (await readKeptVersions(places.versions)).map(({ digest }) => digest);
  const before = session.io.now().getTime() - days * DAY_MS;
  const gone = { files: 0, bytes: 0 };
  for await (const { digest, size } of unnamedBlobs(blobs, { versions, before })) {
    if (!isDry) await deleteStoredBlob(places.store, digest);
    gone.files += 1;
    gone.bytes += size;
  }
  const what = `${gone.files} contents, ${bytesText(gone.bytes)}`;
  return done(
    { ...gone, days, dryRun: isDry, versions: versions.length },
    isDry ? `would delete ${what}` : `deleted ${what}`,
    `kept: ${versions.length} data versions, imported images, and what the last ${days} days needed`,
  );
}

async function keptHere(session: Session, name: string) {
  const places = dataPlaces(session.io.env);
  const found = (await readKeptVersions(places.versions)).filter(({ digest }) =>
    digest.startsWith(name),
  );
  const [version, second] = found;
  if (version === undefined || name.length < 12)
    throw new CliError('not_found', `no data version \`${name}\` is kept here`, {
      details: { next: 'countersign data list' },
    });
  if (second !== undefined) throw usage(`\`${name}\` begins several versions; give all of it`);
  return { version: version satisfies KeptVersion, blobs: openFileBlobStore(places.store) };
}

/** Datasets of the repository that the command is called in, by the version that they read. */
async function pinsHere(session: Session): Promise<ReadonlyMap<string, readonly string[]>> {
  const facts = findRepository(session.cwd);
  if (facts === undefined) return new Map();
  const path = join(facts.directory, PIPELINE_FILE);
  const { data = {} } = parsePipelineFile(await readFile(path, 'utf8'), path).file;
  const found = new Map<string, string[]>();
  for (const [name, { from }] of Object.entries(data)) {
    if (!isPinned(from)) continue;
    found.set(from.snapshot, [...(found.get(from.snapshot) ?? []), `${facts.model}:${name}`]);
  }
  return found;
}
