// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { LineageRecordSchema } from './registry.ts';
import { route } from './route.ts';
import { JsonValue, Name, QueryVersion } from './shared.ts';

/** A person's signature over the files of an issued document. */
export const DocumentSignatureSchema = z.strictObject({
  digest: z.string(),
  account: z.string(),
  printedName: z.string(),
  meaning: z.string(),
  statement: z.string(),
  /** Claimed time of signing. */
  signedAt: z.string(),
});

/** A section that no longer tells how things stand, and why. */
export const ChangedSectionSchema = z.strictObject({
  number: z.int(),
  label: z.string().optional(),
  title: z.string(),
  changes: z
    .array(
      z.strictObject({
        evidence: z.string(),
        what: z.enum(['superseded', 'expired', 'about other bytes', 'added']),
        record: z.string(),
        by: z.string().optional(),
      }),
    )
    .readonly(),
});

export const DocumentsReply = z.strictObject({
  /** Issued documents, newest first; the content names the rendered bytes by digest. */
  documents: z
    .array(
      LineageRecordSchema.extend({
        content: JsonValue,
        signatures: z.array(DocumentSignatureSchema).readonly(),
        /**
         * Sections whose evidence has changed since; absent unless a version or a digest was asked for, and where the
         * JSON edition is no longer kept.
         */
        changed: z.array(ChangedSectionSchema).readonly().optional(),
      }),
    )
    .readonly(),
});
export type DocumentsReply = z.infer<typeof DocumentsReply>;

export const documentsRoutes = {
  list: route({
    method: 'GET',
    path: '/v1/documents',
    summary: 'Documents that were issued',
    tag: 'documents',
    access: 'documents:read',
    query: z.strictObject({
      model: Name.optional(),
      version: QueryVersion.optional(),
      /** Of the record or of any file that was issued; eight hex digits or more. */
      digest: z
        .string()
        .regex(/^[0-9a-f]{8,64}$/)
        .optional(),
    }),
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
