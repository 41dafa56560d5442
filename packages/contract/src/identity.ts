// SPDX-License-Identifier: Apache-2.0
import { ROLES, SERVICES } from '@countersign/kernel';
import { z } from 'zod';
import { route } from './route.ts';
import { Digest, UtcTime } from './shared.ts';

export const RoleSchema = z.enum(ROLES);

export const KeySchema = z.strictObject({
  keyid: Digest,
  algorithm: z.enum(['ed25519', 'ecdsa-p256-sha256']),
  /** Base64 of the DER SubjectPublicKeyInfo. */
  spki: z.string(),
  /** Of a passkey: what its assertions are checked against. */
  webauthn: z
    .strictObject({
      rpId: z.string(),
      origins: z.array(z.string()),
      /** Base64. */
      credentialId: z.string(),
    })
    .optional(),
  roles: z.array(RoleSchema),
  team: z.string().optional(),
  effectiveFrom: UtcTime,
  enrolledBy: Digest,
});

export const PersonSchema = z.strictObject({
  account: z.string(),
  name: z.string(),
  email: z.string(),
  /** Of keys in effect now: roles come from enrolled keys alone. */
  roles: z.array(RoleSchema),
  keys: z.array(KeySchema),
});
export type Person = z.infer<typeof PersonSchema>;

export const MeReply = z.strictObject({
  ...PersonSchema.shape,
  /** Digest of the founding record, as this server is configured. */
  root: Digest,
  firm: z.string(),
  workspace: z.string(),
  demonstration: z.boolean(),
});
export type MeReply = z.infer<typeof MeReply>;

export const ServiceKeySchema = z.strictObject({
  keyid: Digest,
  algorithm: z.enum(['ed25519', 'ecdsa-p256-sha256']),
  spki: z.string(),
  service: z.enum(SERVICES),
  name: z.string(),
});

export const PeopleReply = z.strictObject({
  people: z.array(PersonSchema),
  services: z.array(ServiceKeySchema),
});
export type PeopleReply = z.infer<typeof PeopleReply>;

export const AccountBody = z.strictObject({
  account: z
    .string()
    .regex(
      /^[a-z][a-z0-9._-]{0,63}$/,
      'must be an account id: lower-case letters, digits, `.`, `_` and `-`',
    ),
  printedName: z.string().min(1).max(200),
  password: z.string().min(12).max(128),
});
export const AccountReply = z.strictObject({
  account: z.string(),
  printedName: z.string(),
  email: z.string(),
  /** Shown once. */
  token: z.string(),
});
export type AccountReply = z.infer<typeof AccountReply>;

export const AuditQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^([1-9]\d{0,2}|1000)$/, 'must be 1 to 1000')
    .transform(Number)
    .optional(),
  account: z.string().optional(),
  outcome: z.enum(['allowed', 'refused']).optional(),
});
export const AuditReply = z.strictObject({
  events: z.array(
    z.strictObject({
      at: UtcTime,
      account: z.string().nullable(),
      action: z.string(),
      subject: z.string().nullable(),
      outcome: z.enum(['allowed', 'refused']),
      code: z.string().nullable(),
      reason: z.string(),
      requestId: z.string(),
    }),
  ),
});
export type AuditReply = z.infer<typeof AuditReply>;

export const identityRoutes = {
  me: route({
    method: 'GET',
    path: '/v1/me',
    summary: 'The caller: account, roles of enrolled keys, and the firm',
    tag: 'identity',
    access: 'session',
    reply: MeReply,
  }),
  people: route({
    method: 'GET',
    path: '/v1/people',
    summary: 'Accounts with their roles and enrolled keys',
    tag: 'identity',
    access: 'people:read',
    reply: PeopleReply,
  }),
  createAccount: route({
    method: 'POST',
    path: '/v1/people',
    summary: 'Create an account; it has no role until a key is enrolled for it',
    tag: 'identity',
    access: 'people:write',
    body: AccountBody,
    reply: AccountReply,
  }),
  audit: route({
    method: 'GET',
    path: '/v1/audit',
    summary: 'Refused attempts and sign-ins, newest first',
    tag: 'identity',
    access: 'audit:read',
    query: AuditQuery,
    reply: AuditReply,
  }),
} as const;
