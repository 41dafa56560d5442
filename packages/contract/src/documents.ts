// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { LineageRecordSchema } from './registry.ts';
import { route } from './route.ts';
import { JsonValue, Name, QueryVersion } from './shared.ts';

export const DocumentsReply = z.strictObject({
  /** Issued documents, newest first; the content names the rendered bytes by digest. */
  documents: z.array(LineageRecordSchema.extend({ content: JsonValue })).readonly(),
});
export type DocumentsReply = z.infer<typeof DocumentsReply>;

export const documentsRoutes = {
  list: route({
    method: 'GET',
    path: '/v1/documents',
    summary: 'Documents that were issued',
    tag: 'documents',
    access: 'documents:read',
    query: z.strictObject({ model: Name.optional(), version: QueryVersion.optional() }),
    reply: DocumentsReply,
  }),
  export: route({
    method: 'GET',
    path: '/v1/export',
    summary: 'A case file of a version (`version=model@n`) or of a decision, that verifies alone',
    tag: 'documents',
    access: 'export',
    query: z
      .strictObject({
        version: z
          .string()
          .regex(/^[a-z0-9][a-z0-9._-]{0,127}@[1-9]\d{0,8}$/, 'must be like `model@1`')
          .optional(),
        use: Name.optional(),
        decision: z.string().min(1).max(100).optional(),
        /** Of a version: with everything that a rebuild starts from, data with sealed rows included. */
        rebuildParts: z.enum(['true', 'false']).optional(),
      })
      .refine(
        ({ version, decision }) => (version === undefined) !== (decision === undefined),
        'name either `version` or `decision`',
      ),
    produces: 'application/zip',
  }),
} as const;
