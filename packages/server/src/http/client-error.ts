// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorReply } from '@countersign/contract';

/** Answers bytes that Node cannot read as HTTP, for which there is neither request nor reply; then hangs up. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, message } = problemOf(error.code);
  const reply: ErrorReply = {
    error: { code: 'request_malformed', message, requestId: randomUUID() },
  };
  const body = JSON.stringify(reply);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function problemOf(code: string | undefined): {
  readonly status: number;
  readonly message: string;
} {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return { status: 408, message: 'the request did not arrive in time' };
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return { status: 431, message: 'the header is larger than a request may have' };
  }
  return { status: 400, message: 'the request cannot be read as HTTP' };
}
