// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { route } from './route.ts';

export const HealthReply = z.strictObject({ status: z.literal('ok') });

export const operationsRoutes = {
  healthz: route({
    method: 'GET',
    path: '/healthz',
    summary: 'The process answers',
    tag: 'operations',
    access: 'public',
    reply: HealthReply,
  }),
  readyz: route({
    method: 'GET',
    path: '/readyz',
    summary: 'Database, log and records can be used',
    tag: 'operations',
    access: 'public',
    reply: HealthReply,
  }),
  openApi: route({
    method: 'GET',
    path: '/openapi.json',
    summary: 'This document: OpenAPI 3.1',
    tag: 'operations',
    access: 'public',
    produces: 'application/json',
  }),
} as const;
