// SPDX-License-Identifier: Apache-2.0
import { readFile, stat } from 'node:fs/promises';
import { type BlobReply, blobRoutes, DIGESTS_ASKED_MAX } from '@countersign/contract';
import { CliError } from '../errors.ts';
import type { Session } from '../session.ts';
import type { ApiClient } from './api-client.ts';
import { hashFile } from './hash-file.ts';
import { inParallel } from './in-parallel.ts';
import type { LocalFile } from './local-files.ts';
import { showTransfer, type TransferProgress } from './transfer-progress.ts';
import { type FileToSend, retried, uploadFile } from './upload-file.ts';

export interface StoredFile extends LocalFile {
  readonly digest: string;
  readonly size: number;
}

export interface StoredFiles {
  readonly files: readonly StoredFile[];
  /** Of `files`, distinct contents that the server did not hold. */
  readonly sent: number;
  readonly sentBytes: number;
}

/** Files read, and files sent, at once: a disk and a connection are no faster with more. */
const AT_ONCE = 4;
/** Up to this length a file is one request. */
const ONE_REQUEST_BYTES_MAX = 4 * 1024 * 1024;
/** Small files wait for the server's disk to have each: it takes many in the time of one. */
const SMALL_AT_ONCE = 16;

/** Stores bytes in one request. @throws CliError of the client */
export async function storeBytes(client: ApiClient, body: Uint8Array): Promise<BlobReply> {
  return client.call(blobRoutes.put, { body, contentType: 'application/octet-stream' });
}

/**
 * Stores files under their SHA-256: each is hashed here, what the server holds is not sent, and what breaks off goes on
 * where it stopped, also when the command is run again.
 * @throws CliError of the client, `file_missing`, `file_invalid`
 */
export async function storeFiles(
  session: Session,
  files: readonly LocalFile[],
): Promise<StoredFiles> {
  const hashed = await hashFiles(session, files);
  const distinct = [...new Map(hashed.map((one) => [one.digest, one])).values()];
  const client = session.client();
  const missing = await askMissing(client, distinct);
  const sentBytes = bytesOf(missing);
  const progress = showTransfer(session, `sending ${counted(missing.length)}`, sentBytes);
  await sendFiles(client, missing, progress);
  return { files: hashed, sent: missing.length, sentBytes };
}

/** A content and the file that it lies in, which nobody writes to. */
export type HashedContent = Omit<FileToSend, 'upload'>;

/**
 * Sends those of some contents, each named once, that the server does not hold.
 * @returns how many were sent, and the bytes of these and of the others
 * @throws CliError of the client
 */
export async function sendContents(
  client: ApiClient,
  contents: readonly HashedContent[],
  progress: TransferProgress,
): Promise<{ readonly files: number; readonly bytes: number; readonly heldBytes: number }> {
  const missing = await askMissing(client, contents);
  const bytes = bytesOf(missing);
  await sendFiles(client, missing, progress);
  return { files: missing.length, bytes, heldBytes: bytesOf(contents) - bytes };
}

function bytesOf(files: readonly { readonly size: number }[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

async function sendFiles(
  client: ApiClient,
  missing: readonly FileToSend[],
  progress: TransferProgress,
): Promise<void> {
  const isSmall = ({ size }: FileToSend): boolean => size <= ONE_REQUEST_BYTES_MAX;
  await inParallel(missing.filter(isSmall), SMALL_AT_ONCE, (file) =>
    sendSmall(client, file, progress),
  );
  const large = missing.filter((file) => !isSmall(file));
  await inParallel(large, AT_ONCE, (file) => uploadFile(client, file, progress));
}

async function hashFiles(
  session: Session,
  files: readonly LocalFile[],
): Promise<readonly StoredFile[]> {
  const sizes = await inParallel(files, AT_ONCE, ({ from }) => sizeOf(from));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const progress = showTransfer(session, `reading ${counted(files.length)}`, total);
  return inParallel(files, AT_ONCE, async (file) => {
    // What was named is opened as it is; what was found below a directory is no link.
    const isLinkFollowed = files.length === 1;
    return { ...file, ...(await hashFile(file.from, { read: progress.add, isLinkFollowed })) };
  });
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    throw new CliError('file_missing', `\`${path}\` cannot be read; check the path`, { cause });
  }
}

async function askMissing(
  client: ApiClient,
  files: readonly HashedContent[],
): Promise<readonly FileToSend[]> {
  const byDigest = new Map(files.map((file) => [file.digest, file]));
  const wanted: FileToSend[] = [];
  for (let from = 0; from < files.length; from += DIGESTS_ASKED_MAX) {
    const digests = files.slice(from, from + DIGESTS_ASKED_MAX).map(({ digest }) => digest);
    const { missing } = await client.call(blobRoutes.missing, { body: { digests } });
    for (const { digest, upload } of missing) {
      const file = byDigest.get(digest);
      if (file !== undefined) wanted.push({ ...file, upload });
    }
  }
  return wanted;
}

async function sendSmall(
  client: ApiClient,
  file: FileToSend,
  progress: TransferProgress,
): Promise<void> {
  const bytes = await readFile(file.from);
  const { digest } = await retried(() => storeBytes(client, bytes));
  progress.add(file.size);
  if (digest === file.digest) return;
  throw new CliError('file_invalid', `\`${file.from}\` was changed while it was sent`, {
    details: { next: 'let nothing write to it, and try again' },
  });
}

function counted(files: number): string {
  return files === 1 ? '1 file' : `${files} files`;
}
