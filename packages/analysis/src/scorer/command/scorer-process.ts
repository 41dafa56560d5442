// SPDX-License-Identifier: Apache-2.0
import type { SandboxedProcess } from '@countersign/pipeline';
import { AnalysisError } from '../../errors.ts';
import {
  breach,
  LINE_BYTES_MAX,
  type LineAnswer,
  parseAnswer,
  parseReady,
  type Ready,
} from './protocol.ts';

export interface ProcessLimits {
  readonly startMs: number;
  readonly timeoutMs: number;
}

/** One process of a scorer that has said what it is. It answers one line at a time. */
export interface ScorerProcess {
  readonly ready: Ready;
  /**
   * Sends a line and waits for its answer. Throws AnalysisError `scorer_timeout`, `scorer_ended` or `scorer_protocol`, and
   * the process is killed: whatever it may still say is never read.
   */
  ask(id: string, line: string): Promise<LineAnswer>;
  /** Resolves with why, once nothing of the process is left. */
  readonly ended: Promise<AnalysisError>;
  kill(): void;
}

interface Waiting {
  readonly take: (line: Uint8Array) => void;
  readonly fail: (error: AnalysisError) => void;
}

const NEWLINE = 0x0a;

/**
 * Waits until the process has said that it is ready. Throws AnalysisError `scorer_timeout`, `scorer_ended` or
 * `scorer_protocol`, after its end.
 */
export async function attachScorer(
  child: SandboxedProcess,
  limits: ProcessLimits,
  signal: AbortSignal,
): Promise<ScorerProcess> {
  const conversation = new Conversation(child);
  const stop = () => child.kill();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const ready = parseReady(
      await conversation.next(limits.startMs, 'did not say that it is ready'),
    );
    return {
      ready,
      ask: (id, line) => conversation.ask({ id, line, ready, timeoutMs: limits.timeoutMs }),
      ended: conversation.ended,
      kill: () => child.kill(),
    };
  } catch (error) {
    child.kill();
    await conversation.ended;
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Lines of a process, each taken by whoever waits for it; a line that nobody waits for breaks the protocol. */
class Conversation {
  readonly #child: SandboxedProcess;
  readonly ended: Promise<AnalysisError>;
  #waiting: Waiting | undefined;
  /** The first thing that went wrong: from then on nothing is asked and nothing is read. */
  #fault: AnalysisError | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(child: SandboxedProcess) {
    this.#child = child;
    child.output.on('data', (chunk: Buffer) => this.#take(chunk));
    this.ended = child.ended.then(
      ({ exit, overuse, wasStarted }) => this.#fail(endedError({ exit, overuse, wasStarted })),
      (cause: unknown) =>
        this.#fail(new AnalysisError('scorer_ended', messageOf(cause), { cause })),
    );
  }

  async ask(at: {
    readonly id: string;
    readonly line: string;
    readonly ready: Ready;
    readonly timeoutMs: number;
  }): Promise<LineAnswer> {
    if (this.#fault !== undefined) throw this.#fault;
    const answered = this.next(at.timeoutMs, 'did not answer');
    this.#child.input.write(`${at.line}\n`);
    const line = await answered;
    try {
      return parseAnswer(line, at.id, at.ready);
    } catch (error) {
      throw error instanceof AnalysisError ? this.#fail(error) : error;
    }
  }

  /** The next line; without it in time the process is killed. */
  next(timeoutMs: number, otherwise: string): Promise<Uint8Array> {
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const message = `the scorer ${otherwise} within ${timeoutMs} ms and was ended`;
        this.#fail(new AnalysisError('scorer_timeout', message, { details: { timeoutMs } }));
      }, timeoutMs);
      const done = () => {
        clearTimeout(timer);
        this.#waiting = undefined;
      };
      this.#waiting = {
        take: (line) => {
          done();
          resolve(line);
        },
        fail: (error) => {
          done();
          reject(error);
        },
      };
    });
  }

  #take(chunk: Buffer): void {
    if (this.#fault !== undefined) return;
    if (this.#waiting === undefined) {
      this.#fail(breach('it spoke without being asked'));
      return;
    }
    const end = chunk.indexOf(NEWLINE);
    this.#bytes += end === -1 ? chunk.length : end;
    if (this.#bytes > LINE_BYTES_MAX) {
      this.#fail(breach(`a line is longer than ${LINE_BYTES_MAX} bytes`));
      return;
    }
    if (end === -1) {
      this.#chunks.push(chunk);
      return;
    }
    // What came after the line was said before it could be asked for: neither line is believed.
    if (end !== chunk.length - 1) {
      this.#fail(breach('it said more than one line for one request'));
      return;
    }
    const line = Buffer.concat([...this.#chunks, chunk.subarray(0, end)]);
    this.#chunks = [];
    this.#bytes = 0;
    this.#waiting.take(line);
  }

  #fail(error: AnalysisError): AnalysisError {
    const first = this.#fault ?? error;
    this.#fault = first;
    this.#chunks = [];
    this.#child.kill();
    this.#waiting?.fail(first);
    return first;
  }
}

function endedError(end: {
  readonly exit: number | null;
  readonly overuse: string | undefined;
  readonly wasStarted: boolean;
}): AnalysisError {
  const how =
    end.overuse !== undefined
      ? `was ended because it took more ${end.overuse} than it may`
      : end.wasStarted
        ? `ended${end.exit === null ? '' : ` with ${end.exit}`}`
        : 'could not be started in the sandbox';
  return new AnalysisError('scorer_ended', `the scorer ${how}`);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'the scorer ended';
}
