// SPDX-License-Identifier: Apache-2.0
// A gateway with the default bounds loses the server, then the database, then its clock; what it said goes into the guide.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OutageFirm, outageFirm } from './outage-firm.ts';
import { follow, type OutageGateway, outageGateway, type Second, table } from './outage-run.ts';

const F = 60;
const GUIDE = join(import.meta.dirname, '../../../docs/guides/what-a-gateway-does-in-an-outage.md');
let firm: OutageFirm;
let at: OutageGateway;

beforeAll(async () => {
  firm = await outageFirm();
  at = await outageGateway(firm, { freshnessMs: F * 1000 });
}, 120_000);
afterAll(async () => {
  await at?.gateway.close();
  await firm?.close();
});

const distinct = (rows: readonly Second[]) => [...new Set(rows.map(({ said }) => said))];

test('a gateway loses its server, its database and its clock, and a warrant is revoked meanwhile', async () => {
  const content = { warrant: firm.warrant, environment: 'production', reason: 'drift' };
  const revoke = () => firm.record({ type: 'deployment-record', kind: 'revoke', content }, 'risk');
  const rows = await follow(at, [
    { away: 'nothing', seconds: 5 },
    { away: 'server', act: firm.killServer, seconds: F + 15 },
    { away: 'nothing: server back', act: firm.startServer, seconds: 10 },
    { away: 'database', act: firm.stopDatabase, seconds: 10 },
    { away: 'nothing: database back', act: firm.startDatabase, seconds: 15 },
    { away: 'clock: an hour back', act: () => (at.clock = -3_600_000), seconds: 5 },
    { away: 'clock: an hour ahead', act: () => (at.clock = 3_600_000), seconds: 5 },
    { away: 'nothing: clock right', act: () => (at.clock = 0), seconds: 6 },
    { away: 'nothing: warrant revoked', act: revoke, seconds: 8 },
  ]);
  await writeGuide(rows);
  const during = (away: string) => rows.filter((row) => row.away === away);
  const server = during('server');
  for (const { said, statusAge = 0 } of server)
    if (said === 'model') expect(statusAge).toBeLessThanOrEqual(F);
  expect(server.slice(0, F - 5).every(({ said }) => said === 'model')).toBe(true);
  expect(distinct(server.slice(F + 5))).toEqual(['fallback: status_stale']);
  expect(during('nothing: server back').at(-1)?.said).toBe('model');
  expect(distinct(during('database').slice(3))).toEqual(['not_durable']);
  expect(during('nothing: database back').at(-1)?.said).toBe('model');
  for (const clock of ['clock: an hour back', 'clock: an hour ahead'])
    expect(distinct(during(clock))).toEqual(['fallback: status_stale']);
  expect(during('nothing: clock right').at(-1)?.said).toBe('model');
  expect(distinct(during('nothing: warrant revoked').slice(6))).toEqual([
    'fallback: warrant_revoked',
  ]);
});

const BEGIN = '<!-- measured: begin -->';
const END = '<!-- measured: end -->';

/** Between the marks of the guide; the words around it are written by people. */
async function writeGuide(rows: readonly Second[]): Promise<void> {
  const text = await readFile(GUIDE, 'utf8');
  const measured = `Measured on ${new Date().toISOString().slice(0, 10)}, F = ${F} s, polls of 2 s:\n\n${table(rows)}`;
  const before = text.slice(0, text.indexOf(BEGIN) + BEGIN.length);
  await writeFile(GUIDE, `${before}\n\n${measured}\n\n${text.slice(text.indexOf(END))}`);
}
