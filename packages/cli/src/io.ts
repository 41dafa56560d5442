// SPDX-License-Identifier: Apache-2.0

/** Where a command writes and what it knows of the world around it; the demo and the tests give their own. */
export interface Io {
  /** Results. Whole lines, without the line end. */
  out(line: string): void;
  /** Progress and errors. Whole lines, without the line end. */
  err(line: string): void;
  /** Whether a person looks on: colours, progress, prompts. */
  readonly isTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** UTC. */
  now(): Date;
  /** Directory that relative paths start at; the process's own unless given. */
  readonly cwd?: string;
  /** Ends long-running commands (`up`, `serve`). */
  readonly signal?: AbortSignal;
  /** Asks without echo. Absent where nobody can be asked. */
  askHidden?(question: string): Promise<string>;
  /** Replaces the line that is being shown; absent where lines only follow one another. */
  status?(text: string): void;
}
