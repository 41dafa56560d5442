// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { DemoFailure } from '../demo/demo-failure.ts';
import type { RunCommand } from '../demo/stage.ts';
import { CliError } from '../errors.ts';
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

const BUBBLEWRAP = '/usr/bin/bwrap';

async function runDemoCommand(
  input: Input,
  session: Session,
  runCommand: RunCommand,
): Promise<Outcome> {
  if (!existsSync(BUBBLEWRAP)) await installBubblewrap(session);
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

/** The sandbox of the training steps. Installed where we may, named with the command where we may not. */
async function installBubblewrap(session: Session): Promise<void> {
  const { spawnSync } = await import('node:child_process');
  const command = 'apt-get update && apt-get install -y --no-install-recommends bubblewrap';
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    session.progress('installing bubblewrap, the sandbox that training steps run in');
    spawnSync('sh', ['-c', `${command} >&2`], {
      stdio: ['ignore', 'ignore', 'ignore'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  }
  if (existsSync(BUBBLEWRAP)) return;
  throw new CliError('refused', 'bubblewrap is missing: training steps run in its sandbox', {
    details: { next: `run: sudo sh -c '${command}'` },
  });
}
