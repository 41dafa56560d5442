// SPDX-License-Identifier: Apache-2.0
import { ROLES, SERVICES, visibleText } from '@countersign/kernel';
import { z } from 'zod';
import { route } from './route.ts';
import { Digest, UtcTime } from './shared.ts';
import { ReturnTo } from './sign-in.ts';

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
  /** Now. */
  standing: z.enum(['pending', 'in force', 'suspended', 'retired', 'expired']),
  /** What was done to it since, in log order. */
  endings: z.array(
    z.strictObject({
      kind: z.enum(['suspend', 'reinstate', 'retire']),
      at: UtcTime,
      record: Digest,
    }),
  ),
  /** Of an external validator. */
  limits: z.strictObject({ models: z.array(z.string()), until: UtcTime }).optional(),
});

export const PersonSchema = z.strictObject({
  account: z.string(),
  name: z.string(),
  email: z.string(),
  /** Of keys in effect now. Of the caller also those that groups of the firm's provider give to this session. */
  roles: z.array(RoleSchema),
  keys: z.array(KeySchema),
  /** Such an account signs in by nothing and its tokens are refused. */
  locked: z.strictObject({ at: UtcTime, by: z.string(), reason: z.string() }).optional(),
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

const AccountId = z
  .string()
  .regex(
    /^[a-z][a-z0-9._-]{0,63}$/,
    'must be an account id: lower-case letters, digits, `.`, `_` and `-`',
  );

/** Issuer and subject of an ID token: what signs in at the firm's provider. Never an e-mail address. */
const ProviderIdentity = z.strictObject({
  issuer: z.url({ protocol: /^https?$/ }).max(512),
  subject: z.string().min(1).max(255),
});

export const AccountBody = z
  .strictObject({
    account: AccountId,
    /** Stands under signatures, so it shows all that it holds. */
    printedName: z
      .string()
      .min(1)
      .max(200)
      .refine(
        (name) => visibleText(name) === name,
        'must hold no character that does not show, such as one that turns the direction of text',
      ),
    /** May be left out where `identity` says how the account signs in. */
    password: z.string().min(12).max(128).optional(),
    identity: ProviderIdentity.optional(),
  })
  .refine(({ password, identity }) => password !== undefined || identity !== undefined, {
    path: ['password'],
    message: 'must be given, or `identity` must say how the account signs in',
  });
export const AccountReply = z.strictObject({
  account: z.string(),
  printedName: z.string(),
  email: z.string(),
  /** Shown once. */
  token: z.string(),
});
export type AccountReply = z.infer<typeof AccountReply>;

export const ExternalIdentitySchema = z.strictObject({
  id: z.uuid(),
  ...ProviderIdentity.shape,
  linkedBy: z.string(),
  linkedAt: UtcTime,
});

export const IdentitiesReply = z.strictObject({ identities: z.array(ExternalIdentitySchema) });
export type IdentitiesReply = z.infer<typeof IdentitiesReply>;

const OfAccount = z.strictObject({ account: AccountId });
const LockBody = z.strictObject({ reason: z.string().trim().min(1).max(500) });

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
  identities: route({
    method: 'GET',
    path: '/v1/identities',
    summary: 'Identities at the firm’s provider that sign in as the caller',
    tag: 'identity',
    access: 'session',
    reply: IdentitiesReply,
  }),
  linkIdentity: route({
    method: 'POST',
    path: '/v1/identities/link',
    summary:
      'Begin to link the caller’s identity at the firm’s provider; takes a sign-in just made',
    tag: 'identity',
    access: 'sign-in:manage',
    body: z.strictObject({ callbackURL: ReturnTo.optional() }).optional(),
    /** Where the browser goes next. */
    reply: z.strictObject({ url: z.string() }),
  }),
  unlinkIdentity: route({
    method: 'DELETE',
    path: '/v1/identities/:id',
    summary: 'Unlink an identity at the firm’s provider from the caller',
    tag: 'identity',
    access: 'sign-in:manage',
    params: z.strictObject({ id: z.uuid() }),
    reply: z.strictObject({ unlinked: z.string() }),
  }),
  endSessions: route({
    method: 'POST',
    path: '/v1/people/:account/end-sessions',
    summary: 'End every session of an account',
    tag: 'identity',
    access: 'people:write',
    params: OfAccount,
    body: z.strictObject({}).optional(),
    reply: z.strictObject({ ended: z.int() }),
  }),
  lock: route({
    method: 'POST',
    path: '/v1/people/:account/lock',
    summary: 'Lock an account: its sessions end, and it neither signs in nor uses a token',
    tag: 'identity',
    access: 'people:write',
    params: OfAccount,
    body: LockBody,
    reply: z.strictObject({ ended: z.int() }),
  }),
  unlock: route({
    method: 'POST',
    path: '/v1/people/:account/unlock',
    summary: 'Unlock an account that another administrator has locked',
    tag: 'identity',
    access: 'people:write',
    params: OfAccount,
    body: LockBody,
    reply: z.strictObject({ unlocked: z.string() }),
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
