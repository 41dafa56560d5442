// SPDX-License-Identifier: Apache-2.0
// A gateway whose clock is moved: neither way does a model answer longer.
import type { Gateway } from '@countersign/gateway';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/tests/database.ts';
import { type FixtureServer, fixtureServer } from './fixture-server.ts';
import { said, startFixture } from './start-fixture.ts';

let database: TestDatabase;
let server: FixtureServer;
let gateway: Gateway;
/** Of the gateway, beside the true ones, in milliseconds. */
let wall = 0;
let monotonic = 0;
const notices: string[] = [];

beforeAll(async () => {
  database = await testDatabase();
  server = await fixtureServer();
});
beforeEach(async () => {
  [wall, monotonic] = [0, 0];
  gateway = await startFixture(server, {
    databaseUrl: database.url,
    nowMs: () => Date.now() + wall,
    monotonicMs: () => performance.now() + monotonic,
    freshnessMs: 30_000,
    notice: (text) => notices.push(text),
  });
});
afterEach(() => gateway.close());
afterAll(async () => {
  await server.close();
  await database.drop();
});

const pass = (ms: number) => {
  wall += ms;
  monotonic += ms;
};

describe('the model answers', () => {
  test('until its status is as old as the bound that was configured, and no longer', async () => {
    pass(28_000);
    expect(await said(gateway)).toBe('200 model');
    pass(4_000);
    expect(await said(gateway)).toBe('200 fallback status_stale');
  });

  test('with a clock that is a little behind the log', async () => {
    wall = -4_000;
    expect(await said(gateway)).toBe('200 model');
  });
});

describe('the model does not answer', () => {
  test('with a clock set back below the time of the status', async () => {
    wall = -3_600_000;
    expect(await said(gateway)).toBe('200 fallback status_stale');
    // Nor does it take a status from what is the future to it.
    await expect(gateway.deployments.refresh()).rejects.toThrow(/clock is behind/);
  });

  test('with a clock that jumps ahead, not even on a fresh status', async () => {
    wall = 3_600_000;
    expect(await said(gateway)).toBe('200 fallback status_stale');
    await gateway.deployments.refresh();
    expect(await said(gateway)).toBe('200 fallback status_stale');
  });

  test('longer for a clock that is set back bit by bit as time passes', async () => {
    for (let second = 0; second < 32; second += 4) {
      pass(4_000);
      wall -= 4_000;
    }
    // To the wall clock no time has passed at all.
    expect(Math.abs(wall)).toBe(0);
    expect(await said(gateway)).toBe('200 fallback status_stale');
  });

  test('past the end of its warrant with a clock held back within what is tolerated', async () => {
    const { expires } = gateway.deployments.held().warrants[0] ?? { expires: '' };
    const left = Date.parse(expires) - Date.now();
    server.lies.status = (status) => ({
      ...status,
      time: new Date(Date.now() + left - 1000).toISOString(),
    });
    pass(left - 1000);
    await gateway.deployments.refresh();
    expect(await said(gateway)).toBe('200 model');
    pass(2_000);
    wall -= 4_000;
    expect(await said(gateway)).toBe('200 fallback warrant_expired');
    delete server.lies.status;
  });
});

test('a warrant is warned of once with 30 and once with 7 days left', async () => {
  const about = () => notices.filter((text) => text.includes('consumer-credit@1'));
  notices.length = 0;
  const at = async (days: number) => {
    const { expires } = gateway.deployments.held().warrants[0] ?? { expires: '' };
    const time = Date.parse(expires) - days * 86_400_000;
    pass(time - (Date.now() + wall));
    server.lies.status = (status) => ({ ...status, time: new Date(time).toISOString() });
    await gateway.deployments.refresh();
    await gateway.deployments.refresh();
    return about().length;
  };
  // The warrant of the fixture runs for less than sixty days, which was said when the gateway started.
  expect(await at(20.5)).toBe(0);
  expect(await at(6.5)).toBe(1);
  expect(await at(3.5)).toBe(1);
  expect(about()[0]).toMatch(/ends in 6 days/);
  expect(gateway.deployments.held().warrants[0]?.daysLeft).toBe(3);
  delete server.lies.status;
});
