// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CuttingServer {
  readonly endpoint: string;
  /** Range headers of the requests that came. */
  ranges(): readonly string[];
  /** From now on after so many bytes of each answer. */
  cutAt(bytes: number): void;
  /** From now on the connection is kept and nothing more is sent. */
  stallAt(bytes: number): void;
  stop(): Promise<void>;
}

/** Passes requests on to another server and breaks the connection after so many bytes of each body. */
export async function startCuttingServer(
  target: string,
  { bytes }: { readonly bytes: number },
): Promise<CuttingServer> {
  const ranges: string[] = [];
  let limit = bytes;
  let isKept = false;
  const server = createServer((incoming, outgoing) => {
    const { range } = incoming.headers;
    if (range !== undefined) ranges.push(range);
    // The signature covers the host that the client wrote; the server behind checks none.
    const passed = httpRequest(
      new URL(incoming.url ?? '/', target),
      { method: incoming.method, headers: incoming.headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        let sent = 0;
        answer.on('data', (chunk: Buffer) => {
          const part = chunk.subarray(0, limit - sent);
          sent += part.length;
          outgoing.write(part, () => {
            if (sent >= limit && !isKept) outgoing.destroy();
          });
        });
        answer.on('end', () => {
          if (sent < limit) outgoing.end();
        });
      },
    );
    incoming.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    ranges: () => ranges,
    cutAt: (next) => {
      [limit, isKept] = [next, false];
    },
    stallAt: (next) => {
      [limit, isKept] = [next, true];
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
