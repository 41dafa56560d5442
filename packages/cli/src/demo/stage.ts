// SPDX-License-Identifier: Apache-2.0
import type { Gateway } from '@countersign/gateway';
import { type RunningServer, startServer } from '@countersign/server';
import type { CommandRun } from '../command/command-run.ts';
import { gatewayServerToken, startDataGateway } from '../host/start-data-gateway.ts';
import type { Io } from '../io.ts';
import { passphraseOf } from './cast.ts';
import { DemoFailure } from './demo-failure.ts';
import type { Narrator } from './narrator.ts';

/** What a command printed and returned. */
export interface Ran {
  readonly ok: boolean;
  readonly result: unknown;
  readonly lines: readonly string[];
  readonly errors: readonly string[];
}

/** Runs a command line in this process; given from outside, since the demo is a command itself. */
export type RunCommand = (argv: readonly string[], io: Io) => Promise<CommandRun>;

export interface StageOptions {
  readonly io: Io;
  readonly runCommand: RunCommand;
  readonly narrator: Narrator;
  readonly dataDir: string;
  readonly repository: string;
  readonly root: string;
  readonly ports: { readonly api: number; readonly gateway: number };
}

/** The running firm as the chapters see it: people who run commands, a server that can be stopped and started. */
export class Stage {
  readonly io: Io;
  readonly runCommand: RunCommand;
  readonly say: Narrator;
  readonly dataDir: string;
  readonly repository: string;
  readonly root: string;
  readonly ports: StageOptions['ports'];
  #server: RunningServer | undefined;

  constructor(options: StageOptions) {
    this.io = options.io;
    this.runCommand = options.runCommand;
    this.say = options.narrator;
    this.dataDir = options.dataDir;
    this.repository = options.repository;
    this.root = options.root;
    this.ports = options.ports;
  }

  get server(): RunningServer {
    if (this.#server === undefined) throw new DemoFailure('the server is not running');
    return this.#server;
  }

  async open(): Promise<void> {
    this.#server = await startServer({ dataDir: this.dataDir });
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.close();
  }

  /** Runs a command line as one of the people, in the model's repository. */
  async run(account: string, ...argv: readonly string[]): Promise<Ran> {
    return runAs(this, {
      account,
      argv,
      dataDir: this.dataDir,
      cwd: this.repository,
      say: this.say,
    });
  }

  /** As `run`, for what must work. */
  async must(account: string, ...argv: readonly string[]): Promise<Ran> {
    const ran = await this.run(account, ...argv);
    if (ran.ok) return ran;
    const said = [...ran.lines, ...ran.errors].slice(-12).join('\n  ');
    throw new DemoFailure(`\`countersign ${argv.join(' ')}\` as ${account} failed:\n  ${said}`);
  }

  /** As `run`, for what must be refused; the reasons are told. */
  async refused(what: string, account: string, ...argv: readonly string[]): Promise<Ran> {
    const ran = await this.run(account, ...argv);
    if (ran.ok) throw new DemoFailure(`${what} went through, and must not`);
    this.say.refused(what, reasonsOf(ran));
    return ran;
  }

  gateway(options: {
    readonly stage: 'staging' | 'production';
    readonly port?: number;
  }): Promise<Gateway> {
    return gatewayOf(this, options);
  }
}

export function reasonsOf(ran: Ran): readonly string[] {
  const missing = ran.lines.flatMap((line) => /^\s*missing: (.*)$/.exec(line)?.[1] ?? []);
  if (missing.length > 0) return missing;
  return [...ran.lines, ...ran.errors.filter((line) => /^[a-z_]+: /.test(line))].slice(-6);
}

export interface RunAs {
  readonly account: string;
  readonly argv: readonly string[];
  readonly dataDir: string;
  readonly cwd: string;
  readonly say: Narrator;
  readonly server?: string;
}

export async function runAs(
  by: { readonly io: Io; readonly runCommand: RunCommand },
  at: RunAs,
): Promise<Ran> {
  const lines: string[] = [];
  const errors: string[] = [];
  const { io, runCommand } = by;
  const { askHidden: _asked, status: _status, ...quiet } = io;
  const own: Io = {
    ...quiet,
    cwd: at.cwd,
    isTerminal: false,
    env: {
      ...io.env,
      COUNTERSIGN_PASSPHRASE: passphraseOf(at.account),
      COUNTERSIGN_TOKEN: '',
      COUNTERSIGN_AS: '',
      // Not as `--data`, which to some commands is a file of rows.
      COUNTERSIGN_DATA: at.dataDir,
    },
    out: (line) => lines.push(line),
    err: (line) => {
      errors.push(line);
      if (!line.startsWith(' ')) at.say.progress(line);
    },
  };
  const server = at.server === undefined ? [] : ['--server', at.server];
  const { exitCode, result } = await runCommand([...at.argv, '--as', at.account, ...server], own);
  return { ok: exitCode === 0, result, lines, errors };
}

function gatewayOf(
  stage: Stage,
  options: { readonly stage: 'staging' | 'production'; readonly port?: number },
): Promise<Gateway> {
  return startDataGateway({
    dataDir: stage.dataDir,
    workspace: 'main',
    root: stage.root,
    environment: options.stage,
    production: false,
    models: [],
    feeds: [
      {
        kind: 'server',
        url: stage.server.url,
        token: gatewayServerToken(stage.dataDir, undefined),
      },
    ],
    databaseUrl: stage.server.context.database.url,
    host: '127.0.0.1',
    port: options.port ?? 0,
    report: (text) => stage.say.progress(`gateway: ${text}`),
  });
}
