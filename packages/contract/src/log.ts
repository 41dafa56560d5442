// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { ProvenRecordSchema } from './records.ts';
import { route } from './route.ts';
import { Digest, EnvelopeSchema, QueryCount } from './shared.ts';

export const BundleReply = z.strictObject({
  v: z.literal(1),
  checkpoint: z.string(),
  records: z.array(ProvenRecordSchema),
});
export type BundleReply = z.infer<typeof BundleReply>;

/** RFC 6962 section 2.1.2: proves that the tree of size `from` is a prefix of the one of size `to`. */
export const ConsistencyReply = z.strictObject({
  from: z.int().nonnegative(),
  to: z.int().nonnegative(),
  proof: z.array(Digest),
});
export type ConsistencyReply = z.infer<typeof ConsistencyReply>;

export const logRoutes = {
  checkpoint: route({
    method: 'GET',
    path: '/v1/log/checkpoint',
    summary: 'The latest published checkpoint (C2SP tlog-checkpoint)',
    tag: 'log',
    access: 'public',
    produces: 'text/plain',
  }),
  tile: route({
    method: 'GET',
    path: '/v1/log/tile/*',
    summary: 'Tiles and entry bundles of the log (C2SP tlog-tiles)',
    tag: 'log',
    access: 'public',
    params: z.strictObject({ '*': z.string().max(200) }),
    produces: 'application/octet-stream',
  }),
  consistency: route({
    method: 'GET',
    path: '/v1/log/consistency',
    summary: 'Proof that the log at one size is a prefix of the log at a larger one (RFC 6962)',
    tag: 'log',
    access: 'public',
    query: z.strictObject({ from: QueryCount, to: QueryCount }),
    reply: ConsistencyReply,
  }),
  status: route({
    method: 'GET',
    path: '/v1/status',
    summary: 'Which warrants live, signed by the log key; at most 10 s old',
    tag: 'log',
    access: 'public',
    reply: EnvelopeSchema,
  }),
  trust: route({
    method: 'GET',
    path: '/v1/trust',
    summary: 'Every record that says whose keys count, with proofs',
    tag: 'log',
    access: 'records:read',
    reply: BundleReply,
  }),
  bundle: route({
    method: 'GET',
    path: '/v1/bundles/:digest',
    summary: 'Everything that a warrant, a change request or a version rests on, with proofs',
    tag: 'log',
    access: 'records:read',
    params: z.strictObject({ digest: Digest }),
    reply: BundleReply,
  }),
} as const;
