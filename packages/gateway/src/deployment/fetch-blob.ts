// SPDX-License-Identifier: Apache-2.0
import { type FetchLimits, type FetchSource, receive, receivedNothing } from './fetch-bytes.ts';

/** Bytes that an answer must have brought before it broke off for another to be asked for: 256 kB/s, or it is no feed. */
const PROGRESS_BYTES_MIN = 1024 * 1024;

/**
 * A body of any length: where an answer breaks off or takes longer than `timeoutMs`, the next one goes on behind what has
 * come, as long as each brings something. The bytes are nobody's word: whoever wants them checks their digest.
 * @throws GatewayError `server_unreachable`
 */
export async function fetchBlob(
  source: FetchSource,
  path: string,
  limits: FetchLimits,
): Promise<Uint8Array> {
  const received = receivedNothing();
  for (;;) {
    const before = received.size;
    try {
      await receive(source, { path, limits }, received);
      return new Uint8Array(Buffer.concat(received.chunks));
    } catch (error) {
      // An answer with the whole that begins again may end with less than before: that is no progress either.
      if (received.size - before < PROGRESS_BYTES_MIN) throw error;
    }
  }
}
