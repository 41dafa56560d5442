// SPDX-License-Identifier: Apache-2.0
import { PipelineError } from '../errors.ts';
import { runProcess, tailOf } from '../process/run-process.ts';

/**
 * Git without the caller's configuration. A repository's own configuration could name programs to run, so those that
 * a read could trigger are switched off; ownership checks of git itself stay on.
 */
const SAFE_CONFIG = [
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.attributesFile=/dev/null',
  '-c',
  'core.autocrlf=false',
  '-c',
  'pack.threads=1',
];

const GIT_ENVIRONMENT = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LC_ALL: 'C.UTF-8',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
};

/** Runs git in a directory; throws PipelineError `git_failed` with what git said. */
export async function git(
  directory: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const result = await runProcess('git', [...SAFE_CONFIG, ...args], {
    cwd: directory,
    env: { ...GIT_ENVIRONMENT, ...env },
  }).catch((cause: unknown) => {
    throw new PipelineError(
      'git_failed',
      'git could not be started; install it with `apt-get install git`',
      {
        cause,
      },
    );
  });
  if (result.code === 0) return result.stdout.toString('utf8');
  const said = tailOf(result.stderr);
  throw new PipelineError(
    'git_failed',
    `\`git ${args[0] ?? ''}\` failed in \`${directory}\`: ${said}`,
    {
      details: { directory, args, code: result.code },
    },
  );
}
