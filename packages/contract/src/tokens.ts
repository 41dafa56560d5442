// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { ACTIONS, type Action, route } from './route.ts';
import { UtcTime } from './shared.ts';

const READ = [
  'session',
  'people:read',
  'records:read',
  'blobs:read',
  'registry:read',
  'jobs:read',
  'changes:read',
  'documents:read',
] as const satisfies readonly Action[];

/**
 * Groups of actions by what somebody wants a token for. None of them, `all` included, manages how somebody signs in:
 * a stolen token must not make itself another.
 */
const SCOPE_GROUPS = {
  /** Everything its account may do, but that. */
  all: ACTIONS.filter((action) => action !== 'sign-in:manage'),
  /** The registry and its records; no single decisions, no audit. */
  read: READ,
  /** A pipeline: runs, tests and the records that it signs. Promotion is named on its own. */
  ci: [...READ, 'jobs:run', 'records:write', 'blobs:write'],
  /** Warrants and artefacts to serve; actions and outcomes to report. */
  gateway: ['session', 'registry:read', 'records:read', 'blobs:read', 'decisions:write'],
} as const satisfies Readonly<Record<string, readonly Action[]>>;

const GROUP_NAMES = [
  'all',
  'read',
  'ci',
  'gateway',
] as const satisfies readonly (keyof typeof SCOPE_GROUPS)[];

/** What a token may be limited to: a group of actions, or one action. */
export const TOKEN_SCOPES = [
  ...GROUP_NAMES,
  ...ACTIONS.filter((action) => action !== 'session' && action !== 'sign-in:manage'),
] as const;
export const TokenScopeSchema = z.enum(TOKEN_SCOPES);
export type TokenScope = z.infer<typeof TokenScopeSchema>;

/** Actions that scopes allow together. Every token may ask who it is. */
export function scopeActions(scopes: readonly TokenScope[]): ReadonlySet<Action> {
  return new Set<Action>(['session', ...scopes.flatMap(actionsOfScope)]);
}

function actionsOfScope(scope: TokenScope): readonly Action[] {
  const group = GROUP_NAMES.find((name) => name === scope);
  if (group !== undefined) return SCOPE_GROUPS[group];
  return ACTIONS.filter((action) => action === scope);
}

export const TokenBody = z.strictObject({
  name: z.string().trim().min(1).max(32),
  scopes: z.array(TokenScopeSchema).min(1).max(TOKEN_SCOPES.length),
  /** 90 unless given. */
  expiresInDays: z.int().min(1).max(365).optional(),
});

const TokenSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  /** First characters, to tell tokens apart. */
  start: z.string(),
  scopes: z.array(TokenScopeSchema),
  createdAt: UtcTime,
  lastUsedAt: UtcTime.nullable(),
  /** Null for the first token of an account, which lasts until it is revoked. */
  expiresAt: UtcTime.nullable(),
});

export const TokensReply = z.strictObject({ tokens: z.array(TokenSchema) });
export type TokensReply = z.infer<typeof TokensReply>;

/** `token` is shown once. */
export const TokenReply = z.strictObject({ ...TokenSchema.shape, token: z.string() });
export type TokenReply = z.infer<typeof TokenReply>;

export const tokenRoutes = {
  list: route({
    method: 'GET',
    path: '/v1/tokens',
    summary: 'API tokens of the caller, without the tokens themselves',
    tag: 'sign-in',
    access: 'session',
    reply: TokensReply,
  }),
  create: route({
    method: 'POST',
    path: '/v1/tokens',
    summary: 'Make an API token with scopes and an end; shown once, and not by a token',
    tag: 'sign-in',
    access: 'sign-in:manage',
    body: TokenBody,
    reply: TokenReply,
  }),
  revoke: route({
    method: 'DELETE',
    path: '/v1/tokens/:id',
    summary: 'Revoke an API token of the caller',
    tag: 'sign-in',
    access: 'sign-in:manage',
    params: z.strictObject({ id: z.string().min(1).max(128) }),
    reply: z.strictObject({ revoked: z.string() }),
  }),
} as const;
