// SPDX-License-Identifier: Apache-2.0
// A firm with a real log and keys that are the same in every run, so that documents of it are too.
// For tests alone.
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import {
  type Holder,
  keyEntryJson,
  type LoggedRecord,
  PAYLOAD_TYPE_STATEMENT,
  type Predicate,
  publicKeyOf,
  type RecordSet,
  type Role,
  readRecord,
  recordSet,
  signEnvelope,
  statementBytes,
  subjectOf,
} from '@countersign/kernel';
import { nodeSigner, nodePrimitives as p } from '@countersign/kernel/node';

// PKCS #8 frame of an Ed25519 private key (RFC 8410, section 7); the 32-byte seed follows.
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

function keyOf(name: string): KeyObject {
  const seed = createHash('sha256').update(`test key of ${name}`).digest();
  const key = Buffer.concat([ED25519_PKCS8, seed]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

const ROLES: Readonly<Record<string, readonly Role[]>> = {
  ada: ['administrator'],
  alan: ['administrator', 'model-risk'],
  mia: ['model-risk'],
  omar: ['model-owner'],
  dana: ['developer'],
  vera: ['validator'],
};

const HOLDERS: Readonly<Record<string, Holder>> = {
  ...Object.fromEntries(
    Object.entries(ROLES).map(([account, roles]) => [
      account,
      { kind: 'person', account, roles } as const,
    ]),
  ),
  log: { kind: 'service', service: 'log', name: 'log' },
  platform: { kind: 'service', service: 'platform', name: 'platform' },
};

export type Draft = Partial<Predicate> & Pick<Predicate, 'type' | 'content'>;

export interface CreditFirm {
  readonly root: string;
  /** Signs and logs a record; returns its digest. */
  readonly add: (draft: Draft, ...signers: readonly string[]) => Promise<string>;
  readonly set: () => RecordSet;
}

export async function foundCreditFirm(demonstration = true): Promise<CreditFirm> {
  const entries: LoggedRecord[] = [];
  let clock = Date.parse('2026-03-01T09:00:00.000Z');
  const add = async (predicate: Predicate, signers: readonly string[]) => {
    const payload = statementBytes({ subject: [subjectOf(p, predicate.subjectRef)], predicate });
    const keys = signers.map((name) => nodeSigner(keyOf(name)));
    const record = readRecord(p, await signEnvelope(PAYLOAD_TYPE_STATEMENT, payload, keys));
    clock += 60_000;
    entries.push({ ...record, index: entries.length, loggedAt: new Date(clock).toISOString() });
    return record.digest;
  };
  const base = () => ({
    scope: 'firm' as const,
    subjectRef: { workspace: 'main' },
    claimedAt: new Date(clock).toISOString(),
    source: [],
  });
  const root = await add(
    {
      ...base(),
      type: 'founding',
      producer: 'platform',
      actor: 'ada',
      content: foundingContent(demonstration),
    },
    ['ada', 'alan'],
  );
  return {
    root,
    add: (draft, ...signers) => {
      const [first = 'platform'] = signers;
      const actor = HOLDERS[first]?.kind === 'person' ? first : `service:${first}`;
      const producer = first === 'platform' ? 'pipeline' : 'human';
      return add({ ...base(), producer, actor, founding: root, ...draft }, signers);
    },
    set: () => {
      const result = recordSet(p, root, entries);
      if (!result.ok) throw new Error(result.reason);
      return result.set;
    },
  };
}

function foundingContent(demonstration: boolean): Predicate['content'] {
  return {
    firm: 'First Test Bank',
    demonstration,
    delayHours: demonstration ? 0 : 24,
    quorum: 2,
    recovery: { persons: 3, delayHours: 72 },
    logOrigin: 'log.first-test-bank.example',
    keys: Object.entries(HOLDERS).map(([name, holder]) => {
      const spki = createPublicKey(keyOf(name)).export({ type: 'spki', format: 'der' });
      return keyEntryJson({ key: publicKeyOf(p, 'ed25519', new Uint8Array(spki)), holder });
    }),
  };
}
