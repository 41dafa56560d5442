// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { route } from './route.ts';
import { Digest, UtcTime } from './shared.ts';

export const BlobReply = z.strictObject({ digest: Digest, size: z.int().nonnegative() });
export type BlobReply = z.infer<typeof BlobReply>;

/** Of one request; larger bytes are uploaded in pieces. */
export const BLOB_BYTES_MAX = 2 * 1024 ** 3;
export const DIGESTS_ASKED_MAX = 1000;

/** Version 1.0.0 of the tus resumable upload protocol, https://tus.io/protocols/resumable-upload */
export const TUS_VERSION = '1.0.0';
export const TUS_EXTENSIONS = 'creation,expiration,termination';
export const TUS_MEDIA_TYPE = 'application/offset+octet-stream';

const ByDigest = z.strictObject({ digest: Digest });

export const MissingBody = z.strictObject({
  digests: z.array(Digest).min(1).max(DIGESTS_ASKED_MAX),
});
export const MissingReply = z.strictObject({
  /** Of those asked about, in their order: what the caller has to send. */
  missing: z.array(
    z.strictObject({
      digest: Digest,
      /** An upload of the caller's own that has begun, and where it stands. */
      upload: z.strictObject({ id: z.uuid(), size: z.int(), offset: z.int() }).optional(),
    }),
  ),
});
export type MissingReply = z.infer<typeof MissingReply>;

export const UploadReply = z.strictObject({
  id: z.uuid(),
  digest: Digest,
  size: z.int().nonnegative(),
  /** Bytes that have arrived. */
  offset: z.int().nonnegative(),
  /** `stored`: the bytes are a blob; `refused`: they were not those of the digest, and are gone. */
  state: z.enum(['open', 'verifying', 'stored', 'refused']),
  expires: UtcTime,
});
export type UploadReply = z.infer<typeof UploadReply>;

const ByUpload = z.strictObject({ id: z.uuid() });

const wholeNumber = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,15})$/, 'expected a whole number of bytes')
  .transform(Number)
  .refine(Number.isSafeInteger, 'expected a whole number of bytes');

const tus = { 'tus-resumable': z.literal(TUS_VERSION) };

/** `Upload-Metadata` holds `sha256` and the base64 of the 64 hex digits, as tus encodes values. */
export const CreationHeaders = z.object({
  ...tus,
  'upload-length': wholeNumber,
  'upload-metadata': z.string().max(4096),
});
export const AppendHeaders = z.object({ ...tus, 'upload-offset': wholeNumber });
export const TusHeaders = z.object(tus);
export const RangeHeaders = z.object({
  range: z.string().max(200).optional(),
  'if-range': z.string().max(200).optional(),
});

export const blobRoutes = {
  put: route({
    method: 'PUT',
    path: '/v1/blobs',
    summary: 'Store bytes under their SHA-256, in one request',
    tag: 'blobs',
    access: 'blobs:write',
    consumes: 'application/octet-stream',
    bodyBytesMax: BLOB_BYTES_MAX,
    reply: BlobReply,
  }),
  get: route({
    method: 'GET',
    path: '/v1/blobs/:digest',
    summary: 'Bytes by their SHA-256, or a range of them; whoever reads hashes what arrived',
    tag: 'blobs',
    access: 'blobs:read',
    params: ByDigest,
    headers: RangeHeaders,
    produces: 'application/octet-stream',
    also: { 206: 'The range that was asked for' },
  }),
  head: route({
    method: 'HEAD',
    path: '/v1/blobs/:digest',
    summary: 'Length of the bytes of a SHA-256; they are not read',
    tag: 'blobs',
    access: 'blobs:read',
    params: ByDigest,
    produces: 'application/octet-stream',
  }),
  missing: route({
    method: 'POST',
    path: '/v1/blobs/missing',
    summary:
      'Which of these digests the caller has to send; what the caller may not read counts as missing',
    tag: 'blobs',
    access: 'blobs:write',
    body: MissingBody,
    reply: MissingReply,
  }),
  uploads: route({
    method: 'OPTIONS',
    path: '/v1/uploads',
    summary: 'What of tus 1.0.0 is spoken here, and the largest upload',
    tag: 'blobs',
    access: 'public',
    also: { 204: 'In Tus-Version, Tus-Extension and Tus-Max-Size' },
  }),
  create: route({
    method: 'POST',
    path: '/v1/uploads',
    summary:
      'Open a resumable upload (tus 1.0.0) for bytes of a size and a SHA-256; Location names it',
    tag: 'blobs',
    access: 'blobs:write',
    headers: CreationHeaders,
    reply: UploadReply,
    also: { 201: 'Opened; `stored` when the bytes are here already' },
  }),
  upload: route({
    method: 'GET',
    path: '/v1/uploads/:id',
    summary: 'How far an upload of one’s own has come, and what became of it',
    tag: 'blobs',
    access: 'blobs:write',
    params: ByUpload,
    reply: UploadReply,
  }),
  offset: route({
    method: 'HEAD',
    path: '/v1/uploads/:id',
    summary: 'Where an upload goes on (tus 1.0.0): Upload-Offset, Upload-Length',
    tag: 'blobs',
    access: 'blobs:write',
    params: ByUpload,
    headers: TusHeaders,
  }),
  append: route({
    method: 'PATCH',
    path: '/v1/uploads/:id',
    summary: 'Add bytes at the offset (tus 1.0.0); with the last one the whole is hashed',
    tag: 'blobs',
    access: 'blobs:write',
    params: ByUpload,
    headers: AppendHeaders,
    consumes: TUS_MEDIA_TYPE,
    also: { 204: 'Kept; Upload-Offset says how far' },
  }),
  remove: route({
    method: 'DELETE',
    path: '/v1/uploads/:id',
    summary: 'Give an upload up (tus 1.0.0)',
    tag: 'blobs',
    access: 'blobs:write',
    params: ByUpload,
    headers: TusHeaders,
    also: { 204: 'Its bytes are removed' },
  }),
} as const;
