// SPDX-License-Identifier: Apache-2.0
import { ServerError } from '../errors.ts';

/** The chunks of a body of unknown length, up to a limit. @throws ServerError `request_too_large` */
export async function* limitBytes(
  source: AsyncIterable<Uint8Array>,
  bytesMax: number,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > bytesMax) {
      throw new ServerError('request_too_large', `the body is larger than ${bytesMax} bytes`);
    }
    yield chunk;
  }
}
