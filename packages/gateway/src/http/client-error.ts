// SPDX-License-Identifier: Apache-2.0
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { GatewayError } from '../errors.ts';
import { refusalBody } from './answers.ts';

/** Answers bytes that Node cannot read as HTTP, for which there is neither request nor reply; then hangs up. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? 408
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? 431
        : 400;
  const refusal = new GatewayError(
    'request_malformed',
    `the request cannot be read as HTTP: ${STATUS_CODES[status]}`,
  );
  const body = JSON.stringify(refusalBody(refusal));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
