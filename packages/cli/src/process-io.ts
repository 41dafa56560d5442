// SPDX-License-Identifier: Apache-2.0
import process from 'node:process';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Io } from './io.ts';

const CLEAR_LINE = '\r\u001b[2K';

/** The process's own streams. Progress replaces one line on a terminal and is plain lines elsewhere. */
export function processIo(signal: AbortSignal): Io {
  const isTerminal = process.stdout.isTTY === true && process.stderr.isTTY === true;
  const base: Io = {
    out: (line) => {
      process.stdout.write(`${line}\n`);
    },
    err: (line) => {
      process.stderr.write(`${line}\n`);
    },
    isTerminal,
    env: process.env,
    now: () => new Date(),
    cwd: process.cwd(),
    signal,
  };
  return isTerminal ? { ...withStatus(base), askHidden } : base;
}

/** Lines above, one changing status line below. */
function withStatus(base: Io): Io {
  let shown = '';
  const above = (write: (line: string) => void) => (line: string) => {
    if (shown !== '') process.stderr.write(CLEAR_LINE);
    write(line);
    if (shown !== '') process.stderr.write(shown);
  };
  return {
    ...base,
    out: above((line) => base.out(line)),
    err: above((line) => base.err(line)),
    status(text) {
      const width = process.stderr.columns ?? 80;
      shown = text.replaceAll('\n', ' ').slice(0, width - 1);
      process.stderr.write(`${CLEAR_LINE}${shown}`);
    },
  };
}

/** Asks with the typed characters hidden. */
function askHidden(question: string): Promise<string> {
  const hidden = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: hidden, terminal: true });
  process.stderr.write(question);
  return new Promise((resolve) => {
    prompt.question('', (answer) => {
      prompt.close();
      process.stderr.write('\n');
      resolve(answer);
    });
  });
}
