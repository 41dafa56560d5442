// SPDX-License-Identifier: Apache-2.0
import { type LookupAddress, lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/**
 * Addresses at which a machine of a cloud is told its own credentials, and others reach nothing: link-local ones
 * (RFC 3927, RFC 4291 2.5.6), and those that AWS, Google and Alibaba have put elsewhere.
 */
const METADATA = new BlockList();
METADATA.addSubnet('169.254.0.0', 16, 'ipv4');
METADATA.addSubnet('fe80::', 10, 'ipv6');
METADATA.addAddress('fd00:ec2::254', 'ipv6');
METADATA.addAddress('fd20:ce::254', 'ipv6');
METADATA.addAddress('100.100.100.200', 'ipv4');

/** Whether an IP address, or the host of an http address, is one of them by itself; a name is not looked up. */
export function isMetadataAddress(address: string): boolean {
  const host = hostOf(address);
  const family = isIP(host);
  return family !== 0 && METADATA.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** An address in whatever spelling: `http://2852039166/` is 169.254.169.254. */
function hostOf(address: string): string {
  if (isIP(address) !== 0 || !URL.canParse(address)) return address;
  return new URL(address).hostname.replace(/^\[|\]$/g, '');
}

/** Looks a name up as a socket does, and fails for one that leads there. */
export const lookupElsewhere: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, options, (error, found, family) => {
    const addresses = typeof found === 'string' ? [found] : (found ?? []).map(addressOf);
    if (error === null && addresses.some(isMetadataAddress)) {
      callback(new Error(`\`${hostname}\` is an address of this machine’s own metadata`), '', 0);
    } else callback(error, found, family);
  });
};

function addressOf({ address }: LookupAddress): string {
  return address;
}
