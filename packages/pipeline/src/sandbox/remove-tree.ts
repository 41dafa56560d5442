// SPDX-License-Identifier: Apache-2.0
import { lstat, rm } from 'node:fs/promises';
import { PipelineError } from '../errors.ts';
import { runProcess } from '../process/run-process.ts';

/**
 * Removes what a step left, whatever it is: paths longer than any call of Node takes, directories that their owner may not
 * enter. The system's `rm` walks by descriptors. Throws PipelineError `sandbox_failed` when something remains.
 */
export async function removeTree(directory: string): Promise<void> {
  const isGone = await rm(directory, { recursive: true, force: true }).then(
    () => true,
    () => false, // removed below
  );
  if (isGone) return;
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin' };
  await runProcess('chmod', ['-R', 'u+rwX', '--', directory], { env });
  await runProcess('rm', ['-rf', '--', directory], { env });
  const left = await lstat(directory).catch(() => undefined); // gone
  if (left === undefined) return;
  throw new PipelineError(
    'sandbox_failed',
    `\`${directory}\` of a step cannot be removed; remove it by hand`,
    { details: { directory } },
  );
}
