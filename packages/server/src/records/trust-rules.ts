// SPDX-License-Identifier: Apache-2.0
import { readIdentityProvider, type SignedRecord } from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { type Arrival, refused } from './arrival.ts';
import { keysNamedBy } from './check-signatures.ts';

/** What an enrolment or rotation must say beyond the kernel's rules, which are asked once its signatures are known. */
export async function checkNewKeys(context: ServerContext, { record }: Arrival): Promise<void> {
  for (const entry of keysNamedBy(record)) {
    const { webauthn } = entry.key;
    // An assertion for signing in must not come near an approval.
    if (
      webauthn !== undefined &&
      (await context.identity.isSignInCredential(webauthn.credentialId))
    ) {
      throw refused(
        record,
        'the passkey signs somebody in already; make one for signing alone',
        'content.key.webauthn.credentialId',
      );
    }
  }
  await checkServiceKey(context, record);
}

/**
 * The new key of a service must lie where the service looks for it: with its enrolment the old one ends, and a log whose
 * key nobody holds can never be signed again.
 */
async function checkServiceKey(context: ServerContext, record: SignedRecord): Promise<void> {
  for (const { key, holder } of keysNamedBy(record)) {
    if (holder.kind !== 'service') continue;
    const isOwn = holder.service !== 'gateway' || holder.name === OWN_GATEWAY;
    const replaces = record.statement.predicate.content.replaces !== undefined;
    if (!isOwn || !replaces) continue;
    const next = await context.services.next(holder.service);
    if (next?.keyid === key.keyid) continue;
    throw refused(
      record,
      `this server's data directory does not hold the new ${holder.service} key; make it there with \`countersign keys rotate-service ${holder.service}\`; after an earlier rotation restart the server first`,
      'content.key',
    );
  }
}

/** The gateway that runs beside the server, on its data directory. Others hold their keys themselves. */
const OWN_GATEWAY = 'gateway-1';

export function checkIdentityProvider(
  content: Arrival['record']['statement']['predicate']['content'],
): void {
  readIdentityProvider(content.provider, 'content.provider');
}
