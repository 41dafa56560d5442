// SPDX-License-Identifier: Apache-2.0
import os from 'node:os';
import { readMachineDetails } from '../environment/machine-details.ts';
import { PipelineError } from '../errors.ts';
import { runProcess } from '../process/run-process.ts';
import type { PlatformFacts } from './result.ts';

/** Describes this machine; throws PipelineError `sandbox_missing` where bubblewrap is not installed. */
export async function readPlatformFacts(): Promise<PlatformFacts> {
  const version = await runProcess('bwrap', ['--version'], {
    env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
  }).catch((cause: unknown) => {
    throw new PipelineError(
      'sandbox_missing',
      'bubblewrap is not installed; run `apt-get install bubblewrap`',
      {
        cause,
      },
    );
  });
  return {
    system: os.type(),
    kernel: os.release(),
    machine: os.machine(),
    cpu: os.cpus()[0]?.model ?? 'unknown',
    node: process.version,
    sandbox: version.stdout.toString('utf8').trim(),
    details: await readMachineDetails(),
  };
}
