// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Where `npm run build -w @countersign/web` leaves the browser interface. */
export const WEB_DIRECTORY = join(import.meta.dirname, '../../../../web/dist');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
const COMPRESSED = new Set(['.js', '.css', '.svg', '.txt']);
/** A build has some eighty; a bound, since all of them are held in memory. */
const FILES_MAX = 1_000;
/** In index.html, where each answer's own nonce goes. */
const NONCE_PLACE = '__CSP_NONCE__';
/** Paths of the API, which answers for itself in JSON also where nothing is. */
const API_PATH = /^\/(v1|v2|api|healthz|readyz|metrics|openapi\.json)(\/|$)/;

interface WebFile {
  readonly bytes: Buffer;
  readonly type: string;
  readonly isCompressible: boolean;
  compressed?: Promise<Buffer>;
}

type WebFiles = ReadonlyMap<string, WebFile>;

/** Answers a request for the browser interface, or undefined when it is for something else. */
export type WebPages = (
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<FastifyReply | undefined>;

/**
 * The built interface under `/`, from memory: a request's path is looked up among the files of the build and never
 * reaches the file system. A path of a page gets index.html, so that every page has an address.
 */
export function webPages(directory = WEB_DIRECTORY): WebPages {
  let files: Promise<WebFiles> | undefined;
  return async (request, reply) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
    const path = request.url.split('?')[0] ?? '/';
    if (API_PATH.test(path)) return undefined;
    // Until there is a build, each request looks again.
    files ??= readBuild(directory);
    const built = await files;
    if (built.size === 0) files = undefined;
    const file = built.get(path);
    if (file !== undefined && path !== '/index.html')
      return sendFile(file, { path, request, reply });
    if (!isPage(path, request)) return undefined;
    const index = built.get('/index.html');
    return index === undefined ? sendUnbuilt(reply) : sendIndex(index, reply);
  };
}

async function readBuild(directory: string): Promise<WebFiles> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, WebFile>();
  for (const entry of names.slice(0, FILES_MAX)) {
    const extension = extname(entry.name);
    const type = TYPES[extension];
    if (!entry.isFile() || type === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(`/${relative(directory, path).split(sep).join('/')}`, {
      bytes: await readFile(path),
      type,
      isCompressible: COMPRESSED.has(extension),
    });
  }
  return files;
}

/** A name with a dot is a file that is not there; a page is asked for by somebody who reads HTML. */
function isPage(path: string, { headers }: FastifyRequest): boolean {
  const last = path.slice(path.lastIndexOf('/') + 1);
  return !last.includes('.') && (headers.accept?.includes('text/html') ?? false);
}

async function sendFile(
  file: WebFile,
  at: { readonly path: string; readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<FastifyReply> {
  const { path, request, reply } = at;
  // The build puts the hash of the bytes into the names under /assets.
  const isImmutable = path.startsWith('/assets/');
  reply
    .type(file.type)
    .header('cache-control', isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache')
    .header('vary', 'accept-encoding')
    .header('cross-origin-resource-policy', 'same-origin');
  const takesBrotli = /\bbr\b/.test(String(request.headers['accept-encoding'] ?? ''));
  if (!file.isCompressible || !takesBrotli) return reply.send(file.bytes);
  file.compressed ??= compress(file.bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY },
  });
  return reply.header('content-encoding', 'br').send(await file.compressed);
}

const compress = promisify(brotliCompress);
/** Once a file and start; above it the time grows faster than the gain. */
const BROTLI_QUALITY = 8;

/**
 * Scripts only from our own files, nothing inline. Styles likewise, and the theme's own variables, which Mantine writes
 * into a style element: it carries the nonce of this one answer. No frame, no foreign request, no base element.
 */
function sendIndex(index: WebFile, reply: FastifyReply): FastifyReply {
  const nonce = randomBytes(18).toString('base64');
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ];
  return reply
    .type('text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('content-security-policy', policy.join('; '))
    .header('x-frame-options', 'DENY')
    .header('cross-origin-opener-policy', 'same-origin')
    .header('cross-origin-resource-policy', 'same-origin')
    .header(
      'permissions-policy',
      'publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=()',
    )
    .send(index.bytes.toString('utf8').replaceAll(NONCE_PLACE, nonce));
}

function sendUnbuilt(reply: FastifyReply): FastifyReply {
  return reply
    .status(404)
    .type('text/plain; charset=utf-8')
    .send(
      'The browser interface has not been built. Run `npm run build -w @countersign/web` in the checkout and load this page again.\n',
    );
}
