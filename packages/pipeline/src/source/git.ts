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
  'core.protectHFS=true',
  '-c',
  'core.protectNTFS=true',
  '-c',
  'log.showSignature=false',
  '-c',
  'gpg.program=gpg',
  '-c',
  'gpg.openpgp.program=gpg',
  '-c',
  'gpg.x509.program=gpgsm',
  '-c',
  'gpg.ssh.program=ssh-keygen',
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
  // A partial clone would fetch missing objects through whatever command its configuration names.
  GIT_NO_LAZY_FETCH: '1',
  GIT_ALLOW_PROTOCOL: 'none',
};

/** Runs git in a directory; throws PipelineError `git_failed` with what git said. */
export async function git(
  directory: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  return (await gitBytes(directory, args, { env })).toString('utf8');
}

/** As `git`, for output that is no text. */
export async function gitBytes(
  directory: string,
  args: readonly string[],
  given: {
    readonly env?: Readonly<Record<string, string>>;
    readonly stdin?: string;
  } = {},
): Promise<Buffer> {
  const result = await runProcess('git', [...SAFE_CONFIG, ...args], {
    cwd: directory,
    env: { ...GIT_ENVIRONMENT, ...given.env },
    ...(given.stdin === undefined ? {} : { stdin: given.stdin }),
  }).catch((cause: unknown) => {
    throw new PipelineError(
      'git_failed',
      'git could not be started; install it with `apt-get install git`',
      {
        cause,
      },
    );
  });
  if (result.code === 0) return result.stdout;
  const said = tailOf(result.stderr);
  throw new PipelineError(
    'git_failed',
    `\`git ${args[0] ?? ''}\` failed in \`${directory}\`: ${said}`,
    {
      details: { directory, args, code: result.code },
    },
  );
}

/**
 * Variables that switch off every content filter of a repository's configuration: `git status` runs `filter.*.clean` on
 * files that look changed, and such a command is whatever the repository's author wrote.
 */
export async function withoutFilters(directory: string): Promise<Readonly<Record<string, string>>> {
  const listed = await git(directory, ['config', '--list', '--name-only', '-z']);
  const keys = [...new Set(listed.split('\0').map(filterSection))].filter(
    (one) => one !== undefined,
  );
  const values = keys.flatMap((section) => [
    [`${section}.clean`, ''],
    [`${section}.process`, ''],
    [`${section}.required`, 'false'],
  ]);
  const variables = values.flatMap(([key = '', value = ''], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(values.length), ...Object.fromEntries(variables) };
}

function filterSection(key: string): string | undefined {
  return /^(filter\.[\s\S]+)\.[^.]+$/.exec(key)?.[1];
}
