// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { parseArguments } from './command/build-program.ts';
import { COMMANDS } from './commands/index.ts';
import type { Io } from './io.ts';
import { runCommand } from './run-command.ts';

function testIo(): Io & { readonly printed: string[]; readonly errors: string[] } {
  const printed: string[] = [];
  const errors: string[] = [];
  return {
    printed,
    errors,
    out: (line) => printed.push(line),
    err: (line) => errors.push(line),
    isTerminal: false,
    env: { HOME: '/nonexistent' },
    cwd: '/nonexistent',
    now: () => new Date('2026-11-22T10:00:00.000Z'),
  };
}

/** Words of an example as a shell splits them: double quotes group, nothing else is special in them. */
function words(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

describe.each(COMMANDS.map((command) => ({ name: command.name, command })))(
  '$name',
  ({ name, command }) => {
    test('its help shows its example and exits 0', async () => {
      const io = testIo();
      expect(await runCommand([...name.split(' '), '--help'], io)).toEqual({ exitCode: 0 });
      const help = io.printed.join('\n');
      expect(help).toContain(command.example);
      expect(help).toContain('--json');
      expect(io.errors).toEqual([]);
    });

    test('its example is a valid command line of its own', () => {
      const [program, ...argv] = words(command.example);
      expect(program).toBe('countersign');
      const parsed = parseArguments(COMMANDS, argv, testIo());
      expect(parsed.kind === 'command' ? parsed.command.name : parsed).toBe(name);
    });

    test('an unknown option is misuse, exit 2', async () => {
      const io = testIo();
      const run = await runCommand([...name.split(' '), '--surely-not-an-option'], io);
      expect(run.exitCode).toBe(2);
      expect(io.printed).toEqual([]);
      expect(io.errors.join('\n')).toContain(`next: countersign ${name} --help`);
    });
  },
);

describe('runCommand', () => {
  test('an exam package for a directory that is none is refused before anything is collected', async () => {
    const io = testIo();
    const argv = ['exam', '--as-of', '2026-03-03', '--out', '/nonexistent/x.zip'];
    expect((await runCommand(argv, io)).exitCode).toBe(1);
    expect(io.errors).toEqual([
      'file_missing: `/nonexistent` is no directory, so nothing can be written there',
      'next: make it, or name another place',
    ]);
  });

  test.each([
    [['demo', '--sections', '1'], 'does not go with `credit-model`'],
    [['demo', 'model-risk', '--sections', '0'], 'the guide’s sections'],
    [['demo', 'model-risk', '--sections', '99'], 'the guide’s sections'],
  ])('%j is misuse and founds nothing', async (argv, said) => {
    const io = testIo();
    expect((await runCommand(argv, io)).exitCode).toBe(2);
    expect(io.errors.join('\n')).toContain(said);
  });

  test('--version prints the version and nothing else', async () => {
    const io = testIo();
    expect(await runCommand(['--version'], io)).toEqual({ exitCode: 0 });
    expect(io.printed.join('')).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('an unknown command is misuse', async () => {
    const io = testIo();
    expect((await runCommand(['nonsense'], io)).exitCode).toBe(2);
    expect(io.errors[0]).toContain("unknown command 'nonsense'");
  });

  test('a group without one of its commands is misuse and names them', async () => {
    const io = testIo();
    expect((await runCommand(['keys'], io)).exitCode).toBe(2);
    expect(io.errors[0]).toContain('keys new, keys passphrase, keys attest');
  });

  test('nothing typed prints the commands', async () => {
    const io = testIo();
    expect((await runCommand([], io)).exitCode).toBe(0);
    expect(io.printed.join('\n')).toContain('promote');
  });

  test('a failure prints code, message and next step, and no stack', async () => {
    const io = testIo();
    const run = await runCommand(['models'], io);
    expect(run).toEqual({
      exitCode: 1,
      result: {
        error: {
          code: 'no_account',
          message: 'nobody is signed in for `/nonexistent/.countersign`',
          next: 'name the account with --as or COUNTERSIGN_AS, or run `countersign login ACCOUNT`',
        },
      },
    });
    expect(io.errors).toHaveLength(2);
    expect(io.errors.join('\n')).not.toContain('    at ');
  });

  test('--json prints the failure as JSON on the output', async () => {
    const io = testIo();
    await runCommand(['models', '--json'], io);
    expect(JSON.parse(io.printed.join('\n'))).toHaveProperty('error.code', 'no_account');
  });

  test('a server that does not answer is named with what to do', async () => {
    const io = testIo();
    const run = await runCommand(
      ['models', '--as', 'ada.admin', '--server', 'http://127.0.0.1:1'],
      { ...io, env: { ...io.env, COUNTERSIGN_TOKEN: 'x' } },
    );
    expect(run.result).toHaveProperty('error.code', 'server_unreachable');
    expect(io.errors.join('\n')).toContain('countersign up');
  });
});
