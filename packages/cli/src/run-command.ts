// SPDX-License-Identifier: Apache-2.0
import { visibleText } from '@countersign/kernel';
import { dataDirOption, parseArguments } from './command/build-program.ts';
import type { Command } from './command/command.ts';
import type { CommandRun } from './command/command-run.ts';
import { demoCommand } from './commands/demo.ts';
import { COMMANDS } from './commands/index.ts';
import type { Io } from './io.ts';
import { describeError } from './output/describe-error.ts';
import { visibleIo } from './output/visible-io.ts';
import { createSession } from './session.ts';

/**
 * Runs one command line in this process, as `countersign ARGV` would: results to `io.out`, errors to `io.err`.
 * Never throws for what a command meets; a fault of this program is reported with code `internal`.
 */
export async function runCommand(
  argv: readonly string[],
  io: Io,
  commands: readonly Command[] = [...COMMANDS, demoCommand(runCommand)],
): Promise<CommandRun> {
  const parsed = parseArguments(commands, argv, io);
  if (parsed.kind === 'help') return { exitCode: 0 };
  if (parsed.kind === 'misuse') {
    io.err(`misuse: ${parsed.message}`);
    io.err(`next: countersign ${helpFor(commands, argv)}--help`);
    return { exitCode: 2, result: { error: { code: 'usage', message: parsed.message } } };
  }
  const { command, input } = parsed;
  const json = input.flag('json');
  const shown = visibleIo(io);
  const session = createSession(shown, input, dataDirOption(command));
  try {
    const { ok, result, lines, isPrinted = false } = await command.run(input, session);
    if (json) {
      if (!isPrinted) printJson(io, result);
    } else for (const line of lines) shown.out(line);
    return { exitCode: ok ? 0 : 1, result };
  } catch (error) {
    const described = describeError(error);
    if (json) printJson(io, { error: described.error });
    for (const line of described.lines) shown.err(line);
    return {
      exitCode: described.error.code === 'usage' ? 2 : 1,
      result: { error: described.error },
    };
  } finally {
    session.close();
  }
}

/** Line ends are of the layout; whatever else a terminal would not show stands in a string, where its escape is the same. */
function printJson(io: Io, value: unknown): void {
  io.out(JSON.stringify(value, null, 2).split('\n').map(visibleText).join('\n'));
}

/** The command that was meant, as far as one was named. */
function helpFor(commands: readonly Command[], argv: readonly string[]): string {
  const [first = '', second = ''] = argv;
  const both = `${first} ${second}`;
  if (commands.some(({ name }) => name === both)) return `${both} `;
  return commands.some(({ name }) => name.split(' ')[0] === first) ? `${first} ` : '';
}
