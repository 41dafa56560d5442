// SPDX-License-Identifier: Apache-2.0
// A server in the attacker's hands: the real firm's log, the stolen keys of log and platform, and whatever else the attacker
// writes into it. Gateway and verifier are the real ones, and know the digest of the founding record alone.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Gateway, GatewayOptions } from '@countersign/gateway';
import {
  type Checkpoint,
  consistencyProof,
  type Envelope,
  encodeLogLeaf,
  inclusionProof,
  type Json,
  type LoggedRecord,
  leafHash,
  merkleRoot,
  type Predicate,
  type ProofBundle,
  type RecordSet,
  readRecord,
  recordSet,
  type Signer,
  type Status,
  signatureSetDigest,
  signCheckpoint,
  signStatus,
  toBase64,
  toHex,
  verifyBundle,
  verifyWarrant,
  type WarrantQuestion,
} from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { readLoggedRecords } from '@countersign/server';
import { verifyCaseFile, writeCaseFile } from '@countersign/verifier';
import { expect } from 'vitest';
import type { Candidate } from '../packages/kernel/tests/credit-model.ts';
import { type Draft, signPredicate } from '../packages/kernel/tests/firm.ts';
import type { FirmUnderAttack } from './firm-under-attack.ts';

export interface AttackersServer {
  readonly url: string;
  readonly entries: LoggedRecord[];
  /** Appends a record to the attacker's log, dated as the attacker likes. */
  add(envelope: Envelope, loggedAt?: string): string;
  /** A record made and signed by these keys, then appended. */
  forge(draft: Draft, ...signers: readonly Signer[]): Promise<string>;
  /** What counts in the attacker's log, by the kernel. */
  set(): RecordSet;
  bundle(): Promise<ProofBundle>;
  /** Whatever is set here is what the gateway is told. */
  readonly lies: {
    status?: (status: Status) => Status;
    /** Instead of the log's key. */
    statusSigner?: Signer;
    bundle?: (bundle: ProofBundle) => ProofBundle;
    checkpoint?: (checkpoint: Checkpoint) => Checkpoint;
    blob?: (bytes: Uint8Array) => Uint8Array;
    down?: boolean;
  };
  /** Asserts that verifier and gateway both refuse the warrant, each for this reason. */
  refuses(warrant: string, expected: RefusedWarrant): Promise<void>;
  /** A gateway that answers under the warrant, where the attack must not be the only difference. */
  accepts(warrant: string, gateway?: Partial<GatewayOptions>): Promise<Gateway>;
  close(): Promise<void>;
}

export interface RefusedWarrant
  extends Partial<Pick<WarrantQuestion, 'environment' | 'production'>> {
  readonly says: RegExp;
  /** Where the gateway has a shorter way to refuse. */
  readonly gatewaySays?: RegExp;
  /** False for what ends a warrant after it was signed: a case file says what held then. */
  readonly byVerifier?: boolean;
  readonly gateway?: Partial<GatewayOptions>;
}

