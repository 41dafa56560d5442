// SPDX-License-Identifier: Apache-2.0
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DIGESTS_ASKED_MAX } from '@countersign/contract';
import { type BlobStore, readTreeManifest } from '@countersign/pipeline';
import { type HashedContent, sendContents } from '../client/store-files.ts';
import { showTransfer } from '../client/transfer-progress.ts';
import type { Session } from '../session.ts';

export interface SentVersion {
  /** Contents that the platform did not hold. */
  readonly files: number;
  readonly bytes: number;
}

/**
 * Sends what the platform lacks of a data version out of this machine's store, whose contents nobody writes to: files
 * first and the manifest last, so that a version that is there is there whole. What breaks off goes on when it is called
 * again.
 * @throws CliError of the client; PipelineError when the store here is damaged
 */
export async function sendVersion(
  session: Session,
  blobs: BlobStore,
  version: { readonly digest: string; readonly bytes: number },
): Promise<SentVersion> {
  const client = session.client();
  const progress = showTransfer(session, 'sending', version.bytes);
  const sent = { files: 0, bytes: 0 };
  // A content that several paths share is in the batch once, and held by the platform when the next asks.
  const batch = new Map<string, HashedContent>();
  const send = async (): Promise<void> => {
    const { files, bytes, heldBytes } = await sendContents(client, [...batch.values()], progress);
    progress.add(heldBytes);
    sent.files += files;
    sent.bytes += bytes;
    batch.clear();
  };
  for await (const entry of readTreeManifest(blobs, version.digest)) {
    if (!('digest' in entry)) continue;
    batch.set(entry.digest, contentOf(blobs, entry));
    if (batch.size === DIGESTS_ASKED_MAX) await send();
  }
  if (batch.size > 0) await send();
  const manifest = contentOf(blobs, { digest: version.digest, size: 0 });
  const { size } = await stat(manifest.from);
  await sendContents(client, [{ ...manifest, size }], progress);
  return sent;
}

function contentOf(
  { place }: BlobStore,
  { digest, size }: { readonly digest: string; readonly size: number },
): HashedContent {
  return { digest, size, from: join(place.root, 'sha256', digest.slice(0, 2), digest) };
}
