// SPDX-License-Identifier: Apache-2.0

/**
 * Duties a person may hold. None implies another; an administrator approves nothing. An external validator is a
 * validator of the models that the key names, until the time that it names.
 */
export const ROLES = [
  'developer',
  'model-risk',
  'validator',
  'legal',
  'compliance',
  'executive',
  'model-owner',
  'user',
  'operator',
  'auditor',
  'administrator',
  'external-validator',
] as const;
export type Role = (typeof ROLES)[number];

/** Keys that no person holds: they measure, sequence and serve, and can approve nothing. */
export const SERVICES = ['log', 'platform', 'gateway'] as const;
export type Service = (typeof SERVICES)[number];

/**
 * Duties without a signature of their own: what a group of the firm's identity provider may give to a session.
 * Every other duty comes from an enrolled key alone.
 */
export const KEYLESS_ROLES = [
  'developer',
  'user',
  'operator',
  'auditor',
] as const satisfies readonly Role[];

/** Who together may name new administrators when the quorum is lost: duties that watch, none that administers. */
export const RECOVERY_ROLES: readonly Role[] = [
  'executive',
  'compliance',
  'legal',
  'model-risk',
  'auditor',
];
