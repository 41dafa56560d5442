// SPDX-License-Identifier: Apache-2.0
import type { PipelineError } from '../errors.ts';
import { toRecordJson } from '../file/to-record-json.ts';
import type { RunFailure } from './result.ts';

/** An error of a run as the run's result records it. */
export function runFailure(
  error: PipelineError,
  place: { readonly step: string | null; readonly dataset: string | null },
): RunFailure {
  return {
    code: error.code,
    message: error.message,
    ...place,
    details: toRecordJson(error.details),
  };
}
