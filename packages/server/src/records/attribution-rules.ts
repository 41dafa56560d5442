// SPDX-License-Identifier: Apache-2.0
import {
  ATTRIBUTING_ROLES,
  accountOf,
  attributingAccounts,
  holdsRole,
  isBot,
  readAttributionContent,
  type SignedRecord,
} from '@countersign/kernel';
import { openPgpFingerprints, PipelineError } from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';
import { type Arrival, refused } from './arrival.ts';
import type { IngestSigner } from './check-signatures.ts';

/** @throws ServerError `record_refused`; KernelError `record_malformed` */
export async function checkAttribution(context: ServerContext, { record }: Arrival): Promise<void> {
  const { scope, subjectRef, supersedes, content } = record.statement.predicate;
  const { account, commitKey, publicKey } = readAttributionContent(content);
  if (scope !== 'firm' || subjectRef.model !== undefined) {
    throw refused(record, 'whose an address is holds for every model of the firm', 'scope');
  }
  if (supersedes !== undefined) {
    throw refused(
      record,
      'an attribution is not taken back; sign another one beside it, and both hold',
      'predicate.supersedes',
    );
  }
  if (!isBot(account) && !isEnrolled(context, account)) {
    throw refused(
      record,
      `no key is enrolled for \`${account}\`; name an account with a key, or \`bot:NAME\` for a programme`,
      'content.account',
    );
  }
  if (publicKey === undefined) return;
  const fingerprints = await fingerprintsOf(record, publicKey);
  if (!fingerprints.includes(commitKey ?? '')) {
    throw refused(
      record,
      `the public key has the fingerprint ${fingerprints.join(', ')}, not ${commitKey ?? ''}`,
      'content.publicKey',
    );
  }
}

function isEnrolled(context: ServerContext, account: string): boolean {
  return [...context.records.register().values()].some((key) => accountOf(key) === account);
}

async function fingerprintsOf(record: SignedRecord, armoured: string): Promise<readonly string[]> {
  try {
    return await openPgpFingerprints(armoured);
  } catch (cause) {
    if (cause instanceof PipelineError) throw refused(record, cause.message, 'content.publicKey');
    throw cause;
  }
}

/**
 * What an attribution lacks: nothing when the account itself signed it or two independent persons did.
 * @throws ServerError `record_refused` when nobody who signed could be one of them
 */
export function lackingForAttribution(
  record: SignedRecord,
  signers: readonly IngestSigner[],
): string | undefined {
  const { actor, content } = record.statement.predicate;
  const attribution = readAttributionContent(content);
  const keys = signers.map(({ key }) => key);
  if (!signers.some(({ account }) => account === actor))
    throw refused(record, `\`${actor}\` acted but did not sign`, 'signatures');
  if (attributingAccounts(attribution, keys) !== undefined) return undefined;
  const roles = ATTRIBUTING_ROLES.join(', ');
  if (!keys.some((key) => ATTRIBUTING_ROLES.some((role) => holdsRole(key, role)))) {
    const own = isBot(attribution.account) ? '' : `\`${attribution.account}\` itself or by `;
    throw refused(record, `it is signed by ${own}two persons of ${roles}`, 'signatures');
  }
  return `a second person’s signature in one of the roles ${roles}`;
}
