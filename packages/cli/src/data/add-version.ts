// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  openFileBlobStore,
  PIPELINE_FILE,
  type PinnedOrigin,
  pinSnapshot,
  type TreeVersion,
} from '@countersign/pipeline';
import { bytesText } from '../client/transfer-progress.ts';
import { done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { usage } from '../errors.ts';
import { findRepository } from '../papers/pipeline-facts.ts';
import type { Session } from '../session.ts';
import { dataPlaces } from './data-places.ts';
import { keepData, originOf } from './keep-data.ts';
import { sendVersion } from './send-version.ts';

/** Keeps a path as a data version; sends it and names it in the pipeline file as asked, in that order. */
export async function addVersion(input: Input, session: Session, path: string): Promise<Outcome> {
  // What is wrong with the pipeline file is said before gigabytes are read.
  const target = input.flag('pin') ? pinTarget(input, session) : undefined;
  const places = dataPlaces(session.io.env);
  const blobs = openFileBlobStore(places.store);
  const version = await keepData(session, places, {
    path,
    blobs,
    isRehashed: input.flag('rehash'),
  });
  const from = await originOf(blobs, version, {
    path,
    file: input.optionalText('file'),
    isFolder: input.flag('folder'),
  });
  const sent = input.flag('remote') ? await sendVersion(session, blobs, version) : undefined;
  if (target !== undefined) await pin(target, from);
  return done(
    { ...version, from, ...(sent === undefined ? {} : { sent }), ...(target ?? {}) },
    ...describe(version),
    ...(sent === undefined
      ? []
      : [`sent ${sent.files} files, ${bytesText(sent.bytes)}; the platform holds all of it`]),
    target === undefined
      ? `read it with \`from: ${JSON.stringify(from)}\``
      : `${target.pipelineFile} reads \`${target.dataset}\` from it; commit the change`,
  );
}

function describe({ digest, files, links, bytes, read, stored }: TreeVersion): readonly string[] {
  const linked = links === 0 ? '' : `, ${links} links`;
  return [
    `data version ${digest}`,
    `${files} files${linked}, ${bytesText(bytes)}; read ${read.files} (${bytesText(read.bytes)}), new ${stored.files} (${bytesText(stored.bytes)})`,
  ];
}

interface PinTarget {
  readonly pipelineFile: string;
  readonly dataset: string;
}

function pinTarget(input: Input, session: Session): PinTarget {
  const facts = findRepository(resolve(session.cwd, input.optionalText('repository') ?? '.'));
  if (facts === undefined)
    throw usage(`no ${PIPELINE_FILE} is found here`, 'name the repository with --repository');
  const [only, second] = facts.datasets;
  const dataset = input.optionalText('dataset') ?? (second === undefined ? only : undefined);
  if (dataset === undefined || !facts.datasets.includes(dataset))
    throw usage(
      `${PIPELINE_FILE} declares ${facts.datasets.join(', ') || 'no data'}`,
      'name one with --dataset, or declare it under `data:` first',
    );
  return { pipelineFile: join(facts.directory, PIPELINE_FILE), dataset };
}

async function pin({ pipelineFile, dataset }: PinTarget, from: PinnedOrigin): Promise<void> {
  const text = await readFile(pipelineFile, 'utf8');
  const written = pinSnapshot(text, pipelineFile, { dataset, from });
  const next = `${pipelineFile}.${randomUUID()}.new`;
  await writeFile(next, written);
  await rename(next, pipelineFile);
}
