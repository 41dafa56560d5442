// SPDX-License-Identifier: Apache-2.0
import { comparisonRecord, latestItem, ofVersion, productionBaseline } from '@countersign/kernel';
import type { Session } from '../session.ts';
import { type JobRequest, runJob } from './jobs.ts';
import { verifiedVersion } from './verified-records.ts';
import type { VersionName } from './version-name.ts';

export type Measuring = Extract<JobRequest['kind'], 'test' | 'reproduce' | 'parity'>;

/**
 * Has the platform measure what a request to a stage asks for and the version has no record of yet: the plan's tests with the
 * comparison with production, the rebuild, and parity with what serves in staging. Judges nothing: the gate does.
 * @throws CliError `job_failed`
 */
export async function measureLacking(
  session: Session,
  name: VersionName,
  at: {
    readonly use: string;
    readonly transition: string;
    /** Which of them: the tests say whether a version is inside an envelope, and a rebuild takes longest. */
    readonly of: readonly Measuring[];
  },
): Promise<readonly Measuring[]> {
  const found = await lackingMeasurements(session, name, at);
  const lacking = found.filter((kind) => at.of.includes(kind));
  for (const kind of lacking) {
    session.progress(`${kind} of ${name.model}@${name.version}`);
    await runJob(session, { kind, params: { ...name, use: at.use } });
  }
  return lacking;
}

async function lackingMeasurements(
  session: Session,
  name: VersionName,
  { use, transition }: { readonly use: string; readonly transition: string },
): Promise<readonly Measuring[]> {
  const { set, context } = await verifiedVersion(session, name, use);
  if (transition === 'production') {
    const parity = latestItem(set, context, { id: 'implementation-test' });
    return parity === undefined ? ['parity'] : [];
  }
  const baseline = productionBaseline(set, context);
  const isCompared =
    baseline === undefined ||
    baseline.context.version === context.version ||
    comparisonRecord({ set, before: baseline.context, after: context }) !== undefined;
  const isTested = ofVersion(set, context, 'performance-test').length > 0;
  const isRebuilt = latestItem(set, context, { id: 'reproduction-attestation' }) !== undefined;
  return [
    ...(isTested && isCompared ? [] : (['test'] as const)),
    ...(isRebuilt ? [] : (['reproduce'] as const)),
  ];
}
