// SPDX-License-Identifier: Apache-2.0
import { documentJob } from './document-job.ts';
import type { JobRunners } from './job.ts';
import { monitorJob } from './monitor-job.ts';
import { onboardJob } from './onboard-job.ts';
import { parityJob } from './parity-job.ts';
import { registerJob } from './register-job.ts';
import { reproduceJob } from './reproduce-job.ts';
import { runJob } from './run-job.ts';
import { testJob } from './test-job.ts';
import { validateJob } from './validate-job.ts';

/** The work of each kind of job. */
export const jobRunners: JobRunners = {
  run: runJob,
  test: testJob,
  validate: validateJob,
  reproduce: reproduceJob,
  parity: parityJob,
  monitor: monitorJob,
  document: documentJob,
  register: registerJob,
  onboard: onboardJob,
};
