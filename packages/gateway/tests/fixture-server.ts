// SPDX-License-Identifier: Apache-2.0
// Serves what a gateway fetches from the records of a test firm. The gateway verifies it all; so the fixture may lie.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  consistencyProof,
  fromBase64,
  type Json,
  leafHash,
  liveWarrants,
  type Status,
  signStatus,
  toHex,
} from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { type BuildOptions, produce } from '../../kernel/tests/credit-model.ts';
import { type Firm, foundFirm } from '../../kernel/tests/firm.ts';

const fixtures = new URL('../../analysis/tests/fixtures/', import.meta.url);
export const MODEL_BYTES = readFileSync(new URL('credit.onnx', fixtures));
export const REASONS_BYTES = readFileSync(new URL('reasons.json', fixtures));

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const file = (path: string, bytes: Uint8Array) => ({
  path,
  digest: digestOf(bytes),
  size: bytes.length,
});

export const SPEC = {
  algorithm: 'logistic regression',
  inputs: [
    { name: 'amount', type: 'f32', min: '0', max: '1000000' },
    { name: 'duration', type: 'i64' },
    { name: 'purpose', type: 'string', allowed: ['car', 'education', 'furniture'] },
  ],
  output: { name: 'probabilities', index: 1 },
  decision: {
    score: 'probability_of_default',
    cutoff: '0.3',
    adverse: 'decline',
    favourable: 'approve',
    adverseWhen: 'at-or-above',
  },
  reasons: { file: 'reasons.json', method: 'largest contributions', count: 4 },
  fallback: { kind: 'manual-queue', detail: 'a credit officer decides' },
  design: {},
  monitoring: {},
} as const;

export const ARTIFACT_FILES = [
  file('model.onnx', MODEL_BYTES),
  file('reasons.json', REASONS_BYTES),
];

export interface FixtureServer {
  readonly url: string;
  readonly firm: Firm;
  readonly production: string;
  /** What is changed here is what the gateway is told. */
  readonly lies: {
    blob?: (bytes: Uint8Array) => Uint8Array;
    status?: (status: Status) => Status;
    /** Instead of the proof that these records give; undefined: none is to be had. */
    consistency?: (proof: readonly string[]) => unknown;
    down?: boolean;
  };
  /** Paths asked for, in order. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

export async function fixtureServer(
  options: {
    readonly build?: BuildOptions;
    /** Files that can be fetched, beside those of the ONNX model. */
    readonly blobs?: Iterable<Uint8Array>;
    readonly demonstration?: boolean;
    /** What the warrant says otherwise. */
    readonly warrant?: { readonly [name: string]: Json };
  } = {},
): Promise<FixtureServer> {
  const firm = await foundFirm(
    options.demonstration === undefined ? {} : { demonstration: options.demonstration },
  );
  // The firm's clock runs in its own past; warrants must hold now.
  firm.pass((Date.now() - Date.parse(firm.now())) / 86_400_000 - 1);
  const build: BuildOptions = {
    files: ARTIFACT_FILES,
    spec: SPEC,
    ...options.build,
  };
  const change = { demonstration: options.demonstration ?? true, ...options.warrant };
  const { production } = await produce(firm, change, build);
  const blobs = new Map(
    [MODEL_BYTES, REASONS_BYTES, ...(options.blobs ?? [])].map((bytes) => [digestOf(bytes), bytes]),
  );
  const lies: FixtureServer['lies'] = {};

  async function statusNow() {
    const now = new Date().toISOString();
    const bundle = await firm.bundle();
    const [, size, root] = bundle.checkpoint.split('\n');
    const status: Status = {
      founding: firm.root,
      size: Number(size),
      root: Buffer.from(root ?? '', 'base64').toString('hex'),
      time: now,
      live: liveWarrants(firm.set(), now),
    };
    return signStatus(lies.status?.(status) ?? status, [firm.people.log.signer]);
  }

  async function consistencyOf(from: number, to: number): Promise<string | undefined> {
    const { records } = await firm.bundle();
    if (from > to || to > records.length) return undefined;
    const hashes = records.slice(0, to).map(({ leaf }) => leafHash(p, fromBase64(leaf)));
    const made = consistencyProof(p, hashes, from).map(toHex);
    const proof = lies.consistency === undefined ? made : lies.consistency(made);
    return proof === undefined ? undefined : JSON.stringify({ from, to, proof });
  }

  const asked: string[] = [];
  async function answer(url: string): Promise<string | Uint8Array | undefined> {
    asked.push(url);
    const { pathname: path, searchParams: query } = new URL(url, 'http://fixture');
    if (path === '/v1/status') return JSON.stringify(await statusNow());
    if (path === '/v1/log/consistency')
      return consistencyOf(Number(query.get('from')), Number(query.get('to')));
    if (path === '/v1/trust' || path.startsWith('/v1/bundles/'))
      return JSON.stringify(await firm.bundle());
    const bytes = blobs.get(path.replace('/v1/blobs/', ''));
    return bytes === undefined ? undefined : (lies.blob?.(bytes) ?? bytes);
  }

  const server = createServer((request, response) => {
    if (lies.down === true) {
      request.socket.destroy();
      return;
    }
    void answer(request.url ?? '').then((body) => {
      response.statusCode = body === undefined ? 404 : 200;
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    firm,
    production,
    lies,
    asked,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
