// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { latestDemonstration, resolveProfile } from './profile.ts';

const ROOT = 'ab'.repeat(32);

function dataDirectory(parent: string, name: string, port: number): string {
  const directory = join(parent, name);
  mkdirSync(join(directory, 'people', 'ada.admin'), { recursive: true });
  const config = {
    v: 1,
    root: ROOT,
    firm: 'Bank',
    workspace: 'retail',
    demonstration: true,
    ports: { api: port, gateway: port + 1 },
  };
  writeFileSync(join(directory, 'config.json'), JSON.stringify(config));
  writeFileSync(join(directory, 'people', 'ada.admin', 'token'), 'token-of-ada\n');
  return directory;
}

const scratch = () => mkdtempSync(join(tmpdir(), 'countersign-profile-'));

describe('resolveProfile', () => {
  test('takes ports, root, workspace and token from the data directory', () => {
    const cwd = scratch();
    dataDirectory(cwd, 'bank', 5100);
    const profile = resolveProfile({ env: {}, cwd, data: 'bank', as: 'ada.admin' });
    expect(profile).toMatchObject({
      dataDir: join(cwd, 'bank'),
      account: 'ada.admin',
      serverUrl: 'http://127.0.0.1:5100',
      gatewayUrl: 'http://127.0.0.1:5101',
      workspace: 'retail',
      root: ROOT,
      token: 'token-of-ada',
      keyFile: join(cwd, 'bank', 'people', 'ada.admin', 'key.json'),
    });
  });

  test('options come before the environment, the environment before files', () => {
    const cwd = scratch();
    dataDirectory(cwd, 'bank', 5100);
    const env = {
      COUNTERSIGN_DATA: join(cwd, 'bank'),
      COUNTERSIGN_AS: 'ada.admin',
      COUNTERSIGN_SERVER: 'https://bank.example/',
      COUNTERSIGN_TOKEN: 'other',
      COUNTERSIGN_ROOT: 'cd'.repeat(32),
    };
    expect(resolveProfile({ env, cwd })).toMatchObject({
      account: 'ada.admin',
      serverUrl: 'https://bank.example',
      token: 'other',
      root: 'cd'.repeat(32),
    });
    const options = resolveProfile({ env, cwd, as: 'omar.owner', server: 'http://x' });
    expect(options).toMatchObject({ account: 'omar.owner', serverUrl: 'http://x' });
  });

  test('an account that is no account is refused before a path is made of it', () => {
    expect(() => resolveProfile({ env: {}, cwd: scratch(), as: '../root' })).toThrow(
      'is not an account',
    );
  });

  test('a configuration that cannot be read is named', () => {
    const cwd = scratch();
    mkdirSync(join(cwd, 'bank'));
    writeFileSync(join(cwd, 'bank', 'config.json'), '{"root": "x", "root": "y"}');
    expect(() => resolveProfile({ env: {}, cwd, data: 'bank' })).toThrow(
      join(cwd, 'bank', 'config.json'),
    );
  });

  test('without a data directory of one’s own the newest demonstration is taken', () => {
    const cwd = scratch();
    dataDirectory(join(cwd, '.countersign'), 'demo-20261121-090000', 5200);
    const last = dataDirectory(join(cwd, '.countersign'), 'demo-20261122-090000', 5300);
    mkdirSync(join(cwd, '.countersign', 'demo-20261123-090000')); // cut off before it was founded
    expect(latestDemonstration(cwd)).toBe(last);
    expect(resolveProfile({ env: { HOME: scratch() }, cwd }).dataDir).toBe(last);
  });
});
