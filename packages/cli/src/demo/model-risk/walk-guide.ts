// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Io } from '../../io.ts';
import { passphraseOf } from '../cast.ts';
import { DemoFailure } from '../demo-failure.ts';
import type { RunCommand } from '../stage.ts';
import type { ModelRiskFirm } from './firm.ts';
import { type GuideBlock, shellLines, words } from './guide-blocks.ts';

/** One line of the guide and what came of it. */
export interface Walked {
  readonly section: string;
  readonly line: string;
  readonly exitCode: number;
  readonly result: unknown;
  /** What was printed, results and messages in their order. */
  readonly text: string;
}

export interface WalkOptions {
  readonly firm: ModelRiskFirm;
  readonly runCommand: RunCommand;
  readonly io: Io;
  /** Told before a section, before a line, and with each line of output that the guide shows. */
  readonly tell: {
    section(title: string): void;
    line(line: string): void;
    shown(line: string): void;
    leap(text: string): void;
  };
}

/** What `$NAME` stands for in the lines to come; each command sets those of its result. */
export type Variables = Map<string, string>;

const execute = promisify(execFile);

/**
 * Walks blocks of a guide: runs its `sh` blocks line by line and holds each `text` block against what was printed before it.
 *
 * `countersign …` runs in this process as the person of `--as`; `NAME=value` sets a variable; `# N days later` moves the
 * clock; `# refused: words` says that the next command must not go through and must say these words. Any other line goes to
 * the shell. `$IN_30_DAYS` is a day counted from then.
 *
 * @throws DemoFailure where the guide is not true
 */
export async function walkGuide(
  options: WalkOptions,
  blocks: readonly GuideBlock[],
  variables: Variables,
): Promise<readonly Walked[]> {
  const walked: Walked[] = [];
  let section = '';
  let since = 0;
  for (const block of blocks) {
    if (block.section !== section) options.tell.section(block.section);
    section = block.section;
    if (block.language === 'sh') {
      since = walked.length;
      for await (const one of walkLines(options, block, variables)) walked.push(one);
    }
    if (block.language === 'text') showText(options, block, walked.slice(since));
  }
  return walked;
}

async function* walkLines(
  options: WalkOptions,
  { section, lines }: GuideBlock,
  variables: Variables,
): AsyncGenerator<Walked> {
  let refusal: string | undefined;
  for (const raw of shellLines(lines)) {
    const { clock } = options.firm;
    const days = /^# (\d+) days? later$/.exec(raw)?.[1];
    const assigned = /^([A-Z][A-Z0-9_]*)=(\S+)$/.exec(raw);
    if (days !== undefined) {
      clock.leap(Number(days));
      options.tell.leap(`${days} ${days === '1' ? 'day' : 'days'} later, on ${clock.day(0)}`);
    } else if (raw.startsWith('# refused: ')) refusal = raw.slice('# refused: '.length);
    else if (raw.startsWith('#')) continue;
    else if (assigned !== null)
      variables.set(assigned[1] ?? '', filled(options, assigned[2] ?? '', variables));
    else {
      const line = filled(options, raw, variables);
      options.tell.line(line);
      const ran = await runLine(options, line);
      judge(ran, line, refusal);
      refusal = undefined;
      remember(variables, ran.result);
      yield { section, line, ...ran };
    }
  }
}

type Ran = Pick<Walked, 'exitCode' | 'result' | 'text'>;

function judge(ran: Ran, line: string, refusal: string | undefined): void {
  const tail = ran.text.split('\n').slice(-14).join('\n  ');
  if (refusal === undefined) {
    if (ran.exitCode !== 0) throw new DemoFailure(`\`${line}\` failed:\n  ${tail}`);
    return;
  }
  if (ran.exitCode === 0) throw new DemoFailure(`\`${line}\` went through, and must not`);
  if (!flat(ran.text).includes(flat(refusal)))
    throw new DemoFailure(`\`${line}\` was refused without \`${refusal}\`:\n  ${tail}`);
}

const RESULTS = {
  REQUEST: 'changeRequest',
  DIGEST: 'digest',
  FINDING: 'id',
} as const;

function remember(variables: Variables, result: unknown): void {
  if (typeof result !== 'object' || result === null) return;
  for (const [name, key] of Object.entries(RESULTS)) {
    const value = (result as Record<string, unknown>)[key];
    if (typeof value === 'string') variables.set(name, value);
  }
}

function filled({ firm }: WalkOptions, text: string, variables: Variables): string {
  return text.replaceAll(/\$([A-Z][A-Z0-9_]*)/g, (whole, name: string) => {
    const ahead = /^IN_(\d+)_DAYS$/.exec(name)?.[1];
    if (ahead !== undefined) return firm.clock.day(Number(ahead));
    if (name === 'TODAY') return firm.clock.day(0);
    if (name === 'NOW') return firm.clock.now().toISOString();
    if (name === 'ROOT') return firm.root;
    return variables.get(name) ?? whole;
  });
}

async function runLine(options: WalkOptions, line: string): Promise<Ran> {
  if (!line.startsWith('countersign ')) return runShell(options, line);
  const argv = words(line).slice(1);
  if (argv[0] === 'decide') await options.firm.gateway();
  const account = argv[argv.indexOf('--as') + 1] ?? '';
  const printed: string[] = [];
  const { askHidden: _asked, status: _status, ...quiet } = options.io;
  const { dataDir, desk, clock } = options.firm;
  const { exitCode, result } = await options.runCommand(argv, {
    ...quiet,
    cwd: desk,
    isTerminal: false,
    now: () => clock.now(),
    env: {
      ...options.io.env,
      COUNTERSIGN_DATA: dataDir,
      COUNTERSIGN_PASSPHRASE: argv.includes('--as') ? passphraseOf(account) : '',
      COUNTERSIGN_TOKEN: '',
      COUNTERSIGN_AS: '',
    },
    out: (text) => printed.push(text),
    err: (text) => printed.push(text),
  });
  return { exitCode, result, text: printed.join('\n') };
}

/** A commit is dated by the clock of the firm, like everything else. */
async function runShell({ firm }: WalkOptions, line: string): Promise<Ran> {
  const date = firm.clock.now().toISOString();
  const env = {
    PATH: process.env.PATH,
    HOME: firm.desk,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_DATE: date,
  };
  try {
    const { stdout, stderr } = await execute('sh', ['-ec', line], { cwd: firm.desk, env });
    return { exitCode: 0, result: undefined, text: `${stdout}${stderr}` };
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    return { exitCode: 1, result: undefined, text: said };
  }
}

const flat = (text: string) => text.replaceAll(/\s+/g, ' ').trim();

/** Each line of the guide must stand in the output, where `…` stands for anything. */
function showText(options: WalkOptions, block: GuideBlock, before: readonly Walked[]): void {
  const printed = before.flatMap(({ text }) => text.split('\n'));
  for (const wanted of block.lines.filter((line) => line.trim() !== '')) {
    const parts = flat(wanted).split('…').map(escaped);
    const pattern = new RegExp(parts.join('.*'));
    const found = printed.find((line) => pattern.test(flat(line)));
    if (found === undefined) {
      const said = printed.slice(-60).join('\n  ');
      throw new DemoFailure(
        `the guide shows \`${wanted}\` under \`${block.section}\`, and nobody printed it:\n  ${said}`,
      );
    }
    options.tell.shown(found);
  }
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
