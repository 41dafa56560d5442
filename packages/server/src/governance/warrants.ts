// SPDX-License-Identifier: Apache-2.0
import {
  endingsOf,
  type RecordSet,
  readWarrantRecord,
  recordsOfType,
  verifyWarrant,
  type Warrant,
} from '@countersign/kernel';
import { modelSet } from '../records/index.ts';

export interface WarrantEntry extends Warrant {
  readonly digest: string;
  readonly model: string;
  readonly use: string;
  readonly version: number;
  readonly index: number;
  readonly loggedAt: string;
  readonly live: boolean;
  /** Why it does not hold now; empty while it does. */
  readonly denials: readonly string[];
  readonly endedBy: readonly string[];
  /** Whole days until it expires, 0 once it has. */
  readonly daysLeft: number;
}

const DAY_MS = 86_400_000;

/** Warrants, newest first, each verified as a gateway would. */
export function listWarrants(
  set: RecordSet,
  at: {
    readonly workspace: string;
    readonly now: string;
    readonly model?: string | undefined;
    readonly live?: boolean | undefined;
  },
): readonly WarrantEntry[] {
  return (
    recordsOfType(set, 'deployment-record')
      .flatMap((record) => readWarrantRecord(record) ?? [])
      .filter(
        ({ subject }) =>
          subject.workspace === at.workspace &&
          (at.model === undefined || subject.model === at.model),
      )
      // One that has expired is not live: nothing else need be judged for that.
      .filter(({ warrant }) => at.live !== true || at.now < warrant.expires)
      .map(({ record, warrant, subject }) => {
        const own = subject.model === undefined ? set : modelSet(set, at.workspace, subject.model);
        const check = verifyWarrant(own, {
          warrant: record.digest,
          environment: warrant.environment,
          now: at.now,
          production: false,
        });
        const left = Date.parse(warrant.expires) - Date.parse(at.now);
        return {
          ...warrant,
          digest: record.digest,
          model: subject.model ?? '',
          use: subject.use ?? '',
          version: subject.version ?? 0,
          index: record.index,
          loggedAt: record.loggedAt,
          live: check.ok,
          denials: check.ok ? [] : check.denials.map(({ reason }) => reason),
          endedBy: endingsOf(own, record.digest).map(({ digest }) => digest),
          daysLeft: Math.max(0, Math.floor(left / DAY_MS)),
        };
      })
      .filter(({ live }) => at.live === undefined || live === at.live)
      .reverse()
  );
}
