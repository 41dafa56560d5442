// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { openUploadStore, UPLOAD_LIMITS, type UploadStore } from '@countersign/pipeline';
import type { ServerConfig } from './config-file.ts';
import type { OpenData } from './open-data.ts';

const SWEEP_EVERY_MS = 15 * 60_000;
const DAY_MS = 86_400_000;

export interface RunningUploads {
  readonly store: UploadStore;
  close(): Promise<void>;
}

/** Opens the uploads beside the blobs, and sweeps abandoned ones now and every quarter of an hour. */
export async function startUploads(
  { dataDir, blobs }: Pick<OpenData, 'dataDir' | 'blobs'>,
  options: {
    readonly now: () => string;
    readonly limits: ServerConfig['uploads'] | undefined;
    readonly onFailure?: (error: unknown) => void;
  },
): Promise<RunningUploads> {
  const { bytesMax, openMax, keptDays, reserveBytes } = options.limits ?? {};
  const store = await openUploadStore({
    root: join(dataDir, 'blobs'),
    blobs,
    limits: {
      bytesMax: bytesMax ?? UPLOAD_LIMITS.bytesMax,
      openMax: openMax ?? UPLOAD_LIMITS.openMax,
      keptMs: keptDays === undefined ? UPLOAD_LIMITS.keptMs : keptDays * DAY_MS,
      reserveBytes: reserveBytes ?? UPLOAD_LIMITS.reserveBytes,
    },
    now: () => Date.parse(options.now()),
  });
  let sweeping: Promise<unknown> = Promise.resolve();
  const sweep = (): void => {
    // Tried again at the next turn: an abandoned file does no harm meanwhile.
    sweeping = store.sweep().catch((error: unknown) => options.onFailure?.(error));
  };
  sweep();
  const timer = setInterval(sweep, SWEEP_EVERY_MS);
  timer.unref();
  return {
    store,
    close: async () => {
      clearInterval(timer);
      await sweeping;
      await store.close();
    },
  };
}
