// SPDX-License-Identifier: Apache-2.0
import {
  readWarrantRecord,
  recordsOfType,
  type Transition,
  verifyWarrant,
} from '@countersign/kernel';
import { verifiedVersion } from '../client/verified-records.ts';
import type { VersionName } from '../client/version-name.ts';
import type { Session } from '../session.ts';

/**
 * Why no warrant of a version holds, for whoever has a token to read its records: a status lists what lives and not what
 * ended it. Explains only: that the gate is closed has been decided, and without a token it says no more.
 */
export async function explainClosed(
  session: Session,
  root: string,
  at: { readonly name: VersionName; readonly use: string | undefined; readonly stage: Transition },
): Promise<readonly string[]> {
  if (session.profile().token === undefined) return [];
  const { name, use, stage } = at;
  try {
    const { set, context } = await verifiedVersion({ ...session, root: () => root }, name, use);
    const warrants = recordsOfType(set, 'deployment-record')
      .flatMap((record) => readWarrantRecord(record) ?? [])
      .filter(
        ({ warrant, subject }) =>
          warrant.environment === stage &&
          subject.model === context.model &&
          subject.use === context.use &&
          subject.version === context.version,
      );
    if (warrants.length === 0) return [`no ${stage} warrant of it is in the log`];
    return warrants.flatMap(({ record }) => {
      const question = { environment: stage, now: session.now(), production: false };
      const check = verifyWarrant(set, { warrant: record.digest, ...question });
      return check.ok ? [] : check.denials.map(({ reason }) => reason);
    });
  } catch {
    return [];
  }
}
