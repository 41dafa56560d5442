// SPDX-License-Identifier: Apache-2.0
// A gateway whose feed is a directory of files behind a static HTTP server.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FeedSource, Gateway } from '@countersign/gateway';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MODEL, USE } from '../../kernel/tests/credit-model.ts';
import { type TestDatabase, testDatabase } from '../../server/tests/database.ts';
import { type FixtureServer, fixtureServer, MODEL_BYTES, REASONS_BYTES } from './fixture-server.ts';
import { said, startFixture, stateDirectory } from './start-fixture.ts';
import { type StaticServer, staticServer, writeFeed } from './static-feed.ts';

let database: TestDatabase;
let server: FixtureServer;
let directory: string;
let files: StaticServer;
const open: Gateway[] = [];

beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(async () => {
  server = await fixtureServer();
  directory = mkdtempSync(join(tmpdir(), 'gateway-files-'));
  files = await staticServer(directory);
  mkdirSync(join(directory, 'blobs'));
  for (const bytes of [MODEL_BYTES, REASONS_BYTES])
    writeFileSync(
      join(directory, 'blobs', createHash('sha256').update(bytes).digest('hex')),
      bytes,
    );
  await writeFeed(directory, server.firm);
});
afterEach(async () => {
  for (const gateway of open.splice(0)) await gateway.close();
  await server.close();
  await files.close();
});
afterAll(() => database.drop());

async function start(change: Partial<Parameters<typeof startFixture>[1]> = {}): Promise<Gateway> {
  const gateway = await startFixture(server, {
    databaseUrl: database.url,
    feeds: [{ kind: 'files', url: files.url }],
    ...change,
  });
  open.push(gateway);
  return gateway;
}

const grow = async (records: number) => {
  const subjectRef = { workspace: 'main', model: MODEL, use: USE };
  for (let n = 0; n < records; n += 1) {
    await server.firm.add(
      { type: 'intended-use', scope: 'use', subjectRef, content: { n } },
      'omar',
    );
  }
};

const revoke = () =>
  server.firm.add(
    {
      type: 'deployment-record',
      kind: 'revoke',
      content: { warrant: server.production, environment: 'production', reason: 'drift' },
    },
    'mia',
  );

describe('a feed of files', () => {
  test('is enough to start, answer and see a revocation, without API or query', async () => {
    const gateway = await start();
    expect(await said(gateway)).toBe('200 model');
    await revoke();
    await writeFeed(directory, server.firm);
    await gateway.deployments.refresh();
    expect(await said(gateway)).toBe('200 fallback warrant_revoked');
    expect(server.asked).toEqual([]);
    const asked = new Set(files.asked.map((path) => path.split('/')[1]));
    expect([...asked].sort()).toEqual(['blobs', 'bundles', 'status', 'tile', 'trust']);
    expect(files.asked.join('')).not.toContain('?');
  });

  test('proves a grown log from tiles, also once partial tiles have become full ones', async () => {
    const gateway = await start();
    const before = server.firm.entries.length;
    await grow(256 - before);
    await writeFeed(directory, server.firm);
    expect(existsSync(join(directory, 'tile/0/000'))).toBe(true);
    await gateway.deployments.refresh();
    expect(gateway.deployments.held().status?.size).toBe(256);
    await grow(20);
    await writeFeed(directory, server.firm);
    await gateway.deployments.refresh();
    expect(gateway.deployments.held().status?.size).toBe(276);
    expect(await said(gateway)).toBe('200 model');
  });

  test('whose status is of a tree that has since been covered by a full tile is proven from that', async () => {
    const gateway = await start();
    const older = readFileSync(join(directory, 'status'));
    await grow(1);
    await writeFeed(directory, server.firm);
    const status = readFileSync(join(directory, 'status'));
    await grow(256 - server.firm.entries.length);
    await writeFeed(directory, server.firm);
    expect(older).not.toEqual(status);
    writeFileSync(join(directory, 'status'), status);
    await gateway.deployments.refresh();
    expect(await said(gateway)).toBe('200 model');
  });

  test.each([
    ['is a page of apology', '<html>try again</html>'],
    ['is another file', '{"v":1}'],
    ['is cut off', '{"payloadType":"application'],
  ])('whose status %s says nothing: what is held goes on until it is stale', async (_, text) => {
    let nowMs = Date.now();
    const gateway = await start({ nowMs: () => nowMs });
    writeFileSync(join(directory, 'status'), text);
    await expect(gateway.deployments.refresh()).rejects.toMatchObject({
      code: 'server_unreachable',
    });
    expect(await said(gateway)).toBe('200 model');
    nowMs += 61_000;
    expect(await said(gateway)).toBe('200 fallback status_stale');
  });

  test('with a damaged tile proves nothing and no fork', async () => {
    const gateway = await start();
    await grow(1);
    await writeFeed(directory, server.firm);
    const size = server.firm.entries.length;
    writeFileSync(join(directory, `tile/0/000.p/${size}`), 'short');
    await expect(gateway.deployments.refresh()).rejects.toMatchObject({
      code: 'server_unreachable',
    });
    expect(await said(gateway)).toBe('200 model');
  });

  test('with a byte changed in a published model lets nothing answer', async () => {
    const name = createHash('sha256').update(MODEL_BYTES).digest('hex');
    const bytes = Uint8Array.from(MODEL_BYTES, (byte, at) => (at === 100 ? byte ^ 1 : byte));
    writeFileSync(join(directory, 'blobs', name), bytes);
    await expect(start()).rejects.toThrow(/not the file that was approved/);
  });
});

describe('of several feeds', () => {
  const both = (): readonly FeedSource[] => [
    { kind: 'server', url: server.url },
    { kind: 'files', url: files.url },
  ];

  test('the files answer while the server is away', async () => {
    const gateway = await start({ feeds: both() });
    expect(files.asked).toEqual([]);
    server.lies.down = true;
    await revoke();
    await writeFeed(directory, server.firm);
    await gateway.deployments.refresh();
    expect(await said(gateway)).toBe('200 fallback warrant_revoked');
  });

  test('a gateway starts on the files alone with its server away', async () => {
    server.lies.down = true;
    expect(await said(await start({ feeds: both() }))).toBe('200 model');
  });

  test('one that lags behind is passed over and breaks nothing', async () => {
    const gateway = await start({ feeds: both() });
    await grow(3);
    await gateway.deployments.refresh();
    server.lies.down = true;
    // The files are of before: a smaller tree, but signed before the larger one was seen.
    await expect(gateway.deployments.refresh()).rejects.toThrow(/older than one seen before/);
    expect(await said(gateway)).toBe('200 model');
  });

  test('one that is stale leaves the word to the next', async () => {
    const old = new Date(Date.now() - 50_000).toISOString();
    await writeFeed(directory, server.firm, { time: old });
    const feeds = both().toReversed();
    const gateway = await start({ feeds });
    expect(gateway.deployments.held().statusAgeMs).toBeLessThan(40_000);
  });

  test('one that was cut back still stops the models, though another is well', async () => {
    const stateDir = stateDirectory();
    const gateway = await start({ feeds: both(), stateDir });
    await grow(2);
    await gateway.deployments.refresh();
    // Signed anew for a smaller tree: that is no lag.
    server.lies.status = (status) => ({ ...status, size: status.size - 1 });
    await expect(gateway.deployments.refresh()).rejects.toMatchObject({ code: 'log_rollback' });
    expect(await said(gateway)).toBe('200 fallback log_rollback');
  });
});
