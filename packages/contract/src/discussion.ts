// SPDX-License-Identifier: Apache-2.0
import { REMARK_ACTS, REMARK_TEXT_MAX } from '@countersign/kernel';
import { z } from 'zod';
import { route } from './route.ts';
import { Digest, UtcTime } from './shared.ts';

/** What one account may write on one request in ten minutes, and what one request holds in all. */
export const REMARKS_PER_TEN_MINUTES = 20;
export const REMARKS_MAX = 500;

const InlineSchema = z.union([
  z.strictObject({
    kind: z.literal('text'),
    text: z.string(),
    style: z.enum(['strong', 'emphasis', 'code']).optional(),
  }),
  z.strictObject({ kind: z.literal('break') }),
]);
export type RemarkInline = z.infer<typeof InlineSchema>;

/**
 * The Markdown of a remark, read once by the server. Every `text` is plain: it is shown as characters and never read as markup
 * again. HTML and images stand there as the characters that were written; the address of a link is printed beside its text.
 */
export type RemarkBlock =
  | { readonly kind: 'paragraph'; readonly text: readonly RemarkInline[] }
  | { readonly kind: 'heading'; readonly level: 2 | 3; readonly text: string }
  | {
      readonly kind: 'list';
      readonly ordered: boolean;
      readonly items: readonly (readonly RemarkBlock[])[];
    }
  | { readonly kind: 'quote'; readonly blocks: readonly RemarkBlock[] }
  | { readonly kind: 'code'; readonly text: string }
  | {
      readonly kind: 'table';
      readonly columns: readonly string[];
      readonly rows: readonly (readonly string[])[];
    };

const BlockShape: z.ZodType<RemarkBlock> = z.lazy(() =>
  z.union([
    z.strictObject({ kind: z.literal('paragraph'), text: z.array(InlineSchema).readonly() }),
    z.strictObject({
      kind: z.literal('heading'),
      level: z.union([z.literal(2), z.literal(3)]),
      text: z.string(),
    }),
    z.strictObject({
      kind: z.literal('list'),
      ordered: z.boolean(),
      items: z.array(z.array(BlockShape).readonly()).readonly(),
    }),
    z.strictObject({ kind: z.literal('quote'), blocks: z.array(BlockShape).readonly() }),
    z.strictObject({ kind: z.literal('code'), text: z.string() }),
    z.strictObject({
      kind: z.literal('table'),
      columns: z.array(z.string()).readonly(),
      rows: z.array(z.array(z.string()).readonly()).readonly(),
    }),
  ]),
);

/** Checked as deep as it goes; the OpenAPI document, whose schemas stand inside one another, has no place to refer back to. */
export const RemarkBlockSchema = z.custom<RemarkBlock>(
  (value) => BlockShape.safeParse(value).success,
  'must be a block of a remark',
);

/** What each means: kernel/src/governance/discussion.ts. `resolve`, `reopen` and `block` may give their reason as text. */
const ActSchema = z.enum(REMARK_ACTS);

/**
 * `signed`: with the author's own key. `attested`: the platform's word that a session or token of the author's account sent it;
 * whoever holds the platform's key could have written it.
 */
const StandingSchema = z.enum(['signed', 'attested']);

export const RemarkSchema = z.strictObject({
  /** The record that it is. */
  digest: Digest,
  act: ActSchema,
  /** Account. */
  author: z.string(),
  /** When it was logged. */
  at: UtcTime,
  /** Markdown as written; empty where an act needs no words. */
  text: z.string(),
  blocks: z.array(RemarkBlockSchema).readonly(),
  /** Accounts named in the text by `@account`. */
  mentions: z.array(z.string()).readonly(),
  standing: StandingSchema,
  /** Of an attested one: what the author was known by. */
  via: z.enum(['session', 'token']).optional(),
  /** The remark that it answers, where that is another than the first of the thread. */
  inReplyTo: Digest.optional(),
});
export type RemarkReply = z.infer<typeof RemarkSchema>;

export const ThreadSchema = z.strictObject({
  /** The remark that opened it. */
  digest: Digest,
  kind: z.enum(['remark', 'question']),
  state: z.enum(['open', 'resolved']),
  /** An approver marked the question: shown at the gate. It stops nothing unless policy has the condition `discussion`. */
  blocking: z.boolean(),
  /** Who marked it so. */
  blockedBy: z.string().optional(),
  resolvedBy: z.string().optional(),
  resolvedAt: UtcTime.optional(),
  /** In log order, the opening one first, what resolved or reopened it among them. */
  remarks: z.array(RemarkSchema).readonly(),
  /** What the caller may do here. */
  may: z.strictObject({ answer: z.boolean(), resolve: z.boolean(), block: z.boolean() }),
});
export type ThreadReply = z.infer<typeof ThreadSchema>;

export const DiscussionReply = z.strictObject({
  changeRequest: Digest,
  /** In the order in which they were opened. */
  threads: z.array(ThreadSchema).readonly(),
  counts: z.strictObject({ remarks: z.int(), open: z.int(), openBlocking: z.int() }),
  /** Whether policy makes an open blocking question a gate. */
  isCondition: z.boolean(),
  /** What the caller may do on the request: write, and mark an own question as blocking. */
  may: z.strictObject({ write: z.boolean(), block: z.boolean() }),
});
export type DiscussionReply = z.infer<typeof DiscussionReply>;

export const RemarkBody = z.strictObject({
  act: ActSchema,
  /** Markdown; may be left out by `resolve`, `reopen` and `block`. */
  text: z.string().max(REMARK_TEXT_MAX).optional(),
  /** A remark of the thread; for all but `remark` and `question`. */
  inReplyTo: Digest.optional(),
  /** Of a question: marked as blocking at once, by somebody whose approval the request asks for. */
  blocking: z.literal(true).optional(),
});
export type RemarkBody = z.infer<typeof RemarkBody>;

export const RemarkPosted = z.strictObject({
  digest: Digest,
  /** Of the first remark of its thread. */
  thread: Digest,
});
export type RemarkPosted = z.infer<typeof RemarkPosted>;

const ByDigest = z.strictObject({ digest: Digest });

export const discussionRoutes = {
  read: route({
    method: 'GET',
    path: '/v1/change-requests/:digest/discussion',
    summary: 'What people wrote on a change request, by thread, and what the caller may do there',
    tag: 'governance',
    access: 'changes:read',
    params: ByDigest,
    reply: DiscussionReply,
  }),
  post: route({
    method: 'POST',
    path: '/v1/change-requests/:digest/discussion',
    summary: 'Writes on a change request in the caller’s name, attested by the platform',
    tag: 'governance',
    access: 'changes:discuss',
    params: ByDigest,
    body: RemarkBody,
    reply: RemarkPosted,
  }),
} as const;
