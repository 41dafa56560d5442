// SPDX-License-Identifier: Apache-2.0
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Resolves a name to all its addresses; `dns.lookup` unless given. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

export const resolveByDns: Resolve = (name) => lookup(name, { all: true, verbatim: true });

export type CheckedAddress =
  | { readonly ok: true; readonly address: string; readonly family: 4 | 6 }
  | { readonly ok: false; readonly reason: string; readonly isRefused: boolean };

/** Inside the firm: reached only where the signed channel says that its receiver stands there. */
const OWN_NETWORK: ReadonlySet<string> = new Set([
  'private',
  'loopback',
  'uniqueLocal',
  'carrierGradeNat',
]);

/**
 * Where clouds answer their machines with credentials, at addresses outside 169.254.0.0/16: Amazon over IPv6, Azure,
 * Alibaba, Oracle. Never called, whatever a channel allows.
 */
const METADATA: ReadonlySet<string> = new Set([
  'fd00:ec2::254',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
]);

/**
 * The address to connect to for a host of a URL, once it is known to be fit. All addresses of a name must be: one fit
 * among unfit ones is how a rebinding name looks. Whoever connects must use this address and not the name again.
 */
export async function checkedAddress(
  host: string,
  at: { readonly allowPrivate: boolean; readonly resolve: Resolve },
): Promise<CheckedAddress> {
  const name = host.replace(/^\[|\]$/g, '');
  const literal = isIP(name);
  let found: readonly LookupAddress[];
  try {
    found = literal === 0 ? await at.resolve(name) : [{ address: name, family: literal }];
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed';
    return { ok: false, reason: `the name \`${name}\` is not known (${code})`, isRefused: false };
  }
  const unfit = found.map(({ address }) => unfitness(address, at.allowPrivate)).find(Boolean);
  if (unfit !== undefined) {
    return { ok: false, reason: `\`${name}\` is not called: ${unfit}`, isRefused: true };
  }
  const [first] = found;
  if (first === undefined)
    return { ok: false, reason: `the name \`${name}\` has no address`, isRefused: false };
  return { ok: true, address: first.address, family: first.family === 6 ? 6 : 4 };
}

function unfitness(text: string, allowPrivate: boolean): string | undefined {
  if (!ipaddr.isValid(text)) return 'its address cannot be read';
  // An IPv4 address in IPv6 clothes is the IPv4 address; `range` names other embeddings, which are refused.
  const address = ipaddr.process(text);
  const range = address.range();
  if (METADATA.has(address.toString())) return 'it is a metadata service';
  if (range === 'unicast') return undefined;
  if (allowPrivate && OWN_NETWORK.has(range)) return undefined;
  return OWN_NETWORK.has(range)
    ? `it has an address of the own network (${range}), which its channel does not allow`
    : `it has an address that nobody is reached at (${range})`;
}
