// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from 'node:timers/promises';
import type { RecordSet } from '@countersign/kernel';
import type { ServerContext } from './context.ts';
import { openRequests } from './governance/index.ts';
import { modelSets } from './records/index.ts';
import { inventoryModel } from './registry/index.ts';

interface Warming {
  readonly workspace: string;
  readonly now: () => string;
  readonly isStopped?: () => boolean;
}

/** Records of a model that were gone through already; a record of the model makes another set of them. */
const WARM = new WeakSet<RecordSet>();

/**
 * Computes of each model what pages keep of its records (gates of its warrants, requests that were decided, its inventory
 * entry), so that no page is the first to ask. A model at a time: other work goes on in between.
 * @returns how many models had anything new
 */
export async function warmPages(set: RecordSet, at: Warming): Promise<number> {
  let count = 0;
  for (const [model, own] of modelSets(set, at.workspace)) {
    if (at.isStopped?.() === true) return count;
    if (WARM.has(own)) continue;
    WARM.add(own);
    count += 1;
    const asked = { workspace: at.workspace, now: at.now() };
    inventoryModel(set, model, asked);
    openRequests(set, { ...asked, model });
    await setImmediate();
  }
  return count;
}

const LOOK_MS = 1_000;

/**
 * Warms what pages keep when the server starts and as the log grows, in the background. Nothing waits for it, and no
 * answer rests on it: what it has not come to yet is computed when it is asked for.
 */
export function startWarming(
  context: Pick<ServerContext, 'records' | 'workspace' | 'now'>,
  options: { readonly onFailure: (error: unknown) => void },
): { stop(): Promise<void> } {
  const { workspace, now } = context;
  let stopped = false;
  let running: Promise<void> | undefined;
  const look = async () => {
    try {
      const set = await context.records.current();
      await warmPages(set, { workspace, now, isStopped: () => stopped });
    } catch (error) {
      if (!stopped) options.onFailure(error);
    }
  };
  const begin = () => {
    running ??= look().finally(() => {
      running = undefined;
    });
  };
  const timer = setInterval(begin, LOOK_MS).unref();
  begin();
  return {
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}
