// SPDX-License-Identifier: Apache-2.0
import { CommanderError, Option, Command as Program } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import type { Io } from '../io.ts';
import type { Command, OptionSpec } from './command.ts';
import { Input } from './input.ts';

/** What the command line asked for: a command with its input, help that has been printed, or misuse. */
export type Parsed =
  | { readonly kind: 'command'; readonly command: Command; readonly input: Input }
  | { readonly kind: 'help' }
  | { readonly kind: 'misuse'; readonly message: string };

/** Options that every command takes. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  { flags: '--json', summary: 'print the result as JSON' },
  { flags: '--as ACCOUNT', summary: 'act as this account (COUNTERSIGN_AS)' },
  { flags: '--data DIR', summary: 'data directory (COUNTERSIGN_DATA)' },
  { flags: '--server URL', summary: 'address of the API (COUNTERSIGN_SERVER)' },
  { flags: '--passphrase-file FILE', summary: 'file with the passphrase of the signing key' },
];

/** Of a command with a `--data` of its own, for which that name means rows. */
const DATA_DIR: OptionSpec = {
  flags: '--data-dir DIR',
  summary: 'data directory (COUNTERSIGN_DATA)',
};

function hasOwnData({ options = [] }: Command): boolean {
  return options.some(({ flags }) => flags.startsWith('--data '));
}

/** Name of the option that gives the data directory. */
export function dataDirOption(command: Command): 'data' | 'data-dir' {
  return hasOwnData(command) ? 'data-dir' : 'data';
}

function commonOptions(command: Command): readonly OptionSpec[] {
  if (!hasOwnData(command)) return COMMON_OPTIONS;
  return COMMON_OPTIONS.map((one) => (one.flags.startsWith('--data ') ? DATA_DIR : one));
}

/** Reads a command line against the commands; help and misuse are written to `io`. */
export function parseArguments(
  commands: readonly Command[],
  argv: readonly string[],
  io: Io,
): Parsed {
  let parsed: Parsed | undefined;
  const program = buildProgram(commands, io, (command, input) => {
    parsed = { kind: 'command', command, input };
  });
  try {
    if (argv.length === 0) {
      program.outputHelp();
      return { kind: 'help' };
    }
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'help' };
    if (error.code === 'commander.help') {
      const names = commands
        .filter(({ name }) => name.startsWith(`${argv[0]} `))
        .map(({ name }) => name);
      return { kind: 'misuse', message: `\`${argv[0]}\` is a group: ${names.join(', ')}` };
    }
    return { kind: 'misuse', message: error.message.replace(/^error: /, '') };
  }
  return parsed ?? { kind: 'help' };
}

function buildProgram(
  commands: readonly Command[],
  io: Io,
  found: (command: Command, input: Input) => void,
): Program {
  const program = new Program('countersign');
  const write = (text: string) => io.out(text.replace(/\n$/, ''));
  const ours = (one: Program) =>
    one
      .exitOverride()
      // `findings open --as X`: options after a subcommand are its own, although the group takes them too.
      .enablePositionalOptions()
      .configureOutput({
        writeOut: write,
        // Misuse is reported by runCommand, in the same way as every other error.
        writeErr: () => undefined,
        getOutHasColors: () => false,
      })
      .showSuggestionAfterError(true)
      .helpCommand(false);
  program.version(manifest.version, '--version', 'print the version');
  ours(program).description('evidence, gates and warrants for models that answer to a regulator');
  program.addHelpText(
    'after',
    '\nEvery command: --help with an example, --json. Exit 0 success, 1 refused or failed, 2 misuse.',
  );
  const groups = new Map<string, Program>();
  for (const command of [...commands].sort((a, b) => depth(a) - depth(b))) {
    const [first = '', second] = command.name.split(' ');
    const parent = second === undefined ? program : groupOf(groups, program, first, ours);
    const one = ours(parent.command(second ?? first));
    if (second === undefined) groups.set(first, one);
    declare(one, command, found);
  }
  return program;
}

const depth = ({ name }: Command) => name.split(' ').length;

function groupOf(
  groups: Map<string, Program>,
  program: Program,
  name: string,
  ours: (one: Program) => Program,
): Program {
  const known = groups.get(name);
  if (known !== undefined) return known;
  const group = ours(program.command(name)).summary(`${name} …`);
  groups.set(name, group);
  return group;
}

function declare(
  one: Program,
  command: Command,
  found: (command: Command, input: Input) => void,
): void {
  one.summary(command.summary).description(command.description ?? command.summary);
  for (const { name, summary, isOptional = false, isRepeated = false } of command.arguments ?? []) {
    const dots = isRepeated ? `${name}...` : name;
    one.argument(isOptional ? `[${dots}]` : `<${dots}>`, summary);
  }
  for (const spec of [...(command.options ?? []), ...commonOptions(command)]) {
    one.addOption(optionOf(spec));
  }
  one.addHelpText('after', `\nExample:\n  ${command.example}`);
  one.action((...given: readonly unknown[]) => {
    const names = (command.arguments ?? []).map(({ name }) => name);
    const values = Object.fromEntries(names.map((name, index) => [name, given[index]]));
    found(command, new Input(values, one.opts()));
  });
}

function optionOf(spec: OptionSpec): Option {
  // `--out FILE` in our tables is `--out <FILE>` to commander.
  const option = new Option(spec.flags.replace(/ (\S+)$/, ' <$1>'), spec.summary);
  if (spec.choices !== undefined) option.choices(spec.choices);
  if (spec.isRequired === true) option.makeOptionMandatory();
  if (spec.isRepeated === true) {
    option.argParser((value: string, before: unknown) => [
      ...(Array.isArray(before) ? before : []),
      value,
    ]);
  }
  return option;
}
