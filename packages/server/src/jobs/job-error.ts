// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '@countersign/analysis';
import { type Json, KernelError, visibleLines } from '@countersign/kernel';
import { PipelineError } from '@countersign/pipeline';
import { ServerError } from '../errors.ts';
import type { JobError } from './job.ts';

/** What a failed job tells the person who asked for it; an unforeseen error tells only that, and is logged. */
export function jobErrorOf(cause: unknown): JobError {
  const coded =
    cause instanceof ServerError ||
    cause instanceof PipelineError ||
    cause instanceof AnalysisError ||
    cause instanceof KernelError;
  if (coded) {
    const details = JSON.parse(JSON.stringify(cause.details)) as Json; // details are plain data
    return { code: cause.code, message: cause.message, details };
  }
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  console.error(`job failed unforeseen: ${visibleLines(text)}`);
  return {
    code: 'internal',
    message: 'the job failed in a way nobody foresaw; the server log says more',
  };
}
