// SPDX-License-Identifier: Apache-2.0
// A network between client and server that breaks where a test says.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Cut {
  readonly direction: 'to-server' | 'to-client';
  /** Bytes that still pass, on all connections together since the last cut. */
  readonly afterBytes: number;
  /** Before the connections end. */
  readonly meanwhile?: () => Promise<void> | void;
}

export interface CuttingProxy {
  readonly url: string;
  /** Cuts that have happened. */
  readonly count: () => number;
  close(): Promise<void>;
}

/** Passes bytes on to a port of this machine, and breaks every connection at each cut in turn; after the last, no more. */
export async function startCuttingProxy(
  port: number | (() => number),
  cuts: readonly Cut[],
): Promise<CuttingProxy> {
  const open = new Set<Socket>();
  const waiting = [...cuts];
  let passed = 0;
  let count = 0;
  const allows = (direction: Cut['direction'], length: number): number => {
    const [cut] = waiting;
    if (cut === undefined || cut.direction !== direction) return length;
    const left = cut.afterBytes - passed;
    passed += length;
    return Math.min(length, Math.max(0, left));
  };
  const breakAll = async (): Promise<void> => {
    const cut = waiting.shift();
    passed = 0;
    count += 1;
    await cut?.meanwhile?.();
    for (const socket of open) socket.destroy();
  };
  const pass = (from: Socket, to: Socket, direction: Cut['direction']): void => {
    from.on('data', (chunk: Buffer) => {
      const length = allows(direction, chunk.length);
      if (length > 0 && !to.write(chunk.subarray(0, length))) {
        from.pause();
        to.once('drain', () => from.resume());
      }
      if (length === chunk.length) return;
      from.pause();
      // What was allowed to pass arrives before the connection ends.
      to.write('', () => void breakAll());
    });
    from.on('end', () => to.end());
    from.on('close', () => to.destroy());
  };
  const proxy = createServer((client) => {
    const server = connect({ port: typeof port === 'number' ? port : port(), host: '127.0.0.1' });
    for (const socket of [client, server]) {
      open.add(socket);
      socket.on('error', () => {}); // a reset is what is tested
      socket.on('close', () => open.delete(socket));
    }
    pass(client, server, 'to-server');
    pass(server, client, 'to-client');
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    count: () => count,
    close: async () => {
      for (const socket of open) socket.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
