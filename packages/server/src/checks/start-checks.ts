// SPDX-License-Identifier: Apache-2.0
import type { ServerContext } from '../context.ts';
import type { JobService } from '../jobs/index.ts';
import { createLeaseWatch } from './lease-watch.ts';
import { rebuildNext } from './next-rebuild.ts';
import type { OffPeak } from './off-peak.ts';

export interface ChecksOptions {
  readonly jobs: JobService;
  /** 01:00 to 05:00 UTC unless given. */
  readonly offPeak?: OffPeak | undefined;
  readonly onFailure: (error: unknown) => void;
  readonly lookMs?: number;
}

const LOOK_MS = 60_000;

/**
 * What the platform does by itself, in off-peak hours: rebuilds what is in production when it falls due, one at a time
 * (check/repro), and looks once a night whether tables left with their owner still have every file. Any number of servers may
 * do so on one database.
 */
export function startChecks(
  context: ServerContext,
  options: ChecksOptions,
): { stop(): Promise<void> } {
  const { lookMs = LOOK_MS, onFailure } = options;
  const lookAtLeases = createLeaseWatch();
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  const checks = [
    () => rebuildNext(context, options),
    () => lookAtLeases(context, { offPeak: options.offPeak, signal: stopping.signal }),
  ];
  const look = () => {
    running ??= inTurn(checks, (error) => {
      if (!stopping.signal.aborted) onFailure(error);
    }).finally(() => {
      running = undefined;
    });
  };
  const timer = setInterval(look, lookMs).unref();
  return {
    stop: async () => {
      stopping.abort();
      clearInterval(timer);
      await running;
    },
  };
}

/** One that fails keeps none of the others from being done. */
async function inTurn(
  checks: readonly (() => Promise<void>)[],
  onFailure: (error: unknown) => void,
): Promise<void> {
  for (const check of checks) await check().catch(onFailure);
}
