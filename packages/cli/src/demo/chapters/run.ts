// SPDX-License-Identifier: Apache-2.0
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stage } from '../stage.ts';

/** A promotable run: clean commit, sandboxed steps, archived environment; then the developer's tests. */
export async function runAndTest(stage: Stage, version: string): Promise<void> {
  const { say } = stage;
  say.chapter('Run the pipeline on the platform');
  const file = join(stage.repository, 'train.py');
  const before = await readFile(file, 'utf8');
  await appendFile(file, '\n# an edit that was not committed\n');
  await stage.refused(
    'A run from an uncommitted work tree',
    'dana.developer',
    'run',
    '.',
    '--remote',
  );
  await writeFile(file, before);
  say.tell(
    'The worker builds the environment from hash-locked wheels, reads the data with network once, and runs training without any.',
  );
  const ran = await stage.must('dana.developer', 'run', '.', '--remote');
  for (const line of ran.lines) say.tell(line);
  await stage.must('dana.developer', 'sign', 'evidence/design-rationale.md', '--subject', version);
}

export async function developerTests(stage: Stage, version: string): Promise<void> {
  const { say } = stage;
  say.chapter('Developer tests against the plan fixed beforehand');
  const tested = await stage.must('dana.developer', 'test', version);
  say.lines(tested.lines);
}