/** Takes over a copy of the firm's log; the firm's own server goes on untouched. */
export async function attackersServer(firm: FirmUnderAttack): Promise<AttackersServer> {
  const { database, blobs } = firm.server.context;
  const entries = [
    ...(await readLoggedRecords(database.db, blobs, { to: Number.MAX_SAFE_INTEGER })),
  ];
  const log = await firm.serviceSigner('log');
  const { founding } = firm.server.context;
  const logKey = founding.keys.find(
    ({ holder }) => holder.kind === 'service' && holder.service === 'log',
  )!.key;
  const lies: AttackersServer['lies'] = {};
  const add = (envelope: Envelope, loggedAt = new Date().toISOString()): string => {
    const record = readRecord(p, envelope);
    entries.push({ ...record, index: entries.length, loggedAt });
    return record.digest;
  };
  const set = () => {
    const result = recordSet(p, firm.root, entries);
    if (!result.ok) throw new Error(result.reason);
    return result.set;
  };
  const bundle = async (): Promise<ProofBundle> => {
    const leaves = entries.map(leafOf);
    const hashes = leaves.map((leaf) => leafHash(p, leaf));
    const sound: Checkpoint = {
      origin: founding.logOrigin,
      size: hashes.length,
      root: merkleRoot(p, hashes),
    };
    const signer = { name: founding.logOrigin, signer: log, publicKey: logKey };
    const made: ProofBundle = {
      v: 1,
      checkpoint: await signCheckpoint(p, lies.checkpoint?.(sound) ?? sound, signer),
      records: entries.map(({ envelope }, index) => ({
        envelope,
        index,
        leaf: toBase64(leaves[index]!),
        proof: inclusionProof(p, hashes, index).map(toHex),
      })),
    };
    return lies.bundle?.(made) ?? made;
  };
  const status = async () => {
    const hashes = entries.map((entry) => leafHash(p, leafOf(entry)));
    const root = toHex(merkleRoot(p, hashes));
    const time = new Date().toISOString();
    const sound: Status = { founding: firm.root, size: hashes.length, root, time, live: [] };
    return signStatus(lies.status?.(sound) ?? sound, [lies.statusSigner ?? log]);
  };
  const consistency = (from: number, to: number) => {
    const hashes = entries.slice(0, to).map((entry) => leafHash(p, leafOf(entry)));
    return { from, to, proof: consistencyProof(p, hashes, from).map(toHex) };
  };
  const answer = async (url: string): Promise<string | Uint8Array> => {
    const { pathname, searchParams } = new URL(url, 'http://attacker');
    if (pathname === '/v1/status') return JSON.stringify(await status());
    if (pathname === '/v1/trust' || pathname.startsWith('/v1/bundles/'))
      return JSON.stringify(await bundle());
    if (pathname === '/v1/log/consistency') {
      const { from, to } = Object.fromEntries(searchParams);
      return JSON.stringify(consistency(Number(from), Number(to)));
    }
    const bytes = await blobs.get(pathname.replace('/v1/blobs/', ''));
    return lies.blob?.(bytes) ?? bytes;
  };
  const http = createServer((request, response) => {
    if (lies.down === true) {
      request.socket.destroy();
      return;
    }
    void answer(request.url ?? '').then(
      (body) => response.end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const server: AttackersServer = {
    url,
    entries,
    add,
    set,
    bundle,
    lies,
    forge: async (draft, ...signers) => add(await forged(firm, draft, signers)),
    accepts: (warrant, gateway) =>
      // Under a name of its own: two gateways of one name would contend for the numbers of their batches.
      listing(server, warrant, () =>
        firm.startGateway({
          name: 'gateway-2',
          feeds: [{ kind: 'server', url: server.url }],
          ...gateway,
        }),
      ),
    refuses: (warrant, expected) => assertRefused(firm, server, { warrant, ...expected }),
    close: () => new Promise((resolve) => http.close(() => resolve())),
  };
  return server;
}

function leafOf({ digest, envelope, loggedAt }: LoggedRecord): Uint8Array {
  const signatures = signatureSetDigest(p, envelope.signatures);
  return encodeLogLeaf({ v: 1, type: 'record', payload: digest, signatures, time: loggedAt });
}

/** A statement of the firm signed by any keys at all, the platform's and people's alike. */
export async function forged(
  firm: FirmUnderAttack,
  draft: Draft,
  signers: readonly Signer[],
): Promise<Envelope> {
  const { subject, ...given } = draft;
  const predicate: Predicate = {
    scope: 'version',
    subjectRef: { workspace: 'main' },
    producer: 'platform',
    actor: 'service:platform',
    claimedAt: new Date().toISOString(),
    source: [],
    founding: firm.root,
    ...given,
  };
  return signPredicate(predicate, signers, subject);
}

/** A warrant as promotion would write it, for `change` and no questions asked. */
export function warrantDraft(
  candidate: Candidate,
  changeRequest: string,
  over: { readonly [member: string]: Json } = {},
): Draft {
  const now = Date.now();
  return {
    type: 'deployment-record',
    kind: 'promote',
    producer: 'registry',
    subjectRef: candidate.ref,
    content: {
      environment: 'production',
      warrant: 'full',
      artifactDigest: candidate.artifactDigest,
      spec: candidate.spec,
      changeRequest,
      approvals: [],
      exceptions: [],
      policy: candidate.policy,
      rulesVersion: '1',
      demonstration: true,
      notBefore: new Date(now - 1000).toISOString(),
      expires: new Date(now + 86_400_000).toISOString(),
      fallback: 'manual-queue',
      limits: {},
      ...over,
    },
  };
}

async function assertRefused(
  firm: FirmUnderAttack,
  server: AttackersServer,
  at: RefusedWarrant & { readonly warrant: string },
): Promise<void> {
  const { warrant, says, environment = 'production', production = false } = at;
  const bundle = await server.bundle();
  const verified = verifyBundle(p, bundle, firm.root);
  const now = new Date().toISOString();
  const question = { warrant, environment, production, now };
  const check = verified.ok ? verifyWarrant(verified.set, question) : undefined;
  expect(check?.ok ?? false).toBe(false);
  if (at.byVerifier !== false) {
    const contents = {
      root: firm.root,
      made: now,
      about: { model: firm.live.candidate.ref.model, use: firm.live.candidate.ref.use, version: 1 },
      bundle,
      blobs: [],
    };
    const file = await writeCaseFile(p, contents, await firm.serviceSigner('platform'));
    const { problems } = verifyCaseFile(p, file, firm.root);
    expect(problems.map(({ reason }) => reason).join('\n')).toMatch(says);
  }
  const options = {
    feeds: [{ kind: 'server', url: server.url }] as const,
    environment,
    production,
    ...at.gateway,
  };
  await listing(server, warrant, () =>
    expect(firm.startGateway(options)).rejects.toThrow(at.gatewaySays ?? says),
  );
}

/** While the status says that this warrant lives, and no other. */
async function listing<T>(
  { lies }: AttackersServer,
  warrant: string,
  work: () => Promise<T>,
): Promise<T> {
  const told = lies.status;
  lies.status = (status) => ({ ...(told?.(status) ?? status), live: [warrant] });
  try {
    return await work();
  } finally {
    if (told === undefined) delete lies.status;
    else lies.status = told;
  }
}
