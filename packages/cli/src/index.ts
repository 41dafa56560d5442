// SPDX-License-Identifier: Apache-2.0

export type { CommandRun } from './command/command-run.ts';
export { COMMANDS } from './commands/index.ts';
export { CliError, type CliErrorCode } from './errors.ts';
export type { Io } from './io.ts';
export { runCommand } from './run-command.ts';
