// SPDX-License-Identifier: Apache-2.0
import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';

/** What the processes of a scorer write to standard error. */
export interface ErrorLog {
  /** Reads a stream to its end. */
  drain(stream: Readable): void;
  /** The last of it, for an error message. */
  tail(): string;
  close(): Promise<void>;
}

const BYTES_MAX = 1024 * 1024;
const TAIL_CHARS = 1000;

/** A file of 1 MiB at most, from the scorer's opening on: what comes later is read and dropped. */
export function openErrorLog(path: string): ErrorLog {
  const file = createWriteStream(path, { flags: 'w', mode: 0o600 });
  // A log that cannot be written must not end what is logged.
  file.on('error', () => {});
  let left = BYTES_MAX;
  let last = '';
  return {
    drain(stream) {
      stream.on('data', (chunk: Buffer) => {
        last = `${last}${chunk.toString('utf8')}`.slice(-TAIL_CHARS);
        const kept = chunk.subarray(0, left);
        left -= kept.length;
        if (kept.length > 0) file.write(kept);
      });
    },
    tail: () => last.trim(),
    close: () => new Promise((resolve) => file.end(() => resolve())),
  };
}
