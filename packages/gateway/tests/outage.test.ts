// SPDX-License-Identifier: Apache-2.0
// The short form of outage.faults.test.ts: real server process, real PostgreSQL, a freshness bound of six seconds.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { PASSPHRASE } from '../../server/tests/server-fixture.ts';
import { ARTIFACT_FILES } from './fixture-server.ts';
import { MODEL, type OutageFirm, outageFirm, useRef } from './outage-firm.ts';
import { follow, type OutageGateway, outageGateway, type Second, table } from './outage-run.ts';
import { ask, said } from './start-fixture.ts';
import { staticServer } from './static-feed.ts';

const F = 6;
let firm: OutageFirm;
let at: OutageGateway;

beforeAll(async () => {
  firm = await outageFirm();
  at = await outageGateway(firm, { freshnessMs: F * 1000, pollMs: 500 });
});
afterAll(async () => {
  await at?.gateway.close();
  await firm?.close();
});

const during = (rows: readonly Second[], away: string) => rows.filter((row) => row.away === away);

test('a gateway loses its server, its database and its clock, one after the other', {
  timeout: 120_000,
}, async () => {
  const rows = await follow(at, [
    { away: 'nothing', seconds: 2 },
    { away: 'server', act: firm.killServer, seconds: F + 2, until: 'fallback: status_stale' },
    { away: 'nothing: server back', act: firm.startServer, seconds: 2, until: 'model' },
    { away: 'database', act: firm.stopDatabase, seconds: 3, until: 'not_durable' },
    { away: 'nothing: database back', act: firm.startDatabase, seconds: 2, until: 'model' },
    { away: 'clock: an hour back', act: () => (at.clock = -3_600_000), seconds: 2 },
    { away: 'clock: an hour ahead', act: () => (at.clock = 3_600_000), seconds: 2 },
    { away: 'nothing: clock right', act: () => (at.clock = 0), seconds: 2, until: 'model' },
  ]);
  console.log(table(rows));
  const server = during(rows, 'server');
  // Held for as long as the bound allows; then the fallback, and nothing else.
  for (const { said, statusAge = 0 } of server)
    if (said === 'model') expect(statusAge).toBeLessThanOrEqual(F);
  expect(distinct(server)).toEqual(['model', 'fallback: status_stale']);
  expect(during(rows, 'nothing: server back').at(-1)?.said).toBe('model');
  expect(during(rows, 'database').at(-1)?.said).toBe('not_durable');
  expect(during(rows, 'nothing: database back').at(-1)?.said).toBe('model');
  for (const clock of ['clock: an hour back', 'clock: an hour ahead'])
    expect(distinct(during(rows, clock))).toEqual(['fallback: status_stale']);
  expect(rows.at(-1)?.said).toBe('model');
});

const distinct = (rows: readonly Second[]) => [...new Set(rows.map(({ said }) => said))];

/** The command line as a process of its own; what `--json` prints. */
async function countersign(account: string, ...argv: readonly string[]) {
  const main = join(import.meta.dirname, '../../cli/src/main.ts');
  const env = {
    ...process.env,
    COUNTERSIGN_DATA: firm.dataDir,
    COUNTERSIGN_SERVER: firm.serverUrl,
    COUNTERSIGN_AS: account,
    COUNTERSIGN_PASSPHRASE: PASSPHRASE,
  };
  const ran = await promisify(execFile)(process.execPath, [main, ...argv, '--json'], { env });
  return JSON.parse(ran.stdout);
}

