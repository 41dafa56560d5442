// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { route } from './route.ts';
import { Digest, EnvelopeSchema } from './shared.ts';

/** What is enforced with outside the gateway: by pipelines, init containers and admission controllers. */
export const enforcementRoutes = {
  feed: route({
    method: 'GET',
    path: '/v1/feed/*',
    summary:
      'What a check of warrants needs, as a plain directory: status, trust, bundles/DIGEST of live warrants, tile/…',
    tag: 'log',
    access: 'public',
    params: z.strictObject({ '*': z.string().max(200) }),
    produces: 'application/json',
  }),
  summary: route({
    method: 'GET',
    path: '/v1/warrants/:digest/vsa',
    summary:
      'SLSA verification summary of a full production warrant that holds, signed by the platform',
    tag: 'governance',
    access: 'changes:read',
    params: z.strictObject({ digest: Digest }),
    reply: EnvelopeSchema,
  }),
} as const;
