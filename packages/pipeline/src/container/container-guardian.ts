// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { PipelineError } from '../errors.ts';
import type { ContainerTool } from './container-tool.ts';

/** Removes one container, whatever becomes of this process. */
export interface ContainerGuardian {
  /** The tool's own process, ended first when the container is to die. */
  watch(pid: number): void;
  /** Kills the container. Resolves as `removed` does. */
  kill(): Promise<void>;
  /** The container has ended; it is removed. Rejects with PipelineError `container_failed` when it is still there. */
  removed(): Promise<void>;
}

/**
 * Waits for its input to end, which it also does when the process that holds the other end is killed; containers, unlike
 * bubblewrap, do not die with their parent. Without the word `ended` the tool's process is killed first, so that it
 * cannot start what is being removed.
 */
const SCRIPT = `
read -r run || run=
read -r word || { test -z "$run" || kill -KILL "$run"; } 2>/dev/null
tries=0
while ! said=$("$@" 2>&1); do
  case "$said" in *[Nn]o\\ such\\ container*) exit 0;; esac
  tries=$((tries + 1))
  test "$tries" -lt 5 || { printf '%s' "$said" >&2; exit 1; }
  sleep 0.2
done
`;

/** Starts the guardian of the container that will have this name. It is in a session of its own: no Ctrl-C reaches it. */
export function startGuardian(tool: ContainerTool, name: string): ContainerGuardian {
  const time = tool.name === 'podman' ? ['--ignore', '--time', '0'] : [];
  const remove = [...tool.command, 'rm', '--force', ...time, '--volumes', name];
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'sh', ...remove], {
    env: { ...tool.env },
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString('utf8')}`.slice(-2000);
  });
  child.stdin.on('error', () => {}); // it has ended; its exit code says how
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(outlived(name, said));
    });
  });
  ended.catch(() => {}); // awaited by whoever ends it
  return {
    watch: (pid) => void child.stdin.write(`${pid}\n`),
    kill: () => {
      child.stdin.end();
      return ended;
    },
    removed: () => {
      child.stdin.end('ended\n');
      return ended;
    },
  };
}

function outlived(name: string, said: string): PipelineError {
  const message = `the container \`${name}\` of a step could not be removed; remove it by hand: ${said}`;
  return new PipelineError('container_failed', message, { details: { container: name } });
}
