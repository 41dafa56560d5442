// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { DemoFailure } from '../demo/demo-failure.ts';
import type { RunCommand } from '../demo/stage.ts';
import { CliError } from '../errors.ts';
import { BUBBLEWRAP, ensurePackages } from '../host/system-packages.ts';
import type { Session } from '../session.ts';

/** The demo runs other commands as its people would, so it is given how. */
export function demoCommand(runCommand: RunCommand): Command {
  return {
    name: 'demo',
    summary: 'take a real credit model through its whole life in a new demonstration firm',
    description:
      'Founds a firm in .countersign/demo-<time> of the current directory, or in --data, and tells what was done, what was refused and why, and which record now proves it. Earlier demonstrations are left as they are; only caches are reused.',
    example: 'countersign demo',
    run: (input, session) => runDemoCommand(input, session, runCommand),
  };
}

async function runDemoCommand(
  input: Input,
  session: Session,
  runCommand: RunCommand,
): Promise<Outcome> {
  const missing = ensurePackages([BUBBLEWRAP], (text) => session.progress(text));
  if (missing !== undefined) throw new CliError('refused', missing);
  const { runDemo } = await import('../demo/run-demo.ts');
  const stamp = session.now().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const given = input.optionalText('data');
  const dataDir = resolve(session.cwd, given ?? join('.countersign', `demo-${stamp}`));
  const home = resolve(import.meta.dirname, '../../../..');
  try {
    await runDemo({ io: session.io, runCommand, home, dataDir });
  } catch (error) {
    if (!(error instanceof DemoFailure)) throw error;
    return refused(
      { dataDir, failure: error.message },
      '',
      `the story breaks off: ${error.message}`,
    );
  }
  return done({ dataDir });
}
