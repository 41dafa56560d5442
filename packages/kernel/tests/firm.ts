// SPDX-License-Identifier: Apache-2.0
// A firm with real keys and a real log, small enough for a test: no part of it is shipped.
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  type Envelope,
  encodeLogLeaf,
  type Holder,
  inclusionProof,
  keyEntryJson,
  type LoggedRecord,
  leafHash,
  merkleRoot,
  PAYLOAD_TYPE_STATEMENT,
  type Predicate,
  type ProofBundle,
  publicKeyOf,
  type RecordSet,
  type ResourceDescriptor,
  type Role,
  readRecord,
  recordSet,
  type Signer,
  signatureSetDigest,
  signCheckpoint,
  signEnvelope,
  statementBytes,
  subjectOf,
  toBase64,
  toHex,
} from '@countersign/kernel';
import { nodeSigner, nodePrimitives as p } from '@countersign/kernel/node';

export interface Person {
  readonly holder: Holder;
  readonly signer: Signer;
  readonly spki: Uint8Array;
  readonly privateKey: KeyObject;
}

function keyPair(algorithm: 'ed25519' | 'ecdsa-p256-sha256'): KeyObject {
  return algorithm === 'ed25519'
    ? generateKeyPairSync('ed25519').privateKey
    : generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

export function newHolder(
  holder: Holder,
  algorithm: 'ed25519' | 'ecdsa-p256-sha256' = 'ed25519',
): Person {
  const privateKey = keyPair(algorithm);
  const publicKey = generatePublic(privateKey);
  return { holder, signer: nodeSigner(privateKey), spki: publicKey, privateKey };
}

function generatePublic(privateKey: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }));
}

const person = (account: string, roles: readonly Role[], team?: string): Person =>
  newHolder({ kind: 'person', account, roles, ...(team === undefined ? {} : { team }) });

/** Everyone of a small firm; legal signs with P-256, the others with Ed25519. */
export function newPeople() {
  return {
    ada: person('ada', ['administrator']),
    alan: person('alan', ['administrator', 'model-risk']),
    dana: person('dana', ['developer'], 'modelling'),
    mia: person('mia', ['model-risk'], 'risk'),
    vera: person('vera', ['validator'], 'validation'),
    vic: person('vic', ['validator', 'developer'], 'modelling'),
    lena: newHolder({ kind: 'person', account: 'lena', roles: ['legal'] }, 'ecdsa-p256-sha256'),
    cora: person('cora', ['compliance']),
    eve: person('eve', ['executive']),
    omar: person('omar', ['model-owner']),
    log: newHolder({ kind: 'service', service: 'log', name: 'log' }),
    platform: newHolder({ kind: 'service', service: 'platform', name: 'platform' }),
    gateway: newHolder({ kind: 'service', service: 'gateway', name: 'gateway-1' }),
  };
}

export type People = ReturnType<typeof newPeople>;
export type Name = keyof People;

/** What a test says of a record; the rest has sound defaults. */
export type Draft = Partial<Predicate> &
  Pick<Predicate, 'type' | 'content'> & { readonly subject?: readonly ResourceDescriptor[] };

export interface Firm {
  readonly people: People;
  readonly root: string;
  readonly entries: LoggedRecord[];
  /** Signs and logs a record; returns its digest. */
  add(draft: Draft, ...signers: readonly Name[]): Promise<string>;
  /** Logs an envelope made elsewhere. */
  log(envelope: Envelope): string;
  set(): RecordSet;
  bundle(): Promise<ProofBundle>;
  /** Moves the firm's clock, in days. */
  pass(days: number): void;
  now(): string;
}

export const WORKSPACE = 'main';
export const LOG_ORIGIN = 'log.firm.example';

export async function foundFirm(
  options: { readonly demonstration?: boolean; readonly people?: People } = {},
): Promise<Firm> {
  const people = options.people ?? newPeople();
  const demonstration = options.demonstration ?? true;
  const entries: LoggedRecord[] = [];
  let clock = Date.parse('2026-03-01T09:00:00.000Z');
  const now = () => new Date(clock).toISOString();

  function log(envelope: Envelope): string {
    clock += 1000;
    const record = readRecord(p, envelope);
    entries.push({ ...record, index: entries.length, loggedAt: now() });
    return record.digest;
  }

  const founding: Predicate = {
    type: 'founding',
    scope: 'firm',
    subjectRef: { workspace: WORKSPACE },
    producer: 'platform',
    actor: 'ada',
    claimedAt: now(),
    source: [],
    content: {
      firm: 'Test Bank',
      demonstration,
      delayHours: demonstration ? 0 : 24,
      quorum: 2,
      recovery: { persons: 3, delayHours: demonstration ? 0 : 72 },
      logOrigin: LOG_ORIGIN,
      keys: Object.values(people).map(({ holder, signer, spki }) =>
        keyEntryJson({ key: publicKeyOf(p, signer.algorithm, spki), holder }),
      ),
    },
  };
  const root = log(await signPredicate(founding, [people.ada.signer, people.alan.signer]));

  async function add(draft: Draft, ...signers: readonly Name[]): Promise<string> {
    const first = signers[0];
    const holder = first === undefined ? undefined : people[first].holder;
    const actor = holder?.kind === 'person' ? holder.account : `service:${String(first)}`;
    const { subject, ...given } = draft;
    const predicate: Predicate = {
      scope: 'version',
      subjectRef: { workspace: WORKSPACE },
      producer: 'human',
      actor,
      claimedAt: now(),
      source: [],
      founding: root,
      ...given,
    };
    const keys = signers.map((name) => people[name].signer);
    return log(await signPredicate(predicate, keys, subject));
  }

  return {
    people,
    root,
    entries,
    add,
    log,
    now,
    pass(days) {
      clock += days * 86_400_000;
    },
    set() {
      const result = recordSet(p, root, entries);
      if (!result.ok) throw new Error(result.reason);
      return result.set;
    },
    bundle: () => bundleOf(entries, people.log),
  };
}

export async function signPredicate(
  predicate: Predicate,
  signers: readonly Signer[],
  subject: readonly ResourceDescriptor[] = [subjectOf(p, predicate.subjectRef)],
): Promise<Envelope> {
  const payload = statementBytes({ subject, predicate });
  return signEnvelope(PAYLOAD_TYPE_STATEMENT, payload, signers);
}

async function bundleOf(entries: readonly LoggedRecord[], log: Person): Promise<ProofBundle> {
  const leaves = entries.map(({ digest, envelope, loggedAt }) =>
    encodeLogLeaf({
      v: 1,
      type: 'record',
      payload: digest,
      signatures: signatureSetDigest(p, envelope.signatures),
      time: loggedAt,
    }),
  );
  const hashes = leaves.map((leaf) => leafHash(p, leaf));
  const checkpoint = { origin: LOG_ORIGIN, size: hashes.length, root: merkleRoot(p, hashes) };
  return {
    v: 1,
    checkpoint: await signCheckpoint(p, checkpoint, {
      name: LOG_ORIGIN,
      signer: log.signer,
      publicKey: publicKeyOf(p, log.signer.algorithm, log.spki),
    }),
    records: entries.map(({ envelope }, index) => ({
      envelope,
      index,
      leaf: toBase64(leaves[index] ?? new Uint8Array()),
      proof: inclusionProof(p, hashes, index).map(toHex),
    })),
  };
}
