// SPDX-License-Identifier: Apache-2.0
import type { Session } from '../session.ts';
import type { Input } from './input.ts';

export interface ArgumentSpec {
  readonly name: string;
  readonly summary: string;
  readonly isOptional?: boolean;
  /** The last argument, given any number of times. */
  readonly isRepeated?: boolean;
}

export interface OptionSpec {
  /** As commander reads it: `--to STAGE` takes a value, `--replay` none. */
  readonly flags: string;
  readonly summary: string;
  readonly isRequired?: boolean;
  /** May be given several times. */
  readonly isRepeated?: boolean;
  readonly choices?: readonly string[];
}

/** What a command found or did. A refusal is an outcome, not an exception. */
export interface Outcome {
  /** false: refused or failed, exit code 1; `lines` say why. */
  readonly ok: boolean;
  /** What `--json` prints. */
  readonly result: unknown;
  /** What people read. */
  readonly lines: readonly string[];
  /** A command that ran on has printed its result when it began; it is not printed again at the end. */
  readonly isPrinted?: boolean;
}

export interface Command {
  /** As typed: `submit`, `keys new`. */
  readonly name: string;
  readonly summary: string;
  /** One line that works as it stands. */
  readonly example: string;
  readonly description?: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  readonly run: (input: Input, session: Session) => Promise<Outcome>;
}

export function done(result: unknown, ...lines: readonly string[]): Outcome {
  return { ok: true, result, lines };
}

export function refused(result: unknown, ...lines: readonly string[]): Outcome {
  return { ok: false, result, lines };
}
