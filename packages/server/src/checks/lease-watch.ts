// SPDX-License-Identifier: Apache-2.0
import { versionContext } from '@countersign/kernel';
import { checkLeases, type LeaseCheck, leaseProblem } from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';
import { type HeldTable, leasedTables, openPlatformFinding } from '../jobs/index.ts';
import { isOffPeak, NEXT_NIGHT_MS, OFF_PEAK_DEFAULT, type OffPeak } from './off-peak.ts';

/** Files of each table that are read whole in a night, another sample each. */
const SAMPLE_FILES = 20;

export interface LeaseWatchOptions {
  readonly offPeak?: OffPeak | undefined;
  readonly signal?: AbortSignal;
}

/** Looks at leased tables once a night of this process; a finding that stands already is not opened again. */
export function createLeaseWatch(): (
  context: ServerContext,
  options: LeaseWatchOptions,
) => Promise<void> {
  let lastAt = Number.NEGATIVE_INFINITY;
  return async (context, { offPeak = OFF_PEAK_DEFAULT, signal }) => {
    const now = Date.parse(context.now());
    if (now - lastAt < NEXT_NIGHT_MS || !isOffPeak(context.now(), offPeak)) return;
    lastAt = now;
    await watchLeases(context, signal === undefined ? {} : { signal });
  };
}

/** Checks every table that counted records hold by a lease; what is lost is a finding of each version that rests on it. */
export async function watchLeases(
  context: ServerContext,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<readonly LeaseCheck[]> {
  const held = leasedTables(await context.records.current());
  const checks: LeaseCheck[] = [];
  for (const one of held) {
    const [check] = await checkLeases({
      tables: [one.table],
      blobs: context.blobs,
      environment: process.env,
      depth: { kind: 'sample', files: SAMPLE_FILES, seed: context.now().slice(0, 10) },
      now: () => new Date(context.now()),
      signal,
    });
    if (check === undefined) continue;
    checks.push(check);
    const problem = leaseProblem(check);
    if (problem !== undefined) await openFindings(context, one, problem);
  }
  return checks;
}

async function openFindings(
  context: ServerContext,
  { subjects, table }: HeldTable,
  problem: string,
): Promise<void> {
  for (const { model, use, version, dataset = '' } of subjects) {
    if (model === undefined || use === undefined || version === undefined) continue;
    const set = await context.records.current();
    const known = versionContext(set, { workspace: context.workspace, model, use, version });
    if (!known.ok) continue;
    const opened = await context.database.db.transaction().execute((tx) =>
      openPlatformFinding(
        context,
        tx,
        { set, version: known.context },
        {
          title: `Data of version ${version}: the leased table of \`${dataset}\` is not whole`,
          severity: 'high',
          blocking: false,
          description: problem,
          cause: table.listing.digest,
        },
      ),
    );
    if (opened !== undefined) await context.records.including([opened.digest]);
  }
}
