// SPDX-License-Identifier: Apache-2.0
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { blobRoutes } from '@countersign/contract';
import { CliError } from '../errors.ts';
import type { ApiClient } from './api-client.ts';
import type { TransferProgress } from './transfer-progress.ts';

export interface WantedBlob {
  readonly digest: string;
  readonly size: number;
  /** Replaced when the bytes are whole; until then they are in `<path>.part`. */
  readonly path: string;
}

/** After the n-th failure without a byte of progress. */
const PAUSES_MS = [200, 500, 1000, 2000, 4000, 8000, 15_000, 30_000, 60_000];
/** A connection that gives nothing for so long is given up and made again. */
const SILENT_MS = 60_000;

/**
 * Fetches bytes and verifies them by their digest: the server is not trusted with them. A transfer that breaks off goes on
 * with a range, also when the command is run again; a file under its own name is always whole and right.
 * @throws CliError `server_unreachable`, `api_refused`, `record_unverified` when other bytes came
 */
export async function downloadBlob(
  client: ApiClient,
  wanted: WantedBlob,
  progress: TransferProgress,
): Promise<void> {
  const part = `${wanted.path}.part`;
  await mkdir(dirname(wanted.path), { recursive: true });
  const file = await open(part, 'a+', 0o600);
  try {
    const hash = createHash('sha256');
    await receive(client, wanted, { file, hash, progress, part });
    if (hash.digest('hex') !== wanted.digest) throw otherBytes(wanted.digest);
    await file.sync();
  } catch (cause) {
    if (cause instanceof CliError && cause.code === 'record_unverified') await rm(part);
    throw cause;
  } finally {
    await file.close();
  }
  await rename(part, wanted.path);
}

interface Receiving {
  readonly file: FileHandle;
  /** Of everything in the file. */
  readonly hash: Hash;
  readonly progress: TransferProgress;
  readonly part: string;
}

async function receive(
  client: ApiClient,
  { digest, size }: WantedBlob,
  { file, hash, progress, part }: Receiving,
): Promise<void> {
  let have = 0;
  const took = (chunk: Uint8Array): void => {
    hash.update(chunk);
    have += chunk.length;
    progress.add(chunk.length);
    if (have > size) throw otherBytes(digest);
  };
  for await (const chunk of createReadStream(part)) took(chunk);
  let failures = 0;
  while (have < size) {
    const before = have;
    try {
      for await (const chunk of chunksFrom(client, digest, have)) {
        await file.writeFile(chunk);
        took(chunk);
      }
      // Fewer than there are, and no failure: a proxy that cuts. Asked for again, with a pause.
      if (have < size) throw brokeOff(digest);
    } catch (cause) {
      if (have > before) failures = 0;
      const pause = PAUSES_MS[failures];
      if (!isPassing(cause) || pause === undefined) throw cause;
      failures += 1;
      await sleep(pause);
    }
  }
}

async function* chunksFrom(
  client: ApiClient,
  digest: string,
  start: number,
): AsyncGenerator<Uint8Array> {
  const silent = new AbortController();
  let timer = setTimeout(() => silent.abort(), SILENT_MS);
  try {
    const response = await client.stream(blobRoutes.get, {
      params: { digest },
      signal: silent.signal,
      ...(start === 0 ? {} : { headers: { range: `bytes=${start}-`, 'if-range': `"${digest}"` } }),
    });
    // The whole again, from a server that knows no ranges: what is here already is passed over.
    let skip = response.status === 206 ? 0 : start;
    for await (const chunk of response.body ?? []) {
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(), SILENT_MS);
      if (skip < chunk.length) yield chunk.subarray(skip);
      skip = Math.max(0, skip - chunk.length);
    }
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw brokeOff(digest, cause);
  } finally {
    clearTimeout(timer);
  }
}

function isPassing(cause: unknown): boolean {
  return cause instanceof CliError && cause.code === 'server_unreachable';
}

function brokeOff(digest: string, cause?: unknown): CliError {
  return new CliError(
    'server_unreachable',
    `the transfer of \`${digest.slice(0, 12)}\` broke off`,
    {
      details: { next: 'try the same command again; it goes on where it stopped' },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

function otherBytes(digest: string): CliError {
  return new CliError(
    'record_unverified',
    `the server sent other bytes than \`${digest.slice(0, 12)}\``,
  );
}
