// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';
import { z } from 'zod';

/** Lower-case hex SHA-256. */
export const Digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 digest in lower-case hex');

/** UTC with milliseconds. */
export const UtcTime = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'must be UTC with milliseconds');

/** A name of a model, use or workspace, as records hold it. */
export const Name = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,127}$/,
    'must be a name of lower-case letters, digits, `.`, `_` and `-`',
  );

/** Digits of a query parameter: text on the wire, a safe integer to the handler. */
export const QueryCount = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number')
  .transform(Number);

/** Largest version number: nine digits fit every store that holds one. */
export const VERSION_MAX = 999_999_999;

/** Digits of a version number in a path or query. */
export const QueryVersion = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a whole number of nine digits at most')
  .transform(Number);

/** Page size: 50 unless given, 500 at most. */
export const QueryLimit = z
  .string()
  .regex(/^([1-9]\d?|[1-4]\d\d|500)$/, 'must be 1 to 500')
  .transform(Number)
  .optional()
  .transform((n) => n ?? 50);

/** Any JSON: bodies come through the kernel's strict parser, so whatever is there is JSON. */
export const JsonValue = z.custom<Json>((value) => value !== undefined, 'must be present');

export const SignatureSchema = z.strictObject({
  keyid: Digest,
  sig: z.string().min(1),
  webauthn: z
    .strictObject({ authenticatorData: z.string(), clientDataJSON: z.string() })
    .optional(),
});

/** DSSE envelope as it travels; the kernel's `parseEnvelope` reads it strictly. */
export const EnvelopeSchema = z.strictObject({
  payloadType: z.string().min(1),
  payload: z.string(),
  signatures: z.array(SignatureSchema).min(1).max(64),
});

export const SubjectRefSchema = z.strictObject({
  workspace: Name,
  model: Name.optional(),
  use: Name.optional(),
  version: z.int().nonnegative().optional(),
  artifactDigest: Digest.optional(),
  dataset: z.string().optional(),
});
