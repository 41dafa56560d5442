// SPDX-License-Identifier: Apache-2.0
// The log's key is replaced, and the gateway's own is suspended, under a gateway that runs.
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Gateway } from '@countersign/gateway';
import { keyEntryJson, type Predicate, publicKeyOf } from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newHolder, type Person, signPredicate, WORKSPACE } from '../../kernel/tests/firm.ts';
import { type TestDatabase, testDatabase } from '../../server/tests/database.ts';
import {
  ARTIFACT_FILES,
  type FixtureServer,
  fixtureServer,
  MODEL_BYTES,
  REASONS_BYTES,
} from './fixture-server.ts';
import { ask, said, startFixture, stateDirectory } from './start-fixture.ts';
import { type StaticServer, staticServer, writeFeed } from './static-feed.ts';

let database: TestDatabase;
let server: FixtureServer;
let directory: string;
let files: StaticServer;
let stateDir: string;
const open: Gateway[] = [];
/** Of the gateway, beside the true clock. */
let ahead = 0;

beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(async () => {
  ahead = 0;
  server = await fixtureServer();
  directory = mkdtempSync(join(tmpdir(), 'gateway-keys-'));
  stateDir = stateDirectory();
  files = await staticServer(directory);
  mkdirSync(join(directory, 'blobs'));
  for (const [index, bytes] of [MODEL_BYTES, REASONS_BYTES].entries())
    writeFileSync(join(directory, 'blobs', ARTIFACT_FILES[index]?.digest ?? ''), bytes);
  await writeFeed(directory, server.firm);
});
afterEach(async () => {
  for (const gateway of open.splice(0)) await gateway.close();
  await files.close();
  await server.close();
});
afterAll(() => database.drop());

async function start(change: Partial<Parameters<typeof startFixture>[1]> = {}): Promise<Gateway> {
  const gateway = await startFixture(server, {
    databaseUrl: database.url,
    feeds: [{ kind: 'files', url: files.url }],
    stateDir,
    monotonicMs: () => performance.now() + ahead,
    ...change,
  });
  open.push(gateway);
  return gateway;
}

/** Two administrators and the new key itself put it in the place of the old. */
async function replaceLogKey(): Promise<Person> {
  const { firm } = server;
  const { ada, alan, log } = firm.people;
  const next = newHolder({ kind: 'service', service: 'log', name: 'log' });
  const predicate: Predicate = {
    type: 'key-enrolment',
    scope: 'firm',
    subjectRef: { workspace: WORKSPACE },
    producer: 'human',
    actor: 'ada',
    claimedAt: firm.now(),
    source: [],
    founding: firm.root,
    content: {
      key: keyEntryJson({
        key: publicKeyOf(p, next.signer.algorithm, next.spki),
        holder: next.holder,
      }),
      replaces: log.signer.keyid,
    },
  };
  const envelope = await signPredicate(predicate, [ada.signer, alan.signer, next.signer]);
  const digest = firm.log(envelope);
  expect(firm.set().byDigest.has(digest)).toBe(true);
  firm.people.log = next;
  return log;
}

const retired = () =>
  (
    JSON.parse(readFileSync(join(stateDir, 'gateway-1.seen.json'), 'utf8')) as {
      retiredLogKeys?: string[];
    }
  ).retiredLogKeys;

describe('a replaced log key', () => {
  test('is learnt from the records, and from then on the old one signs nothing', async () => {
    const gateway = await start();
    const old = await replaceLogKey();
    await writeFeed(directory, server.firm);
    await gateway.deployments.refresh();
    expect(await said(gateway)).toBe('200 model');
    expect(retired()).toEqual([old.signer.keyid]);
    await writeFeed(directory, server.firm, { signers: [old.signer] });
    await expect(gateway.deployments.refresh()).rejects.toThrow(/no log key that counts/);
  });

  test('stays retired over a restart, whatever records are held back', async () => {
    await (await start()).close();
    open.pop();
    const before = readFileSync(join(directory, 'trust'));
    const old = await replaceLogKey();
    await writeFeed(directory, server.firm);
    await (await start()).close();
    open.pop();
    await writeFeed(directory, server.firm, { signers: [old.signer] });
    await expect(start()).rejects.toThrow(/no log key that counts/);
    // Who shows the records of before hides one that this gateway has seen.
    writeFileSync(join(directory, 'trust'), before);
    await expect(start()).rejects.toThrow(/which was there before/);
  });

  test('needs no word while both sign', async () => {
    const gateway = await start();
    const old = await replaceLogKey();
    await writeFeed(directory, server.firm, {
      signers: [old.signer, server.firm.people.log.signer],
    });
    await gateway.deployments.refresh();
    expect(await said(gateway)).toBe('200 model');
  });

  test('that no administrator enrolled signs nothing', async () => {
    const gateway = await start();
    const stranger = newHolder({ kind: 'service', service: 'log', name: 'log' });
    await writeFeed(directory, server.firm, { signers: [stranger.signer] });
    await expect(gateway.deployments.refresh()).rejects.toThrow(/no log key that counts/);
    expect(await said(gateway)).toBe('200 model');
  });
});

describe('the gateway’s own key', () => {
  const change = (kind: string) =>
    server.firm.add(
      {
        type: 'key-change',
        kind,
        scope: 'firm',
        content: { keyid: server.firm.people.gateway.signer.keyid, reason: 'the disk was lost' },
      },
      'ada',
    );

  test('once suspended stops every answer, fallbacks too, and records nothing', async () => {
    const gateway = await start();
    expect(await said(gateway)).toBe('200 model');
    await change('suspend');
    await writeFeed(directory, server.firm);
    ahead += 10_000;
    await gateway.deployments.refresh();
    const { status, body } = await ask(gateway);
    expect(status).toBe(503);
    expect(body.error).toMatchObject({ code: 'key_not_in_force' });
    expect(body.error?.message).toMatch(/is suspended since/);
    expect(body.error).not.toHaveProperty('id');
  });

  test('that is suspended lets no gateway start', async () => {
    await change('suspend');
    await writeFeed(directory, server.firm);
    await expect(start()).rejects.toMatchObject({ code: 'key_not_in_force' });
  });
});
