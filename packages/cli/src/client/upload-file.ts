// SPDX-License-Identifier: Apache-2.0
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { blobRoutes, TUS_MEDIA_TYPE, TUS_VERSION } from '@countersign/contract';
import { CliError } from '../errors.ts';
import type { ApiClient } from './api-client.ts';
import type { HashedFile } from './hash-file.ts';
import type { TransferProgress } from './transfer-progress.ts';

export interface FileToSend extends HashedFile {
  readonly from: string;
  /** Where an upload that has begun stands. */
  readonly upload?:
    | { readonly id: string; readonly size: number; readonly offset: number }
    | undefined;
}

/** Bytes of one request, which are in memory while it is under way. What arrives of a request that breaks off is kept. */
const PIECE_BYTES = 8 * 1024 * 1024;
/** A request that takes longer is made again for the rest: 8 MiB at 70 kB/s. */
const PIECE_MS = 120_000;
const TUS = { 'tus-resumable': TUS_VERSION };
/** After the n-th failure without a byte of progress; two minutes in all, in which a server is started again. */
const PAUSES_MS = [200, 500, 1000, 2000, 4000, 8000, 15_000, 30_000, 60_000];
/** Between two questions whether a large file has been hashed. */
const VERIFY_PAUSE_MS = 1000;
/** 100 GiB at 50 MB/s. */
const VERIFY_MS_MAX = 2_400_000;

/**
 * Sends a file by tus 1.0.0 and waits until the server holds it as a blob. Goes on where an earlier try stopped, and
 * tries again when the connection breaks.
 * @throws CliError `server_unreachable` when it stays broken, `api_refused`, `file_missing`
 */
export async function uploadFile(
  client: ApiClient,
  file: FileToSend,
  progress: TransferProgress,
): Promise<void> {
  const id = await openUpload(client, file);
  if (id === undefined) {
    progress.add(file.size);
    return;
  }
  const handle = await open(file.from, 'r').catch((cause) => {
    throw new CliError('file_missing', `\`${file.from}\` cannot be read; check the path`, {
      cause,
    });
  });
  try {
    await sendPieces(client, { id, size: file.size, handle }, progress);
  } finally {
    await handle.close();
  }
  await untilStored(client, id, file.from);
}

/** Undefined when the server holds the bytes already. */
async function openUpload(client: ApiClient, file: FileToSend): Promise<string | undefined> {
  const { upload, digest, size } = file;
  if (upload !== undefined && upload.size === size) return upload.id;
  const metadata = `sha256 ${Buffer.from(digest).toString('base64')}`;
  const created = await retried(() =>
    client.call(blobRoutes.create, {
      headers: { ...TUS, 'upload-length': String(size), 'upload-metadata': metadata },
    }),
  );
  return created.state === 'stored' ? undefined : created.id;
}

interface Sending {
  readonly id: string;
  readonly size: number;
  readonly handle: FileHandle;
}

async function sendPieces(
  client: ApiClient,
  sending: Sending,
  progress: TransferProgress,
): Promise<void> {
  const { id, size } = sending;
  const buffer = Buffer.allocUnsafe(Math.min(PIECE_BYTES, Math.max(size, 1)));
  let counted = 0;
  const reached = (offset: number): void => {
    if (offset > counted) progress.add(offset - counted);
    else progress.takeBack(counted - offset);
    counted = offset;
  };
  let failures = 0;
  let offset = await askOffset(client, id);
  reached(offset);
  while (offset < size) {
    try {
      const before = offset;
      offset = await sendPiece(client, sending, { offset, buffer });
      if (offset > before) failures = 0;
    } catch (cause) {
      await pauseAfter(failures, cause);
      failures += 1;
      const before = offset;
      offset = await askOffset(client, id);
      if (offset > before) failures = 0;
    }
    reached(offset);
  }
}

/** The offset behind the piece. */
async function sendPiece(
  client: ApiClient,
  { id, handle, size }: Sending,
  { offset, buffer }: { readonly offset: number; readonly buffer: Buffer },
): Promise<number> {
  const length = Math.min(buffer.length, size - offset);
  const { bytesRead } = await handle.read(buffer, 0, length, offset);
  if (bytesRead === 0) throw changed();
  const response = await client.stream(blobRoutes.append, {
    params: { id },
    headers: { ...TUS, 'upload-offset': String(offset) },
    body: buffer.subarray(0, bytesRead),
    contentType: TUS_MEDIA_TYPE,
    timeoutMs: PIECE_MS,
  });
  return offsetOf(response);
}

async function askOffset(client: ApiClient, id: string): Promise<number> {
  return retried(async () =>
    offsetOf(await client.stream(blobRoutes.offset, { params: { id }, headers: TUS })),
  );
}

function offsetOf(response: Response): number {
  const offset = Number(response.headers.get('upload-offset') ?? Number.NaN);
  if (Number.isSafeInteger(offset)) return offset;
  throw new CliError('server_answer_invalid', 'the server did not say where the upload stands');
}

async function untilStored(client: ApiClient, id: string, from: string): Promise<void> {
  for (let waited = 0; waited < VERIFY_MS_MAX; waited += VERIFY_PAUSE_MS) {
    const { state } = await retried(() => client.call(blobRoutes.upload, { params: { id } }));
    if (state === 'stored') return;
    if (state === 'refused') throw changed(from);
    await sleep(VERIFY_PAUSE_MS);
  }
  throw new CliError('server_unreachable', `the server is still hashing \`${from}\``, {
    details: { next: 'try the same command again later; nothing is sent twice' },
  });
}

function changed(from = 'a file'): CliError {
  return new CliError('file_invalid', `\`${from}\` was changed while it was sent`, {
    details: { next: 'let nothing write to it, and try again' },
  });
}

/** Asks again, with pauses, while the server cannot be reached. @throws what the last try threw */
export async function retried<T>(ask: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await ask();
    } catch (cause) {
      await pauseAfter(failures, cause);
    }
  }
}

/** Another client of the same person may be sending the same bytes: both go on from where the upload stands. */
const PASSING: ReadonlySet<string> = new Set(['upload_offset_wrong', 'upload_busy']);

async function pauseAfter(failures: number, cause: unknown): Promise<void> {
  if (!(cause instanceof CliError)) throw cause;
  const isPassing = cause.code === 'server_unreachable' || PASSING.has(cause.apiCode ?? '');
  const pause = PAUSES_MS[failures];
  if (!isPassing || pause === undefined) throw cause;
  await sleep(pause);
}