test('a suspended warrant is resumed by owner and validator over the closed finding, and not without', async () => {
  const { warrant } = firm;
  const ending = { warrant, environment: 'production', reason: 'drift' };
  const suspension = await firm.record(
    { type: 'deployment-record', kind: 'suspend', content: ending },
    'risk',
  );
  const answered = () =>
    expect.poll(async () => await said(at.gateway), { timeout: 20_000, interval: 100 });
  await answered().toBe('200 fallback warrant_suspended');
  const finding = (status: string, supersedes: object) =>
    firm.record(
      {
        ...{ type: 'finding', scope: 'use', subjectRef: useRef },
        content: {
          id: 'F-1',
          title: 'Drift',
          source: 'validation',
          description: 'The scores drift.',
          severity: 'high',
          status,
          blocking: status === 'open',
          owner: 'owner',
          due: '2027-01-01',
          ...(status === 'closed' ? { closure: 'mended', evidence: [suspension] } : {}),
        },
        ...supersedes,
      },
      'val',
    );
  const opened = await finding('open', {});
  const resume = (name: string) =>
    ({
      type: 'deployment-record',
      kind: 'resume',
      content: { ...ending, reason: 'mended', suspension, finding: name },
    }) as const;
  await expect(firm.record(resume(opened), 'owner', 'val')).rejects.toThrow(
    /finding is not closed/,
  );
  const closed = await finding('closed', { supersedes: opened });
  await expect(firm.record(resume(closed), 'risk')).rejects.toThrow(/record_refused/);
  const first = await countersign(
    'owner',
    'resume',
    warrant.slice(0, 12),
    '--finding',
    closed,
    '--reason',
    'mended',
  );
  const [waiting] = first.records as { digest: string; state: string; needs: string }[];
  expect(waiting).toMatchObject({
    state: 'awaiting-signatures',
    needs: expect.stringContaining('validator'),
  });
  expect(await said(at.gateway)).toBe('200 fallback warrant_suspended');
  const second = await countersign('val', 'sign', '--add', waiting?.digest ?? '');
  expect(second).toMatchObject({ digest: waiting?.digest, state: 'recorded' });
  await answered().toBe('200 model');
});

test('published files of a real server feed a gateway, which sees a revocation within five seconds', async () => {
  const files = await staticServer(join(firm.dataDir, 'published'));
  // The files are written once a second, so they may yet say what held before the warrant was resumed.
  const fed = await vi.waitFor(
    () => outageGateway(firm, { freshnessMs: 60_000, filesUrl: files.url }),
    { timeout: 20_000, interval: 250 },
  );
  try {
    expect(await said(fed.gateway)).toBe('200 model');
    const modelDigest = ARTIFACT_FILES[0]?.digest ?? '';
    expect(existsSync(join(firm.dataDir, 'published/blobs', modelDigest))).toBe(true);
    const served = await countersign(
      'ops',
      ...['serve', MODEL, '--demonstration', '--check', '--freshness', '30', '--port', '0'],
      ...['--feed', files.url, '--database-url', firm.databaseUrl],
    );
    expect(served.warrants).toMatchObject([{ warrant: firm.warrant, daysLeft: 28 }]);
    const content = { warrant: firm.warrant, environment: 'production', reason: 'drift' };
    await firm.record({ type: 'deployment-record', kind: 'revoke', content }, 'risk');
    const recorded = performance.now();
    for (const gateway of [at.gateway, fed.gateway]) {
      await expect
        .poll(async () => (await ask(gateway)).body.fallback?.code, {
          timeout: 20_000, // the seconds are measured below and in bench; a busy machine is no fault
          interval: 100,
        })
        .toMatch(/^warrant_(revoked|ended)$/);
    }
    console.log(
      `revoked: both answered by fallback after ${((performance.now() - recorded) / 1000).toFixed(1)} s`,
    );
    await expect
      .poll(async () => (await ask(fed.gateway)).body.fallback?.code, { timeout: 20_000 })
      .toBe('warrant_revoked');
    expect(existsSync(join(firm.dataDir, 'published/bundles', firm.warrant))).toBe(true);
    await expect
      .poll(() => existsSync(join(firm.dataDir, 'published/blobs', modelDigest)), {
        timeout: 20_000,
      })
      .toBe(false);
    expect(files.asked.every((path) => !path.includes('?') && !path.startsWith('/v1/'))).toBe(true);
  } finally {
    await fed.gateway.close();
    await files.close();
  }
});
