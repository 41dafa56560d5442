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
  REBUILD_ACTOR,
} from './job.ts';
export { type JobService, type JobSubmission, startJobs } from './job-service.ts';
export { type JobFilter, listJobs } from './job-store.ts';
export { type HeldTable, leasedTables } from './leased-tables.ts';
export { sealedContents } from './pinned-data.ts';
export { openPlatformFinding } from './platform-finding.ts';
export { type LivingRunner, livingRunners } from './runner-store.ts';
export { jobRunners } from './runners.ts';
export { submitJob } from './submit-job.ts';
