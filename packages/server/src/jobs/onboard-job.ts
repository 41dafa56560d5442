// SPDX-License-Identifier: Apache-2.0
import { legacyTerms } from '@countersign/kernel';
import { recordByPlatform } from '../records/index.ts';
import type { JobRunner } from './job.ts';
import { readRunRequest, refused } from './run-request.ts';

/**
 * Signs a legacy warrant at a request that the persons whom the policy names have signed.
 * @throws ServerError `job_request_refused` with what is missing
 */
export const onboardJob: JobRunner = async (context, work) => {
  const { request } = work;
  const set =
    request === undefined
      ? await context.records.current()
      : await context.records.including([request]);
  const { record } = readRunRequest(set, request, 'onboard');
  const terms = legacyTerms(set, record.digest, context.now());
  if (!terms.ok) throw refused(terms.missing.join('; '), { missing: terms.missing });
  const { warrant } = terms;
  const { workspace: _, ...subjectRef } = record.statement.predicate.subjectRef;
  return async (tx) => {
    const { digest } = await recordByPlatform(context, tx, {
      type: 'deployment-record',
      kind: 'legacy',
      scope: 'version',
      subjectRef,
      producer: 'registry',
      claimedAt: warrant.notBefore,
      source: [record.digest, warrant.policy],
      content: warrant,
    });
    return {
      records: [digest],
      warrant: digest,
      expires: warrant.expires,
      tier: warrant.tier,
      enforcement: warrant.enforcement,
    };
  };
};
