// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordsOfType } from '@countersign/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../src/config-file.ts';
import { foundFirm } from '../src/found-firm.ts';
import type { Founded } from '../src/identity/found.ts';
import { type RunningServer, startServer } from '../src/start.ts';
import { PASSPHRASE, PASSWORD, PEOPLE, printedName } from './server-fixture.ts';

let parent: string;
let dataDir: string;
let founded: Founded;
let server: RunningServer;

const people = PEOPLE.map((person) => ({
  ...person,
  printedName: printedName(person.account),
  passphrase: PASSPHRASE,
  password: PASSWORD,
}));
const plan = { firm: 'Second Street Credit', demonstration: true, people };

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'countersign-start-'));
  dataDir = join(parent, 'firm');
  founded = await foundFirm({ dataDir, ...plan });
  server = await startServer({ dataDir, port: 0 });
});
afterAll(async () => {
  await server.close();
  await rm(parent, { recursive: true, force: true });
});

const get = async (path: string, account = 'dev') => {
  const token = await readFile(join(dataDir, 'people', account, 'token'), 'utf8');
  return fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${token.trim()}` } });
};

describe('a founded firm', () => {
  test('has its root in config.json and in the first record of the log', async () => {
    const config = await readConfig(dataDir);
    expect(config).toMatchObject({
      root: founded.root,
      firm: plan.firm,
      workspace: 'main',
      demonstration: true,
    });
    const set = await server.context.records.current();
    expect(set.records[0]?.digest).toBe(founded.root);
    // Signers come in the order of their key ids, which are random.
    const holders = set.records[0]?.signers.map(({ holder }) => holder) ?? [];
    expect(holders).toHaveLength(2);
    expect(holders).toEqual(
      expect.arrayContaining([
        { kind: 'person', account: 'ada', roles: ['administrator'] },
        { kind: 'person', account: 'ben', roles: ['administrator'] },
      ]),
    );
    expect(recordsOfType(set, 'founding')).toHaveLength(1);
  });

  test('keeps its keys to itself, and people’s keys under their passphrases', async () => {
    for (const name of [
      'keys/log.json',
      'keys/platform.json',
      'keys/gateway.json',
      'keys/sign-in-secret',
      'config.json',
      'people/dev/key.json',
      'people/dev/token',
    ]) {
      const { mode } = await stat(join(dataDir, name));
      expect([name, (mode & 0o777).toString(8)]).toEqual([name, '600']);
    }
    expect(await readFile(join(dataDir, 'people/dev/key.json'), 'utf8')).toContain(
      'BEGIN ENCRYPTED PRIVATE KEY',
    );
  });

  test('is founded once', async () => {
    await expect(foundFirm({ dataDir, ...plan })).rejects.toMatchObject({
      code: 'already_founded',
    });
  });

  test('whose founding was cut short says so, and what to do', async () => {
    const half = await mkdtemp(join(tmpdir(), 'countersign-half-'));
    await mkdir(join(half, 'people', 'ada'), { recursive: true });
    await expect(foundFirm({ ...plan, dataDir: half })).rejects.toMatchObject({
      code: 'founding_interrupted',
      message: expect.stringContaining('remove the directory'),
    });
    expect(await readdir(half)).toEqual(['people']);
    await rm(half, { recursive: true });
  });

  test.each([
    [
      'one administrator',
      { people: people.filter(({ account }) => account !== 'ben') },
      /1 administrators/,
    ],
    ['an account twice', { people: [...people, ...people.slice(-1)] }, /named twice/],
    [
      'a passphrase that is the password',
      { people: people.map((person) => ({ ...person, passphrase: person.password })) },
      /same as the password/,
    ],
  ])('is not founded with %s', async (name, over, says) => {
    const place = join(parent, name.replaceAll(' ', '-'));
    await expect(foundFirm({ dataDir: place, ...plan, ...over })).rejects.toThrow(says);
    await expect(readConfig(place)).rejects.toMatchObject({ code: 'not_founded' });
  });
});

describe('a started server', () => {
  test('is ready when startServer resolves, and answers over HTTP', async () => {
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    expect(await (await get('/v1/me')).json()).toMatchObject({
      account: 'dev',
      root: founded.root,
    });
    expect((await fetch(`${server.url}/v1/status`)).status).toBe(200);
  });

  test('comes back after a stop where it was', async () => {
    const before = await server.context.records.current();
    await server.close();
    server = await startServer({ dataDir, port: 0 });
    const after = await server.context.records.current();
    expect(after.records.map(({ digest }) => digest)).toEqual(
      before.records.map(({ digest }) => digest),
    );
    expect((await get('/v1/me', 'val')).status).toBe(200);
  });

  test('refuses a directory without a firm', async () => {
    await expect(startServer({ dataDir: join(parent, 'nothing'), port: 0 })).rejects.toMatchObject({
      code: 'not_founded',
    });
  });
});
