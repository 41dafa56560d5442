// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { route } from './route.ts';
import { JsonValue } from './shared.ts';

/**
 * The part of better-auth that is offered: sessions by password, and API keys. Answers are better-auth's own.
 * Nobody signs up here, and none of it gives a role.
 */
export const SignInBody = z.strictObject({
  email: z.string().min(3).max(320),
  password: z.string().min(1).max(128),
});

export const PasswordBody = z.strictObject({
  currentPassword: z.string().min(1).max(128),
  newPassword: z.string().min(12).max(128),
  revokeOtherSessions: z.boolean().optional(),
});

export const ApiKeyBody = z.strictObject({
  name: z.string().min(1).max(32),
  /** Seconds, a day at least; without an end when absent. */
  expiresIn: z.int().min(86_400).optional(),
});

const Answer = JsonValue;

export const signInRoutes = {
  signIn: route({
    method: 'POST',
    path: '/v1/auth/sign-in/email',
    summary: 'Open a session; ten attempts a minute from one address',
    tag: 'sign-in',
    access: 'public',
    body: SignInBody,
    reply: Answer,
  }),
  signOut: route({
    method: 'POST',
    path: '/v1/auth/sign-out',
    summary: 'End the session',
    tag: 'sign-in',
    access: 'public',
    body: z.strictObject({}).optional(),
    reply: Answer,
  }),
  changePassword: route({
    method: 'POST',
    path: '/v1/auth/change-password',
    summary: 'Change the password of the session’s account',
    tag: 'sign-in',
    access: 'public',
    body: PasswordBody,
    reply: Answer,
  }),
  createApiKey: route({
    method: 'POST',
    path: '/v1/auth/api-key/create',
    summary: 'Make an API key for the session’s account; shown once',
    tag: 'sign-in',
    access: 'public',
    body: ApiKeyBody,
    reply: Answer,
  }),
  listApiKeys: route({
    method: 'GET',
    path: '/v1/auth/api-key/list',
    summary: 'API keys of the session’s account, without the keys themselves',
    tag: 'sign-in',
    access: 'public',
    reply: Answer,
  }),
  deleteApiKey: route({
    method: 'POST',
    path: '/v1/auth/api-key/delete',
    summary: 'Withdraw an API key',
    tag: 'sign-in',
    access: 'public',
    body: z.strictObject({ keyId: z.string().min(1).max(128) }),
    reply: Answer,
  }),
} as const;
