// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { route } from './route.ts';
import { UtcTime } from './shared.ts';
import { SIGN_IN_METHODS } from './sign-in.ts';

export const SessionSchema = z.strictObject({
  id: z.string(),
  /** Of this very request. */
  current: z.boolean(),
  createdAt: UtcTime,
  lastUsedAt: UtcTime,
  /** Eight hours after sign-in at the latest; an hour without a request ends it sooner. */
  expiresAt: UtcTime,
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
  signedInBy: z.enum(SIGN_IN_METHODS),
});

export const SessionsReply = z.strictObject({ sessions: z.array(SessionSchema) });
export type SessionsReply = z.infer<typeof SessionsReply>;

export const sessionRoutes = {
  list: route({
    method: 'GET',
    path: '/v1/sessions',
    summary: 'Open sessions of the caller, newest first',
    tag: 'sign-in',
    access: 'session',
    reply: SessionsReply,
  }),
  end: route({
    method: 'DELETE',
    path: '/v1/sessions/:id',
    summary: 'End a session of the caller',
    tag: 'sign-in',
    access: 'sign-in:manage',
    params: z.strictObject({ id: z.string().min(1).max(128) }),
    reply: z.strictObject({ ended: z.int() }),
  }),
  endOthers: route({
    method: 'POST',
    path: '/v1/sessions/end-others',
    summary: 'End every session of the caller but this one',
    tag: 'sign-in',
    access: 'sign-in:manage',
    body: z.strictObject({}).optional(),
    reply: z.strictObject({ ended: z.int() }),
  }),
} as const;
