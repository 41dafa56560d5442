// SPDX-License-Identifier: Apache-2.0
import {
  type CountedRecord,
  type RecordSet,
  readWarrantRecord,
  recordsOfType,
  type VersionContext,
  type VersionStage,
  verifyWarrant,
  versionStage,
} from '@countersign/kernel';

export interface WarrantState {
  readonly digest: string;
  readonly environment: 'staging' | 'production';
  readonly notBefore: string;
  readonly expires: string;
  readonly demonstration: boolean;
  readonly isLive: boolean;
  readonly denials: readonly string[];
}

/** Warrants of a version for its use, oldest first, each verified as a gateway verifies it. */
export function warrantsOfVersion(
  set: RecordSet,
  context: VersionContext,
  now: string,
): readonly WarrantState[] {
  return recordsOfType(set, 'deployment-record').flatMap((record) => {
    const found = readWarrantRecord(record);
    if (found === undefined || !isOf(record, context)) return [];
    const { environment, notBefore, expires, demonstration } = found.warrant;
    const check = verifyWarrant(set, {
      warrant: record.digest,
      environment,
      now,
      production: false,
    });
    const denials = check.ok ? [] : check.denials.map(({ reason }) => reason);
    return [
      {
        digest: record.digest,
        environment,
        notBefore,
        expires,
        demonstration,
        isLive: check.ok,
        denials,
      },
    ];
  });
}

function isOf(record: CountedRecord, context: VersionContext): boolean {
  const ref = record.statement.predicate.subjectRef;
  return (
    ref.workspace === context.workspace &&
    ref.model === context.model &&
    ref.use === context.use &&
    ref.version === context.version
  );
}

/** Where a registered version stands for its use, from records alone (design.md, section 2: there is no setter). */
export function stageOfVersion(set: RecordSet, context: VersionContext, now: string): VersionStage {
  return versionStage(set, context, { now }) ?? 'development';
}
