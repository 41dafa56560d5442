// SPDX-License-Identifier: Apache-2.0
import type { z } from 'zod';

/**
 * What a caller wants to do, in the words of policies/access.cedar. Every route names one; `public` routes serve
 * what is published to everybody, `session` routes need a known caller and nothing more.
 */
export const ACTIONS = [
  'session',
  'sign-in:manage',
  'people:read',
  'people:write',
  'records:read',
  'records:write',
  'blobs:read',
  'blobs:write',
  'audit:read',
  'registry:read',
  'jobs:run',
  'jobs:read',
  'changes:read',
  'changes:promote',
  'changes:discuss',
  'decisions:read',
  'decisions:write',
  'documents:read',
  'export',
  'notices:read',
  'notices:settings',
  'notices:audit',
  'notices:manage',
  'retention:read',
  'retention:sweep',
] as const;
export type Action = (typeof ACTIONS)[number];

export type Method = 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One route of the API: the server registers it, the OpenAPI document prints it, clients are typed by it. */
export interface Route<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Reply extends z.ZodType = z.ZodType,
> {
  readonly method: Method;
  /** With `:name` for a parameter and a last `*` for a rest of several segments. */
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly access: Action | 'public';
  readonly params?: Params;
  readonly query?: Query;
  /** Of the request, by lower-case name; others may come with it. */
  readonly headers?: z.ZodType;
  /** JSON body. A body that is not JSON is described by `consumes`. */
  readonly body?: Body;
  readonly consumes?: string;
  /** Of the JSON answer. An answer that is not JSON is described by `produces`. */
  readonly reply?: Reply;
  readonly produces?: string;
  /** Further statuses of success, with what they mean; without a body unless the answer has one. */
  readonly also?: Readonly<Record<number, string>>;
  /** Largest body in bytes; 1 MiB unless given. */
  readonly bodyBytesMax?: number;
}

/** Declares a route, keeping the types of its schemas. */
export function route<
  Params extends z.ZodType = z.ZodType<undefined>,
  Query extends z.ZodType = z.ZodType<undefined>,
  Body extends z.ZodType = z.ZodType<undefined>,
  Reply extends z.ZodType = z.ZodType<undefined>,
>(declared: Route<Params, Query, Body, Reply>): Route<Params, Query, Body, Reply> {
  return declared;
}
