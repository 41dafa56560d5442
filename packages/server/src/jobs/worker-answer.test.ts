// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { answerOf } from './worker-answer.ts';

const worker = (script: string) =>
  spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });

test('a worker that is killed in the middle of a line is a failed worker', async () => {
  const child = worker(`
    process.stdout.write('{"type":"phase","text":"begun"}\\n{"type":"result","resu', () =>
      process.kill(process.pid, 'SIGKILL'));`);
  const heard: string[] = [];
  await expect(answerOf(child, (text) => heard.push(text))).rejects.toMatchObject({
    code: 'worker_failed',
    details: { how: 'signal SIGKILL', tail: '{"type":"result","resu' },
  });
  expect(heard).toEqual(['begun']);
});

test('an error that the worker reports keeps its code and details', async () => {
  const line = { type: 'error', code: 'lock_invalid', message: 'no hash', details: { line: 3 } };
  const child = worker(`console.log(${JSON.stringify(JSON.stringify(line))}); process.exit(1)`);
  await expect(answerOf(child, () => {})).rejects.toMatchObject({
    name: 'PipelineError',
    code: 'lock_invalid',
    details: { line: 3 },
  });
});
