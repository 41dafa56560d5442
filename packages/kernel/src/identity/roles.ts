// SPDX-License-Identifier: Apache-2.0

/** Duties a person may hold. None implies another; an administrator approves nothing. */
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
] as const;
export type Role = (typeof ROLES)[number];

/** Keys that no person holds: they measure, sequence and serve, and can approve nothing. */
export const SERVICES = ['log', 'platform', 'gateway'] as const;
export type Service = (typeof SERVICES)[number];
