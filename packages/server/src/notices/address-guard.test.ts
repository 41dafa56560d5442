// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { checkedAddress } from './address-guard.ts';

const resolving =
  (...addresses: readonly string[]) =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
const judge = (host: string, allowPrivate = false, ...addresses: readonly string[]) =>
  checkedAddress(host, { allowPrivate, resolve: resolving(...addresses) });

const OWN = [
  '127.0.0.1',
  '127.8.9.1',
  '10.0.0.1',
  '172.16.3.4',
  '192.168.1.1',
  '100.64.0.1',
  '[::1]',
  '[fc00::1]',
  '[fd12:3456::1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:10.0.0.1]',
];

/** RFC 6890 and its registries; the clouds' own pages for metadata addresses. */
const NEVER = [
  '169.254.169.254',
  '169.254.170.2',
  '0.0.0.0',
  '255.255.255.255',
  '224.0.0.1',
  '192.0.0.192',
  '198.18.0.1',
  '240.0.0.1',
  '100.100.100.200',
  '168.63.129.16',
  '[::]',
  '[fe80::1]',
  '[ff02::1]',
  '[fd00:ec2::254]',
  '[::ffff:169.254.169.254]',
  '[64:ff9b::a9fe:a9fe]',
  '[2002:a9fe:a9fe::1]',
  '[2001:0:4136:e378:8000:63bf:3fff:fdd2]',
];

describe('an address', () => {
  test.each(OWN)(
    'of the own network, %s, is refused unless its channel allows it',
    async (host) => {
      expect(await judge(host)).toMatchObject({ ok: false, isRefused: true });
      expect(await judge(host, true)).toMatchObject({ ok: true });
    },
  );

  test.each(NEVER)(
    'that no receiver stands at, %s, is refused whatever is allowed',
    async (host) => {
      expect(await judge(host)).toMatchObject({ ok: false, isRefused: true });
      expect(await judge(host, true)).toMatchObject({ ok: false, isRefused: true });
    },
  );

  test('of the world is the one to connect to', async () => {
    expect(await judge('hooks.example', false, '93.184.216.34')).toEqual({
      ok: true,
      address: '93.184.216.34',
      family: 4,
    });
    expect(await judge('[2606:2800:220:1::1]')).toMatchObject({ ok: true, family: 6 });
  });
});

describe('a name', () => {
  test('is refused when any of its addresses is, in whatever order', async () => {
    for (const addresses of [
      ['93.184.216.34', '169.254.169.254'],
      ['127.0.0.1', '93.184.216.34'],
      ['93.184.216.34', '::ffff:10.0.0.1'],
    ]) {
      expect(await judge('two.example', false, ...addresses)).toMatchObject({ isRefused: true });
    }
  });

  test('that is not known, or has no address, is a failure that may pass', async () => {
    const resolve = async () => {
      throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
    };
    expect(await checkedAddress('no.example', { allowPrivate: false, resolve })).toEqual({
      ok: false,
      isRefused: false,
      reason: 'the name `no.example` is not known (ENOTFOUND)',
    });
    expect(await judge('none.example')).toMatchObject({ ok: false, isRefused: false });
  });
});
