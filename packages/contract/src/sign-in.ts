// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { route } from './route.ts';
import { JsonValue } from './shared.ts';

export const SIGN_IN_METHODS = ['password', 'passkey', 'oidc'] as const;

/**
 * The part of better-auth that is offered: sessions by password and by passkey. Answers are better-auth's own.
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

/** Bytes as WebAuthn's JSON writes them. */
const Base64Url = z
  .string()
  .regex(/^[A-Za-z0-9_-]+$/, 'must be base64url')
  .max(65_536);

const CREDENTIAL = {
  id: Base64Url.max(1_400),
  rawId: Base64Url.max(1_400),
  type: z.literal('public-key'),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).nullish(),
  clientExtensionResults: z.record(z.string(), JsonValue).optional(),
} as const;

/** RegistrationResponseJSON of WebAuthn level 3. */
const RegistrationBody = z.strictObject({
  name: z.string().trim().min(1).max(64).optional(),
  response: z.strictObject({
    ...CREDENTIAL,
    response: z.strictObject({
      clientDataJSON: Base64Url,
      attestationObject: Base64Url,
      authenticatorData: Base64Url.optional(),
      publicKey: Base64Url.optional(),
      publicKeyAlgorithm: z.int().optional(),
      transports: z
        .array(z.string().regex(/^[a-z-]{1,32}$/))
        .max(8)
        .optional(),
    }),
  }),
});

/** AuthenticationResponseJSON of WebAuthn level 3. */
const AuthenticationBody = z.strictObject({
  response: z.strictObject({
    ...CREDENTIAL,
    response: z.strictObject({
      clientDataJSON: Base64Url,
      authenticatorData: Base64Url,
      signature: Base64Url,
      userHandle: Base64Url.nullish(),
      attestationObject: Base64Url.nullish(),
    }),
  }),
});

export const SignInMethodsReply = z.strictObject({
  password: z.literal(true),
  passkey: z.literal(true),
  /** The firm's provider, where one is configured: a browser that goes to `start` comes back signed in. */
  oidc: z.strictObject({ name: z.string(), start: z.string() }).optional(),
  firm: z.string(),
  demonstration: z.boolean(),
});
export type SignInMethodsReply = z.infer<typeof SignInMethodsReply>;

/** A path of this site: a `//` or `\` at the beginning would lead to another. */
export const ReturnTo = z
  .string()
  .max(512)
  .regex(/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/, 'must be a path of this site');

const Answer = JsonValue;

export const signInRoutes = {
  methods: route({
    method: 'GET',
    path: '/v1/sign-in-methods',
    summary: 'How to sign in here',
    tag: 'sign-in',
    access: 'public',
    reply: SignInMethodsReply,
  }),
  signIn: route({
    method: 'POST',
    path: '/v1/auth/sign-in/email',
    summary:
      'Open a session by password; ten attempts a minute from one address, ten failures in a quarter of an hour for one account',
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
  passkeyRegisterOptions: route({
    method: 'GET',
    path: '/v1/auth/passkey/generate-register-options',
    summary: 'What a browser needs to make a passkey for signing in; takes a sign-in just made',
    tag: 'sign-in',
    access: 'public',
    query: z.strictObject({
      authenticatorAttachment: z.enum(['platform', 'cross-platform']).optional(),
      name: z.string().min(1).max(64).optional(),
    }),
    reply: Answer,
  }),
  passkeyRegister: route({
    method: 'POST',
    path: '/v1/auth/passkey/verify-registration',
    summary: 'Register a passkey for signing in; a credential that signs records is refused',
    tag: 'sign-in',
    access: 'public',
    body: RegistrationBody,
    reply: Answer,
  }),
  passkeySignInOptions: route({
    method: 'GET',
    path: '/v1/auth/passkey/generate-authenticate-options',
    summary: 'What a browser needs to sign in by passkey',
    tag: 'sign-in',
    access: 'public',
    reply: Answer,
  }),
  passkeySignIn: route({
    method: 'POST',
    path: '/v1/auth/passkey/verify-authentication',
    summary: 'Open a session by passkey',
    tag: 'sign-in',
    access: 'public',
    body: AuthenticationBody,
    reply: Answer,
  }),
  passkeys: route({
    method: 'GET',
    path: '/v1/auth/passkey/list-user-passkeys',
    summary: 'Passkeys that sign in the session’s account',
    tag: 'sign-in',
    access: 'public',
    reply: Answer,
  }),
  passkeyDelete: route({
    method: 'POST',
    path: '/v1/auth/passkey/delete-passkey',
    summary: 'Remove a passkey of the session’s account',
    tag: 'sign-in',
    access: 'public',
    body: z.strictObject({ id: z.string().min(1).max(128) }),
    reply: Answer,
  }),
  oidcStart: route({
    method: 'GET',
    path: '/v1/auth/oidc/start',
    summary: 'Go to the firm’s provider to sign in',
    tag: 'sign-in',
    access: 'public',
    query: z.strictObject({ callbackURL: ReturnTo.optional() }),
    produces: 'text/plain',
  }),
  oidcCallback: route({
    method: 'GET',
    path: '/v1/auth/oidc/callback',
    summary: 'Where the firm’s provider sends a browser back to',
    tag: 'sign-in',
    access: 'public',
    // The provider's own, whose members differ; what is believed of them the protocol's library decides.
    query: z.record(z.string().max(64), z.string().max(8_192)),
    produces: 'text/plain',
  }),
} as const;
