// SPDX-License-Identifier: Apache-2.0
import { parseArguments } from './command/build-program.ts';
import type { Command } from './command/command.ts';
import type { CommandRun } from './command/command-run.ts';
import { demoCommand } from './commands/demo.ts';
import { COMMANDS } from './commands/index.ts';
import type { Io } from './io.ts';
import { describeError } from './output/describe-error.ts';
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
  const session = createSession(io, input);
  try {
    const { ok, result, lines, isPrinted = false } = await command.run(input, session);
    if (json) {
      if (!isPrinted) io.out(JSON.stringify(result, null, 2));
    } else for (const line of lines) io.out(line);
    return { exitCode: ok ? 0 : 1, result };
  } catch (error) {
    const described = describeError(error);
    if (json) io.out(JSON.stringify({ error: described.error }, null, 2));
    for (const line of described.lines) io.err(line);
    return {
      exitCode: described.error.code === 'usage' ? 2 : 1,
      result: { error: described.error },
    };
  } finally {
    session.close();
  }
}

/** The command that was meant, as far as one was named. */
function helpFor(commands: readonly Command[], argv: readonly string[]): string {
  const [first = '', second = ''] = argv;
  const both = `${first} ${second}`;
  if (commands.some(({ name }) => name === both)) return `${both} `;
  return commands.some(({ name }) => name.split(' ')[0] === first) ? `${first} ` : '';
}
