// SPDX-License-Identifier: Apache-2.0
// Executes the shell lines of a pipeline file as its runner would: variables set, shell flags the same, files for what a
// step hands on. What a runner's own actions do (checkout, a Node) has been done by the caller.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Ended, runProcess } from './warranted-firm.ts';

export interface Runner {
  /** The checked-out repository. */
  readonly cwd: string;
  /** Holds `countersign`, as an image of a runner does that has it. */
  readonly path: string;
  /** Variables and secrets of the project, by name. */
  readonly settings: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, string>>;
}

type Variables = Readonly<Record<string, string>>;

interface GithubFile {
  readonly defaults: { readonly run: { readonly shell: string } };
  readonly env: Variables;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly env?: Variables;
        readonly steps: readonly {
          readonly uses?: string;
          readonly name?: string;
          readonly run?: string;
          readonly env?: Variables;
        }[];
      }
    >
  >;
}

/** Steps in order, until one fails. https://docs.github.com/en/actions, "Workflow syntax", `defaults.run.shell`. */
export async function runGithubJob(file: string, job: string, runner: Runner): Promise<Ended> {
  const { env = {}, jobs, defaults } = parse(readFileSync(file, 'utf8')) as GithubFile;
  const wanted = jobs[job];
  if (wanted === undefined) throw new Error(`${file} has no job ${job}`);
  if (defaults.run.shell !== 'bash') throw new Error('the flags below are those of a named bash');
  const temp = freshDirectory(runner.cwd, '.runner');
  const handed = { env: join(temp, 'env'), path: join(temp, 'path') };
  for (const one of Object.values(handed)) writeFileSync(one, '');
  let text = '';
  for (const step of wanted.steps) {
    if (step.run === undefined) continue;
    const added = readFileSync(handed.path, 'utf8').split('\n').filter(Boolean).reverse();
    const variables = {
      ...evaluated({ ...env, ...wanted.env, ...step.env }, runner),
      ...assignments(readFileSync(handed.env, 'utf8')),
      PATH: [...added, runner.path, process.env.PATH].join(':'),
      CI: 'true',
      RUNNER_TEMP: temp,
      GITHUB_ENV: handed.env,
      GITHUB_PATH: handed.path,
      GITHUB_SHA: '0'.repeat(40),
    };
    const script = join(temp, 'step.sh');
    writeFileSync(script, evaluate(step.run, runner));
    const flags = ['--noprofile', '--norc', '-eo', 'pipefail', script];
    const ended = await runProcess('bash', flags, { cwd: runner.cwd, env: variables });
    text += `${step.name ?? ''}\n${ended.text}`;
    if (ended.exitCode !== 0) return { exitCode: ended.exitCode, text };
  }
  return { exitCode: 0, text };
}

function evaluated(variables: Variables, runner: Runner): Variables {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, evaluate(value, runner)]),
  );
}

/** `${{ vars.X }}`, `${{ secrets.X }}` and `${{ inputs.x }}`; the examples use no other expression. */
function evaluate(value: string, { settings, inputs }: Runner): string {
  return value.replaceAll(/\$\{\{\s*(.*?)\s*\}\}/g, (found, expression: string) => {
    const [, context = '', name = ''] = /^(vars|secrets|inputs)\.(\w+)$/.exec(expression) ?? [];
    const known = context === 'inputs' ? inputs[name] : settings[name];
    if (known === undefined) throw new Error(`nothing is set for ${found}`);
    return known;
  });
}

function assignments(text: string): Variables {
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}

interface GitlabJob {
  readonly variables?: Readonly<Record<string, string | number>>;
  readonly script: readonly string[];
  readonly after_script?: readonly string[];
}

/**
 * before_script and script as one shell, as GitLab's runner concatenates them for bash with `set -eo pipefail`; after_script
 * in a shell of its own, whose end does not count. https://docs.gitlab.com/ci/yaml/
 */
export async function runGitlabJob(file: string, job: string, runner: Runner): Promise<Ended> {
  const whole = parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  const wanted = whole[job] as GitlabJob;
  const { before_script: before } = whole.default as { readonly before_script: readonly string[] };
  const predefined = {
    CI: 'true',
    CI_PROJECT_DIR: runner.cwd,
    CI_COMMIT_SHA: '0'.repeat(40),
    ...settingsAsVariables(runner),
  };
  const env = {
    ...predefined,
    ...expanded(wanted.variables ?? {}, predefined),
    PATH: `${runner.path}:${process.env.PATH}`,
  };
  const at = { cwd: runner.cwd, env };
  const lines = ['set -eo pipefail', ...before, ...wanted.script].join('\n');
  const ended = await runProcess('bash', ['--noprofile', '--norc', '-c', lines], at);
  const after = wanted.after_script?.join('\n');
  if (after !== undefined) await runProcess('bash', ['-c', after], at);
  return ended;
}

/** A variable of type file holds the path of a file with its value. */
function settingsAsVariables({ cwd, settings, inputs }: Runner): Variables {
  const { COUNTERSIGN_KEY: key, ...rest } = settings;
  if (key === undefined) return { ...rest, ...inputs };
  const file = join(freshDirectory(cwd, '.runner'), 'key');
  writeFileSync(file, key);
  return { ...rest, ...inputs, COUNTERSIGN_KEY: file };
}

function expanded(
  variables: Readonly<Record<string, string | number>>,
  from: Variables,
): Variables {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      String(value).replaceAll(/\$(\w+)/g, (_, one: string) => from[one] ?? ''),
    ]),
  );
}

function freshDirectory(cwd: string, name: string): string {
  const directory = `${cwd}${name}`;
  if (existsSync(directory)) rmSync(directory, { recursive: true });
  mkdirSync(directory);
  return directory;
}
