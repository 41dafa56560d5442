// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { route } from './route.ts';
import { Digest, UtcTime } from './shared.ts';

const Accounts = z.array(z.string()).readonly();

export const EnvelopesReply = z.strictObject({
  envelopes: z
    .array(
      z.strictObject({
        digest: Digest,
        model: z.string(),
        use: z.string(),
        /** The version in production that it was approved for. */
        version: z.int(),
        title: z.string(),
        rationale: z.string(),
        /** Aspects that may change inside it. */
        may: z.array(z.string()).readonly(),
        expires: UtcTime,
        since: UtcTime,
        by: z.string(),
        signedBy: Accounts,
        /** Versions that went into production inside it, and how many may. */
        used: z.int(),
        uses: z.int(),
        versions: z.array(z.int()).readonly(),
        state: z.enum(['running', 'used up', 'expired', 'replaced']),
        /** What requests inside it say of whom they touch and how they are undone. */
        impact: z.string().optional(),
        rollback: z.string().optional(),
      }),
    )
    .readonly(),
});
export type EnvelopesReply = z.infer<typeof EnvelopesReply>;

export const DeputiesReply = z.strictObject({
  deputations: z
    .array(
      z.strictObject({
        record: Digest,
        deputy: z.string(),
        for: z.string(),
        role: z.string(),
        from: UtcTime,
        until: UtcTime,
        model: z.string().optional(),
        signedBy: Accounts,
        state: z.enum(['to come', 'running', 'over']),
      }),
    )
    .readonly(),
});
export type DeputiesReply = z.infer<typeof DeputiesReply>;

export const CommitteesReply = z.strictObject({
  committees: z
    .array(
      z.strictObject({
        record: Digest,
        name: z.string(),
        chair: z.string(),
        members: Accounts,
        /** Members without a conflict who must attend. */
        quorum: z.int(),
        since: UtcTime,
        decisions: z
          .array(
            z.strictObject({
              record: Digest,
              changeRequest: Digest,
              subject: z.string(),
              decision: z.enum(['approve', 'reject']),
              at: UtcTime,
              attended: z.int(),
              for: z.int(),
              against: z.int(),
              abstained: z.int(),
              /** Digest of the minutes in the blob store. */
              minutes: Digest,
            }),
          )
          .readonly(),
      }),
    )
    .readonly(),
});
export type CommitteesReply = z.infer<typeof CommitteesReply>;

const common = { method: 'GET', tag: 'governance', access: 'changes:read' } as const;

export const registersRoutes = {
  envelopes: route({
    ...common,
    path: '/v1/envelopes',
    summary: 'Envelopes of changes approved in advance, with what is used of each, newest first',
    reply: EnvelopesReply,
  }),
  deputies: route({
    ...common,
    path: '/v1/deputies',
    summary: 'Who stands in for whom, in which role and for how long; the latest end first',
    reply: DeputiesReply,
  }),
  committees: route({
    ...common,
    path: '/v1/committees',
    summary: 'Committees by the charter in force, with their decisions, newest first',
    reply: CommitteesReply,
  }),
} as const;
