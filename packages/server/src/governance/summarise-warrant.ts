// SPDX-License-Identifier: Apache-2.0
import { type Envelope, signSummary, verificationSummary } from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';

/**
 * The SLSA verification summary of a warrant, judged on the records that a checkpoint covers and signed by the platform.
 * @throws ServerError `summary_refused` with every reason, `log_unavailable`
 */
export async function summariseWarrant(context: ServerContext, digest: string): Promise<Envelope> {
  const covered = await context.records.checkpointed();
  if (covered === undefined) {
    throw new ServerError(
      'log_unavailable',
      'no checkpoint of the log has been published yet; try again in a second',
    );
  }
  const { origin } = context.identity;
  const question = { warrant: digest, now: context.now(), origin: origin.replace(/\/$/, '') };
  const summary = verificationSummary(context.primitives, covered.set, question);
  if (summary.ok) return signSummary(summary.payload, context.platform);
  throw new ServerError(
    'summary_refused',
    `warrant ${digest.slice(0, 12)} has no verification summary: ${summary.reasons.join('; ')}`,
    { details: { digest, missing: summary.reasons } },
  );
}
