// SPDX-License-Identifier: Apache-2.0
export {
  JOB_KINDS,
  type Job,
  type JobEvent,
  type JobKind,
  type JobResult,
  type JobRunner,
  type JobRunners,
  type JobState,
  type JobWork,
} from './job.ts';
export { type JobService, type JobSubmission, startJobs } from './job-service.ts';
export { jobRunners } from './runners.ts';
export { submitJob } from './submit-job.ts';
