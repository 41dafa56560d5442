// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { PendingReply } from './records.ts';
import { route } from './route.ts';
import { Digest } from './shared.ts';

/**
 * What somebody hands to the administrators to have a signing key enrolled: the public half only. It grants nothing;
 * the enrolment that an administrator makes of it is what is signed.
 */
export const EnrolmentRequest = z.strictObject({
  v: z.literal(1),
  kind: z.literal('countersign-enrolment-request'),
  account: z.string().min(1).max(64),
  /** Digest of the founding record of the firm it is meant for. */
  founding: Digest,
  key: z.strictObject({
    /** SHA-256 of the DER SubjectPublicKeyInfo. */
    keyid: Digest,
    algorithm: z.enum(['ed25519', 'ecdsa-p256-sha256']),
    /** Base64. */
    spki: z.string().min(1).max(1024),
    /** Of a passkey. */
    webauthn: z
      .strictObject({
        rpId: z.string().min(1).max(253),
        origins: z.array(z.string().min(1).max(300)).min(1).max(16),
        /** Base64. */
        credentialId: z.string().min(1).max(2048),
      })
      .optional(),
  }),
});
export type EnrolmentRequest = z.infer<typeof EnrolmentRequest>;

export const signingRoutes = {
  ownEnrolments: route({
    method: 'GET',
    path: '/v1/signing/enrolments',
    summary: 'Enrolments of the caller’s own keys that await signatures, readable without any role',
    tag: 'signing',
    access: 'session',
    reply: PendingReply,
  }),
} as const;
