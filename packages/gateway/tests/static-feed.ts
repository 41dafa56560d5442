// SPDX-License-Identifier: Apache-2.0
// The files that a server publishes, made of a test firm, and an HTTP server that knows nothing but files.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import {
  fromBase64,
  leafHash,
  liveWarrants,
  newTiles,
  recordsOfType,
  type Signer,
  signStatus,
  tilePath,
} from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import type { Firm } from '../../kernel/tests/firm.ts';

export interface WrittenFeed {
  /** Who signs the status; the firm's log key unless given. */
  readonly signers?: readonly Signer[];
  readonly time?: string;
}

/** Status, keys, the live warrants' bundles and the tiles of the log as it is now; what was written before stays. */
export async function writeFeed(
  directory: string,
  firm: Firm,
  written: WrittenFeed = {},
): Promise<void> {
  const put = (path: string, bytes: string | Uint8Array) => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), bytes);
  };
  const time = written.time ?? new Date().toISOString();
  const bundle = await firm.bundle();
  const newLeafHashes = bundle.records.map(({ leaf }) => leafHash(p, fromBase64(leaf)));
  const readTile = () => new Uint8Array();
  for (const tile of newTiles(p, { oldSize: 0, newLeafHashes, readTile })) {
    // A full tile takes the place of the partial ones, as on a real log.
    const whole = tilePath(tile.level, tile.index, 256);
    if (tile.width === 256) rmSync(join(directory, `${whole}.p`), { recursive: true, force: true });
    put(tilePath(tile.level, tile.index, tile.width), tile.bytes);
  }
  const live = liveWarrants(firm.set(), time);
  const warrants = recordsOfType(firm.set(), 'deployment-record').filter(
    ({ statement }) => statement.predicate.kind === 'promote',
  );
  for (const { digest } of warrants) put(`bundles/${digest}`, JSON.stringify(bundle));
  put('trust', JSON.stringify(bundle));
  const [, size, root] = bundle.checkpoint.split('\n');
  const status = {
    founding: firm.root,
    size: Number(size),
    root: Buffer.from(root ?? '', 'base64').toString('hex'),
    time,
    live,
  };
  const signers = written.signers ?? [firm.people.log.signer];
  put('status', JSON.stringify(await signStatus(status, signers)));
}

export interface StaticServer {
  readonly url: string;
  /** Paths asked for, in order. */
  readonly asked: readonly string[];
  /** While true, connections are cut. */
  down: boolean;
  close(): Promise<void>;
}

/** GET of files below a directory; a request with a query, or anything else, is not understood. */
export async function staticServer(directory: string): Promise<StaticServer> {
  const asked: string[] = [];
  const state = { down: false };
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    asked.push(url);
    if (state.down) {
      request.socket.destroy();
      return;
    }
    try {
      if (request.method !== 'GET' || url.includes('?') || url.includes('..')) throw new Error();
      response.end(readFileSync(join(directory, url)));
    } catch {
      response.statusCode = 404;
      response.end('<h1>not found</h1>');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    get down() {
      return state.down;
    },
    set down(value) {
      state.down = value;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
