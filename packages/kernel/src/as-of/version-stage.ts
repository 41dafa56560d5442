// SPDX-License-Identifier: Apache-2.0
import { versionContext } from '../evidence/evidence-items.ts';
import { type RecordSet, recordsOfType } from '../records/record-set.ts';
import { type WarrantRecord, wellFormedWarrant } from '../warrants/warrant.ts';
import { type GateMemo, warrantStanding } from './warrant-standing.ts';

export type VersionStage = 'development' | 'staging' | 'production' | 'suspended' | 'retired';

export interface VersionOfUse {
  readonly workspace: string;
  readonly model: string;
  readonly use: string;
  readonly version: number;
}

/**
 * The stage of a version for a use at a time, from registration, warrants, their endings and expiry. A warrant that does
 * not verify puts nothing into a stage. Undefined when the version is not registered.
 */
export function versionStage(
  set: RecordSet,
  ref: VersionOfUse,
  at: { readonly now: string; readonly gates?: GateMemo },
): VersionStage | undefined {
  if (!versionContext(set, ref).ok) return undefined;
  const { now, gates = new Map() } = at;
  const held = warrantsFor(set, ref)
    .map((found) => ({
      environment: found.warrant.environment,
      // In production either puts the version out of use, and most warrants of a long log have expired.
      standing: warrantStanding(set, found, {
        now,
        gates,
        expiryFirst: found.warrant.environment === 'production',
      }),
    }))
    .filter(({ standing }) => standing !== 'void' && standing !== 'pending');
  if (held.at(-1)?.standing === 'retired') return 'retired';
  const inProduction = held.filter(({ environment }) => environment === 'production');
  if (inProduction.some(({ standing }) => standing === 'live')) return 'production';
  // It answered real people and may no longer: that is what matters, whatever staging says.
  if (inProduction.some(({ standing }) => standing !== 'retired')) return 'suspended';
  const inStaging = held.filter(({ environment }) => environment === 'staging');
  if (inStaging.some(({ standing }) => standing === 'live')) return 'staging';
  return inStaging.at(-1)?.standing === 'suspended' ? 'suspended' : 'development';
}

function warrantsFor(set: RecordSet, ref: VersionOfUse): readonly WarrantRecord[] {
  return recordsOfType(set, 'deployment-record').flatMap((record) => {
    const { subjectRef } = record.statement.predicate;
    const isMine =
      subjectRef.workspace === ref.workspace &&
      subjectRef.model === ref.model &&
      subjectRef.use === ref.use &&
      subjectRef.version === ref.version;
    return isMine ? (wellFormedWarrant(record) ?? []) : [];
  });
}
