// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../errors.ts';
import { externalExtension, type S3Origin } from '../file/origin-section.ts';
import type { Extracted, ExtractRequest } from './extracted.ts';
import { addressOf, fetchObject, type PinnedObject, pinObject } from './fetch-object.ts';
import { joinParts } from './join-parts.ts';
import { type OpenedS3, openS3, s3Failure } from './s3-client.ts';
import type { S3Facts } from './snapshot-origin.ts';
import { isPart, PARTS_MAX, type TablePart } from './table-part.ts';

/** One object, or every table file below a prefix in the order of their names. Throws PipelineError `source_*`. */
export async function extractS3(request: ExtractRequest, from: S3Origin): Promise<Extracted> {
  const opened = await openS3({ ...from, environment: request.environment });
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(from.s3) ?? [];
  try {
    return key.endsWith('/')
      ? await extractPrefix(opened, request, { from, bucket, prefix: key })
      : await extractObject(opened, request, { from, bucket, key });
  } finally {
    opened.client.destroy();
  }
}

async function extractObject(
  opened: OpenedS3,
  request: ExtractRequest,
  wanted: { readonly from: S3Origin; readonly bucket: string; readonly key: string },
): Promise<Extracted> {
  const { from, bucket, key } = wanted;
  request.report(`${request.name}: ${from.s3}`);
  const object = await pinObject(opened, { bucket, key, version: from.version }, request);
  const path = join(request.workDir, `object${externalExtension(from)}`);
  const { version } = await fetchObject(opened, object, { path, watch: request });
  const { etag, lastModified } = object;
  const facts = { ...commonFacts(opened, request, from), version, etag, lastModified, parts: [] };
  // A `format` beside a key without extension names the format to whoever reads the file.
  const file = from.format === undefined ? from.s3 : `${from.s3}${externalExtension(from)}`;
  return { path, file: from.s3.endsWith(externalExtension(from)) ? from.s3 : file, origin: facts };
}

function commonFacts(
  { region, endpoint }: OpenedS3,
  request: ExtractRequest,
  { s3 }: S3Origin,
): Pick<S3Facts, 's3' | 'region' | 'endpoint' | 'extractedAt'> {
  return { s3, region, endpoint, extractedAt: request.now().toISOString() };
}

async function extractPrefix(
  opened: OpenedS3,
  request: ExtractRequest,
  wanted: { readonly from: S3Origin; readonly bucket: string; readonly prefix: string },
): Promise<Extracted> {
  const { from } = wanted;
  const objects = await listObjects(opened, request, wanted);
  const directory = join(request.workDir, 'parts');
  await mkdir(directory);
  const parts: TablePart[] = [];
  for (const [index, object] of objects.entries()) {
    request.report(`${request.name}: ${addressOf(object)} (${index + 1} of ${objects.length})`);
    const path = join(directory, `${index}${externalExtension(from)}`);
    const { version } = await fetchObject(opened, object, { path, watch: request });
    const blob = await request.blobs.putFile(path);
    const claims = { etag: object.etag, ...(version === null ? {} : { version }) };
    parts.push({ path, record: { name: object.key.slice(wanted.prefix.length), claims, ...blob } });
  }
  refuseOtherList(from.s3, objects, await listObjects(opened, request, wanted));
  const joined = await joinParts({
    name: from.s3,
    parts,
    extension: externalExtension(from),
    directory: request.workDir,
  });
  const origin: S3Facts = {
    ...commonFacts(opened, request, from),
    version: null,
    etag: null,
    lastModified: null,
    parts: parts.map(({ record }) => record),
  };
  return { ...joined, origin };
}

async function listObjects(
  { client, sdk }: OpenedS3,
  { signal }: ExtractRequest,
  wanted: { readonly from: S3Origin; readonly bucket: string; readonly prefix: string },
): Promise<readonly PinnedObject[]> {
  const { bucket, prefix, from } = wanted;
  const found: PinnedObject[] = [];
  let token: string | undefined;
  do {
    const page = await client
      .send(
        new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
        { ...(signal === undefined ? {} : { abortSignal: signal }) },
      )
      .catch((cause: unknown) => {
        throw s3Failure(cause, from.s3);
      });
    for (const { Key: key = '', ETag: etag = '', Size: size = 0, LastModified } of page.Contents ??
      []) {
      if (!isPart(key.slice(prefix.length), { name: from.s3, extension: externalExtension(from) }))
        continue;
      found.push({ bucket, key, etag, size, lastModified: LastModified?.toISOString() ?? null });
    }
    if (found.length > PARTS_MAX) {
      const message = `\`${from.s3}\` holds more than ${PARTS_MAX} files; name a narrower prefix`;
      throw new PipelineError('source_unsupported', message);
    }
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
  if (found.length === 0) {
    const message = `there is no \`${externalExtension(from)}\` file below \`${from.s3}\``;
    throw new PipelineError('source_missing', message, { details: { address: from.s3 } });
  }
  return found.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** A file that came, went or changed while the others were read: the parts would be of two moments. */
function refuseOtherList(
  address: string,
  before: readonly PinnedObject[],
  after: readonly PinnedObject[],
): void {
  const names = (objects: readonly PinnedObject[]) =>
    objects.map(({ key, etag }) => `${key}\0${etag}`);
  const now = new Set(names(after));
  const then = new Set(names(before));
  const other = [...then].find((one) => !now.has(one)) ?? [...now].find((one) => !then.has(one));
  if (other === undefined) return;
  const [key = ''] = other.split('\0');
  const message = `\`${key}\` below \`${address}\` changed while the others were read; run it again`;
  throw new PipelineError('source_changed', message, { details: { address, key } });
}
